"""What a board, an image, a run and a driver are. Values and protocols; nothing here acts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

# Called with the bytes of the stimulus consumed so far, at most once per read of the firmware.
Progress = Callable[[int], None]

SILENCE_SECONDS = 60.0
"""How long a core may run from one `board_` call to the next before it counts as hung."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A register by which a chip tells what it is: `read(address) & mask == value`."""

    address: int
    mask: int
    value: int


@dataclass(frozen=True, slots=True)
class Board:
    """One board: its core, its memories, and who can program it."""

    name: str
    description: str
    core: str  # the core's trade name, such as Cortex-M4
    mcpu: str  # the core as the compiler calls it
    target: str  # architecture-system-abi triple of the compiler
    flash_origin: int  # address
    flash_bytes: int
    ram_origin: int  # address
    ram_bytes: int
    dsp: bool  # two int16 lanes in a 32-bit register
    driver: str  # key of the driver: emulator, qemu, pyocd, esptool or uf2
    machine: str | None  # the machine or chip as the driver calls it
    clock_hz: int | None  # the part's highest; None where time means nothing, as in an emulator
    source: str  # where the memory map and the core's features are documented
    boot: str = ""  # what the chip's ROM wants in front: firmware/boot_NAME.c; empty: nothing
    entry: int = (
        0  # bytes from flash_origin to the vector table, or to a RISC-V's first instruction
    )
    data_origin: int | None = None  # where loads see the flash, if not at flash_origin
    pages: tuple[int, ...] = ()  # of registers that the start-up code writes, for an emulator
    identity: Identity | None = None

    @property
    def emulated(self) -> bool:
        """Whether it exists on this machine alone."""
        return self.driver in ("emulator", "qemu")

    @property
    def riscv(self) -> bool:
        """Whether the core is a RISC-V; else it is a Cortex-M."""
        return self.target.startswith("riscv")

    @property
    def tables_origin(self) -> int:
        """Where loads see the first byte of flash."""
        return self.flash_origin if self.data_origin is None else self.data_origin


@dataclass(frozen=True, slots=True)
class Build:
    """Options of a firmware build."""

    optimize: str = "2"  # 1, 2, 3, s or z, as in -O
    defines: tuple[str, ...] = ()  # NAME or NAME=VALUE
    stack_bytes: int = 2048  # below all data: an overflow leaves RAM and faults
    compiler: str = ""  # name of a GCC on the PATH; empty: the Clang that zig brings


@dataclass(frozen=True, slots=True)
class Image:
    """A firmware for one board, with the sizes measured in its ELF file.

    Equal when the ELF files are: every other field is read from there.
    """

    board: str
    elf: bytes
    flash_bytes: int  # all that is programmed: code, constant tables, initial values
    ram_bytes: int  # variables; without the stack
    stack_bytes: int
    code_bytes: int  # flash without the constant tables: instructions, vector table, initial values
    weight_bytes: int  # constant tables: weights, thresholds, decays
    segments: tuple[tuple[int, bytes], ...]  # (load address, content), ascending
    symbols: tuple[tuple[int, int, str], ...]  # (address, bytes, name), ascending

    def addresses(self, names: Iterable[str]) -> dict[int, str]:
        """Address → name, of those `names` that the firmware contains."""
        wanted = set(names)
        return {address: name for address, _, name in self.symbols if name in wanted}

    def place(self, address: int) -> str:
        """Reader's name of an address, such as `0x0000012a (tick+0x12)`."""
        for start, size, name in self.symbols:
            if start <= address < start + size:
                return f"0x{address:08x} ({name}+0x{address - start:x})"
        return f"0x{address:08x}"


@dataclass(frozen=True, slots=True)
class Block:
    """Instructions that run one after the other, up to a branch."""

    address: int
    bytes: int
    times: int  # that it ran
    jumps: int  # of these, entered by a jump rather than from the instruction in front


@dataclass(frozen=True, slots=True)
class Mark:
    """One boundary that the firmware announced with `board_mark`."""

    id: int
    instructions: int | None  # executed since reset; None where counting was off


@dataclass(frozen=True, slots=True)
class Run:
    """What came back from a firmware that ran to its end.

    An instruction counts when the core has issued it: one whose condition in an IT block fails
    counts too, as it takes its slot in the pipeline. What the host does at a `board_` function does
    not count, so the count depends on the firmware and its input alone.
    """

    output: bytes
    code: int  # the result of main
    marks: tuple[Mark, ...]
    instructions: int | None  # from reset to the end; None where counting was off at the end
    blocks: tuple[Block, ...] = ()  # that ran while instructions were counted; empty where untold

    def count_between(self, first: int, last: int) -> tuple[int, ...]:
        """Instructions from each mark `first` to the mark `last` that follows it, where counted.

        Each number holds the two instructions that announce the second mark.
        """
        spent: list[int] = []
        start: int | None = None
        for mark in self.marks:
            if mark.instructions is None:
                break
            if mark.id == last and start is not None:
                spent.append(mark.instructions - start)
                start = None
            if mark.id == first:
                start = mark.instructions
        return tuple(spent)


class Connection(Protocol):
    """A board that answers, held open by its driver."""

    def program(self, image: Image) -> None:
        """Write the image into the board's memory."""
        ...

    def verify(self, image: Image) -> bool:
        """Read the board's memory back; False where the board cannot be read.

        Raises:
            DeviceError: a byte differs from the image; names its address.
        """
        ...

    def run(
        self,
        image: Image,
        stimulus: bytes,
        *,
        count_marks: int | None = 0,
        seconds: float = SILENCE_SECONDS,
        progress: Progress | None = None,
    ) -> Run:
        """Reset the board and play `stimulus` until the firmware's main returns.

        Args:
            image: what the board was programmed with.
            stimulus: the bytes that `board_read` hands out, in order.
            count_marks: count instructions until that many marks have passed; None: to the end.
            seconds: limit of wall-clock time from one `board_` call of the firmware to the next.
            progress: receives the bytes consumed.

        Raises:
            DeviceError: the core took an exception, the time ran out, the board fell silent, or
                nothing can stop its core.
        """
        ...

    def reset(self) -> None:
        """Let the board start what it was programmed with."""
        ...


class Driver(Protocol):
    """A way to reach boards of one kind."""

    def detect(self, board: Board) -> str | None:
        """Why `board` cannot be reached from here, with the remedy; None when it can."""
        ...

    def connect(self, board: Board, port: str | None = None) -> AbstractContextManager[Connection]:
        """Open connection to `board`, closed and cleaned up on leaving the context.

        Raises:
            DeviceError: the board cannot be reached.
        """
        ...
