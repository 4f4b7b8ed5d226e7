"""A bare Cortex-M core in this process: its functions are called one by one, without a board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, cast

from snncc.ir import DeviceError

from .cpu import CORTEX_M
from .emulator import PAGE_BYTES, UNICORN, Uc
from .protocol import Board
from .toolchain import compile_c, optimization

if TYPE_CHECKING:
    from elftools.elf.elffile import ELFFile

STOP = "_stop"  # symbol of a linker script: where a called function returns to


@dataclass(frozen=True, eq=False)
class Linked:
    """Functions and data, each at its address.

    Attributes:
        segments: address, content; ascending.
        symbols: name → address; bit 0 of a function's is clear.
        sections: name → address and bytes.
    """

    segments: tuple[tuple[int, bytes], ...]
    symbols: Mapping[str, int]
    sections: Mapping[str, tuple[int, int]]


def link(board: Board, sources: Mapping[str, bytes], script: str, optimize: str = "s") -> Linked:
    """C sources, linked by a script of one's own for the core of `board`.

    Args:
        board: whose core it is; its memories do not matter.
        sources: file name → content.
        script: of the linker; functions in sections named like them, none that is not kept.
        optimize: 1, 2, 3, s or z, as in -O.

    Raises:
        ToolchainError: the compiler is missing, or refused the sources or the script.
        DeviceError: pyelftools is not installed.
    """
    if find_spec("elftools") is None:
        raise DeviceError("no reader of ELF files here: run `pip install pyelftools`")
    flags = (
        *optimization(optimize),
        f"--target={board.target}",
        f"-mcpu={board.mcpu}",
        "-ffreestanding",
        "-ffunction-sections",
        "-fdata-sections",
        "-Wl,--gc-sections",
        "-Wl,-z,max-page-size=8",
        f"-Wl,-e,{STOP}",
        "-Wl,-T,bare.ld",
    )
    return _read(compile_c({**sources, "bare.ld": script.encode()}, flags))


def _read(elf: bytes) -> Linked:
    from elftools.elf.elffile import ELFFile
    from elftools.elf.sections import SymbolTableSection

    file: ELFFile = ELFFile(BytesIO(elf))
    names = file.get_section_by_name(".symtab")
    assert isinstance(names, SymbolTableSection), "what the toolchain links keeps its symbols"
    symbols: dict[str, int] = {}
    for symbol in names.iter_symbols():
        function = symbol["st_info"]["type"] == "STT_FUNC"
        symbols[symbol.name] = symbol["st_value"] & ~1 if function else symbol["st_value"]
    segments = sorted(
        (segment["p_paddr"], segment.data())
        for segment in file.iter_segments()
        if segment["p_type"] == "PT_LOAD" and segment["p_filesz"]
    )
    sections = {s.name: (s["sh_addr"], s["sh_size"]) for s in file.iter_sections()}
    return Linked(tuple(segments), symbols, sections)


class BareCore:
    """A core with one memory from address 0 on; it starts at a function and stops at its end.

    The code's pages are not written, the others not executed: a stray pointer faults at once.
    """

    def __init__(self, board: Board, image: Linked, memory_bytes: int, code_bytes: int) -> None:
        """A core with its memory as linked.

        Args:
            board: whose core it is.
            image: with a symbol `_stop` in the code.
            memory_bytes: all memory, a multiple of 4,096.
            code_bytes: of these, in front, what is executed; the same.

        Raises:
            DeviceError: unicorn is not installed.
        """
        if find_spec("unicorn") is None:
            raise DeviceError(f"no emulator here: run `pip install {UNICORN}`")
        assert code_bytes % PAGE_BYTES == memory_bytes % PAGE_BYTES == 0, "memory comes in pages"
        unicorn, names = import_module("unicorn"), import_module(CORTEX_M.constants)
        mode = sum(getattr(unicorn, name) for name in CORTEX_M.modes)
        self._uc = uc = cast(Uc, unicorn.Uc(getattr(unicorn, CORTEX_M.arch), mode))
        uc.ctl_set_cpu_model(getattr(names, str(board.machine)))
        reading = unicorn.UC_PROT_READ
        uc.mem_map(0, code_bytes, reading | unicorn.UC_PROT_EXEC)
        uc.mem_map(code_bytes, memory_bytes - code_bytes, reading | unicorn.UC_PROT_WRITE)
        for address, content in image.segments:
            uc.mem_write(address, content)
        uc.ctl_exits_enabled(True)
        uc.ctl_set_exits([image.symbols[STOP]])
        self._error: type[Exception] = unicorn.UcError
        self._block_hook: int = unicorn.UC_HOOK_BLOCK
        self._image = image
        self._arguments = [getattr(names, f"UC_ARM_REG_R{k}") for k in range(4)]
        self._link, self._pc = (getattr(names, name) for name in (CORTEX_M.link, CORTEX_M.pc))
        self._stack = getattr(names, CORTEX_M.stack)
        self._counts: dict[int, int] = {}
        self._counter: int | None = None
        self.instructions = 0

    def call(self, function: str, *arguments: int, stack: int) -> int:
        """What a function returns, at most four words given; `stack`: address it grows down from.

        Raises:
            DeviceError: the core took an exception; names the address.
        """
        uc, image = self._uc, self._image
        for register, value in zip(self._arguments, arguments, strict=False):
            uc.reg_write(register, value)
        uc.reg_write(self._link, image.symbols[STOP] | CORTEX_M.entry_bit)
        uc.reg_write(self._stack, stack)
        try:
            uc.emu_start(image.symbols[function] | CORTEX_M.entry_bit, 0)
        except self._error as error:
            at = uc.reg_read(self._pc)
            raise DeviceError(f"{function} stopped at pc 0x{at:08x}: {error}") from error
        return uc.reg_read(self._arguments[0])

    def read(self, address: int, size: int) -> bytes:
        """Content of memory."""
        return bytes(self._uc.mem_read(address, size))

    def write(self, address: int, content: bytes) -> None:
        """Replace content of memory."""
        self._uc.mem_write(address, content)

    def count(self, *, on: bool) -> None:
        """Whether `instructions` grows by what is executed from now on; that takes time."""
        if on and self._counter is None:
            self._uc.ctl_flush_tb()  # code translated without the counter would go uncounted
            self._counter = self._uc.hook_add(self._block_hook, self._count)
        elif not on and self._counter is not None:
            self._uc.hook_del(self._counter)
            self._counter = None

    def _count(self, uc: Uc, address: int, size: int, _: object) -> None:
        found = self._counts.get(address)
        if found is None:
            found = self._counts[address] = CORTEX_M.count(bytes(uc.mem_read(address, size)))
        self.instructions += found
