"""Driver of the boards that unicorn emulates in this process. Never: compiles."""

import ctypes
import mmap
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Protocol, cast

from snncc.ir import DeviceError

from .conversation import STOPS, converse, silence
from .cpu import CORTEX_M, RISCV, Cpu
from .memory_checks import require_equal
from .protocol import SILENCE_SECONDS, Block, Board, Image, Progress, Run

UNICORN = "unicorn==2.1.4"
PAGE_BYTES = 0x1000  # what unicorn maps at once
TRANSLATED_BYTES = 1 << 26  # room for translated code; unicorn's own choice is 1 GiB
WATCH_SECONDS = 0.05


class Uc(Protocol):
    """What is used here of `unicorn.Uc`, which publishes no types."""

    def context_save(self) -> object: ...
    def context_restore(self, context: object, /) -> None: ...
    def ctl_set_cpu_model(self, model: int, /) -> None: ...
    def ctl_exits_enabled(self, enable: bool, /) -> None: ...
    def ctl_set_tcg_buffer_size(self, size: int, /) -> None: ...
    def ctl_set_exits(self, exits: list[int], /) -> None: ...
    def ctl_flush_tb(self) -> None: ...
    def mem_map(self, address: int, size: int, perms: int, /) -> None: ...
    def mem_map_ptr(self, address: int, size: int, perms: int, pointer: object, /) -> None: ...
    def mem_read(self, address: int, size: int, /) -> bytearray: ...
    def mem_write(self, address: int, data: bytes, /) -> None: ...
    def reg_read(self, reg_id: int, /) -> int: ...
    def reg_write(self, reg_id: int, value: int, /) -> None: ...
    def hook_add(self, kind: int, callback: Callable[..., object], /) -> int: ...
    def hook_del(self, handle: int, /) -> None: ...
    def emu_start(self, begin: int, until: int, /) -> None: ...
    def emu_stop(self) -> None: ...


class Emulator:
    """Driver of boards that unicorn emulates in this process.

    The emulated core lets unaligned accesses pass that a real one refuses; QEMU's does not.
    """

    def detect(self, board: Board) -> str | None:
        """Why `board` cannot be emulated here; None when it can."""
        if find_spec("unicorn") is None:
            return f"{board.name}: no emulator here: run `pip install {UNICORN}`"
        return None

    @contextmanager
    def connect(
        self, board: Board, port: str | None = None
    ) -> Generator["EmulatedBoard", None, None]:
        """A fresh board with erased memories.

        Raises:
            DeviceError: unicorn is not installed, or a port was named.
        """
        if port is not None:
            raise DeviceError(
                f"{board.name} is emulated in this process and has no port: found {port}"
            )
        absent = self.detect(board)
        if absent is not None:
            raise DeviceError(absent)
        yield EmulatedBoard(board)


class EmulatedBoard:
    """A board with power: its memories keep what was programmed, each run begins with a reset."""

    def __init__(self, board: Board) -> None:
        """Maps the board's memories.

        Raises:
            DeviceError: this machine has no room for the emulator.
        """
        unicorn = import_module("unicorn")
        cpu = cpu_of(board)
        mode = sum(getattr(unicorn, name) for name in cpu.modes)
        _require_memory(board)
        self._uc = uc = cast(Uc, unicorn.Uc(getattr(unicorn, cpu.arch), mode))
        uc.ctl_set_tcg_buffer_size(TRANSLATED_BYTES)
        uc.ctl_set_cpu_model(getattr(_constants(cpu), str(board.machine)))
        # Flash is not written and RAM is not executed: a stray pointer faults at once. Where loads
        # see the flash elsewhere, both places are the same bytes.
        self._flash = ctypes.create_string_buffer(board.flash_bytes)
        reading = unicorn.UC_PROT_READ
        apart = board.tables_origin != board.flash_origin
        executing = unicorn.UC_PROT_EXEC if apart else reading | unicorn.UC_PROT_EXEC
        uc.mem_map_ptr(board.flash_origin, board.flash_bytes, executing, self._flash)
        if apart:
            uc.mem_map_ptr(board.tables_origin, board.flash_bytes, reading, self._flash)
        writing = reading | unicorn.UC_PROT_WRITE
        uc.mem_map(board.ram_origin, board.ram_bytes, writing)
        for page in (*cpu.pages, *board.pages):
            uc.mem_map(page, PAGE_BYTES, writing)
        self._board, self._after_reset = board, uc.context_save()

    def program(self, image: Image) -> None:
        """Write the image into flash."""
        for address, content in image.segments:
            self._uc.mem_write(address, content)

    def verify(self, image: Image) -> bool:
        """Compare flash with the image; always possible.

        Raises:
            DeviceError: a byte differs.
        """
        for address, content in image.segments:
            require_equal(
                self._board, address, content, bytes(self._uc.mem_read(address, len(content)))
            )
        return True

    def run(
        self,
        image: Image,
        stimulus: bytes,
        *,
        count_marks: int | None = 0,
        seconds: float = SILENCE_SECONDS,
        progress: Progress | None = None,
    ) -> Run:
        """Play `stimulus` from reset to the end of main; see `Connection.run`."""
        # RAM and registers come up the same, so that no run sees the one before it.
        self._uc.context_restore(self._after_reset)
        self._uc.mem_write(self._board.ram_origin, bytes(self._board.ram_bytes))
        with EmulatedCore(self._uc, self._board, image, seconds).watch_silence() as core:
            return converse(core, self._board, image, stimulus, count_marks, progress)

    def reset(self) -> None:
        """Nothing: every run begins with a reset, and without one the core stands still."""


class EmulatedCore:
    """A core from reset on. Implements `conversation.Core`."""

    def __init__(self, uc: Uc, board: Board, image: Image, seconds: float) -> None:
        unicorn = import_module("unicorn")
        self._error: type[Exception] = unicorn.UcError
        self._exception: int = unicorn.UC_ERR_EXCEPTION
        self._uc, self._board, self._image, self._seconds = uc, board, image, seconds
        self._cpu = cpu = cpu_of(board)
        names = _constants(cpu)
        self._arguments = tuple(getattr(names, name) for name in cpu.arguments)
        self._pc_register, self._lr_register = getattr(names, cpu.pc), getattr(names, cpu.link)
        self._stops = frozenset(image.addresses(STOPS))
        uc.ctl_exits_enabled(True)
        uc.ctl_set_exits(sorted(self._stops))
        self._ended = threading.Event()
        self._let_go: float | None = None  # since when the core runs
        self._expired = False
        self._executed = 0
        self._touched = ""
        self._guard = uc.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._note_address)
        self._block_instructions: dict[int, int] = {}
        self._ran: dict[tuple[int, int], list[int]] = {}  # (address, bytes) → times, jumps
        self._behind = 0  # the address behind the block that ran last
        uc.ctl_flush_tb()  # code translated without the counter would go uncounted
        self._counter: int | None = uc.hook_add(unicorn.UC_HOOK_BLOCK, self._count_block)
        self._next = board.flash_origin + board.entry
        if not board.riscv:
            # Reset loads stack pointer and entry from the vector table (DDI 0403, B1.5.5).
            stack, self._next = (
                int.from_bytes(self.read(self._next + offset, 4), "little") for offset in (0, 4)
            )
            uc.reg_write(getattr(names, cpu.stack), stack)

    @contextmanager
    def watch_silence(self) -> Generator["EmulatedCore", None, None]:
        """The core itself, stopped when it is silent for too long, without hooks afterwards."""
        watch = threading.Thread(target=self._watch, daemon=True)
        watch.start()
        try:
            yield self
        finally:
            self._ended.set()
            watch.join()
            self.stop_counting()
            self._uc.hook_del(self._guard)

    def resume(self) -> int:
        """Address of the next stop; see `conversation.Core`."""
        failure, ahead = "", 0
        self._let_go = time.monotonic()
        try:
            self._uc.emu_start(self._next | self._cpu.entry_bit, 0)
        except self._error as error:
            failure = str(error)
            ahead = self._cpu.ahead if getattr(error, "errno", 0) == self._exception else 0
        self._let_go = None
        pc = self._register(self._pc_register)
        place = self._image.place(pc - ahead)
        if failure:
            raise DeviceError(f"{self._board.name} stopped at pc {place}: {failure}{self._touched}")
        if pc in self._stops:
            return pc
        if self._expired:
            raise silence(self._board, self._seconds, place)
        raise DeviceError(f"{self._board.name} fell asleep at pc {place}: nothing will wake it")

    def argument(self, index: int) -> int:
        """Argument register 0 or 1 of the procedure call standard (AAPCS32 6.1.1; RISC-V ABIs)."""
        return self._register(self._arguments[index])

    def leave(self, result: int | None = None) -> None:
        """Return `result` to the address in the link register."""
        if result is not None:
            self._uc.reg_write(self._arguments[0], result)
        self._next = self._register(self._lr_register)

    def read(self, address: int, size: int) -> bytes:
        """Content of memory."""
        return bytes(self._uc.mem_read(address, size))

    def write(self, address: int, content: bytes) -> None:
        """Replace content of memory."""
        self._uc.mem_write(address, content)

    def count(self) -> int | None:
        """Instructions since reset; see `Run` for which count."""
        return self._executed if self._counter is not None else None

    def blocks(self) -> tuple[Block, ...]:
        """Blocks of translated code that ran while instructions were counted."""
        return tuple(Block(*place, *ran) for place, ran in self._ran.items())

    def stop_counting(self) -> None:
        """Remove the counter from the translated code."""
        if self._counter is not None:
            self._uc.hook_del(self._counter)
            self._counter = None

    def _count_block(self, uc: Uc, address: int, size: int, _: object) -> None:
        # A translated block is left only at its end, so it is decoded once.
        instructions = self._block_instructions.get(address)
        if instructions is None:
            instructions = self._cpu.count(bytes(uc.mem_read(address, size)))
            self._block_instructions[address] = instructions
        self._executed += instructions
        ran = self._ran.setdefault((address, size), [0, 0])
        ran[0] += 1
        ran[1] += address != self._behind
        self._behind = address + size

    def _note_address(
        self, _uc: Uc, _access: int, address: int, size: int, _value: int, _: object
    ) -> bool:
        self._touched = f", {size} bytes at 0x{address:08x}"
        return False  # not mended: the core stops

    def _register(self, register: int) -> int:
        return self._uc.reg_read(register)

    def _watch(self) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            since = self._let_go
            if since is not None and time.monotonic() - since > self._seconds:
                self._expired = True
                self._uc.emu_stop()


def cpu_of(board: Board) -> Cpu:
    """Instruction set of `board`."""
    return RISCV if board.riscv else CORTEX_M


def _require_memory(board: Board) -> None:
    # Without this room unicorn ends the whole process.
    needed = TRANSLATED_BYTES + 2 * (board.flash_bytes + board.ram_bytes)
    try:
        mmap.mmap(-1, needed).close()
    except OSError as error:
        raise DeviceError(
            f"{board.name}: its emulator needs {needed >> 20:,} MB of memory that this machine "
            "does not give; free some, or raise the limit (ulimit -v)"
        ) from error


def _constants(cpu: Cpu) -> ModuleType:
    return import_module(cpu.constants)
