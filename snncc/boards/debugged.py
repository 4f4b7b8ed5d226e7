"""A board at a debug server: program, read back, run, reset. Never: starts or finds the server."""

import re
import time
from dataclasses import dataclass

from snncc.ir import DeviceError

from .conversation import STOPS, converse, silence
from .gdb import GdbClient, Region
from .memory_checks import require_equal
from .protocol import SILENCE_SECONDS, Block, Board, Image, Progress, Run

SHORTEST_INSTRUCTION_BYTES = 2
COUNT = re.compile(r"instruction count = ([0-9]{1,18})\b")
# A Cortex-M0+ has as few as four comparators, and without a count nobody needs the marks.
FEWEST_STOPS = tuple(name for name in STOPS if name != "board_mark")


@dataclass(frozen=True, slots=True)
class Numbers:
    """Register numbers, in the order of the debug server."""

    pc: int
    link: int
    arguments: tuple[int, int]


CORTEX_M = Numbers(15, 14, (0, 1))
RISCV = Numbers(32, 1, (10, 11))


class DebuggedBoard:
    """A board whose debug server answers. Implements `Connection`."""

    def __init__(
        self, board: Board, gdb: GdbClient, reset_command: str, stops: tuple[str, ...] = STOPS
    ) -> None:
        """Hold `board` by `gdb`, which resets and halts it at `reset_command`."""
        self._board, self._gdb = board, gdb
        self._reset_command, self._stops = reset_command, stops

    def program(self, image: Image) -> None:
        """Write the image: into flash as the server describes it, else as into any memory.

        Raises:
            DeviceError: the part's flash is too small, or the server failed.
        """
        flash = self._gdb.flash_regions()
        pieces = [piece for piece in image.segments if _region(flash, piece[0]) is not None]
        for address, content in image.segments:
            if (address, content) not in pieces:
                self._gdb.write(address, content)
        if not pieces:
            return
        for address, size in _blocks(self._board, flash, pieces):
            self._gdb.erase_flash(address, size)
        for address, content in pieces:
            self._gdb.write_flash(address, content)
        self._gdb.finish_flash()

    def verify(self, image: Image) -> bool:
        """Compare memory with the image; always possible.

        Raises:
            DeviceError: a byte differs.
        """
        for address, content in image.segments:
            require_equal(self._board, address, content, self._gdb.read(address, len(content)))
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
        self._gdb.monitor(self._reset_command)
        core = DebuggedCore(self._gdb, self._board, image, seconds, self._stops)
        return converse(core, self._board, image, stimulus, count_marks, progress)

    def reset(self) -> None:
        """Start what was programmed, and leave it alone: the server lets go of the core."""
        self._gdb.monitor(self._reset_command)
        self._gdb.detach()


class DebuggedCore:
    """A core after reset, held by a debug server. Implements `conversation.Core`."""

    def __init__(
        self, gdb: GdbClient, board: Board, image: Image, seconds: float, stops: tuple[str, ...]
    ) -> None:
        self._gdb, self._board, self._image = gdb, board, image
        self._numbers = RISCV if board.riscv else CORTEX_M
        self._seconds = seconds
        self._registers: tuple[int, ...] = ()
        self._counting = stops == STOPS
        self._counted_before = 0
        self._counted_before = self.count() or 0
        self._stops = frozenset(image.addresses(stops))
        for address in sorted(self._stops):
            gdb.set_breakpoint(address, SHORTEST_INSTRUCTION_BYTES)

    def resume(self) -> int:
        """Address of the next stop; see `conversation.Core`."""
        in_time = self._gdb.resume(time.monotonic() + self._seconds)
        needed = max(self._numbers.pc, self._numbers.link, *self._numbers.arguments)
        self._registers = self._gdb.registers_up_to(needed)
        pc = self._registers[self._numbers.pc]
        if pc in self._stops:
            return pc
        place = self._image.place(pc)
        if not in_time:
            raise silence(self._board, self._seconds, place)
        raise DeviceError(f"{self._board.name} stopped at pc {place}, where nothing asks it to")

    def argument(self, index: int) -> int:
        """Argument register 0 or 1 of the architecture's procedure call standard."""
        return self._registers[self._numbers.arguments[index]]

    def leave(self, result: int | None = None) -> None:
        """Return `result` to the address in the link register, whose bit 0 may say Thumb."""
        if result is not None:
            self._gdb.set_register(self._numbers.arguments[0], result)
        self._gdb.set_register(self._numbers.pc, self._registers[self._numbers.link] & ~1)

    def read(self, address: int, size: int) -> bytes:
        """Content of memory."""
        return self._gdb.read(address, size)

    def write(self, address: int, content: bytes) -> None:
        """Replace content of memory."""
        self._gdb.write(address, content)

    def count(self) -> int | None:
        """Instructions since reset, as QEMU's recorder counts them."""
        if not self._counting:
            return None
        found = COUNT.search(self._gdb.monitor("info replay"))
        return int(found[1]) - self._counted_before if found else None

    def blocks(self) -> tuple[Block, ...]:
        """None: QEMU's recorder counts instructions, and does not tell where they are."""
        return ()

    def stop_counting(self) -> None:
        """Ask QEMU for the count no more."""
        self._counting = False


def _region(flash: tuple[Region, ...], address: int) -> Region | None:
    return next((region for region in flash if address in region.addresses), None)


def _blocks(
    board: Board, flash: tuple[Region, ...], pieces: list[tuple[int, bytes]]
) -> list[tuple[int, int]]:
    """Erasable blocks that the pieces touch, each once: (address, bytes), ascending.

    Raises:
        DeviceError: a piece reaches beyond the last region.
    """
    blocks: set[tuple[int, int]] = set()
    for start, content in pieces:
        address, end = start, start + len(content)
        while address < end:
            region = _region(flash, address)
            if region is None:
                raise DeviceError(
                    f"{board.name}: the firmware reaches to 0x{end:08x}, but the flash of the "
                    f"attached part ends at 0x{address:08x}; name the right board with --board"
                )
            begin = address - (address - region.start) % region.block_bytes
            blocks.add((begin, region.block_bytes))
            address = begin + region.block_bytes
    return sorted(blocks)
