"""The conversation of host and firmware, the same for all drivers. Never: how a core is stopped.

How long a core may be silent is `SILENCE_SECONDS` in `protocol.py`.
"""

from typing import Protocol

from snncc.ir import DeviceError
from snncc.ir.untrusted import limits

from .protocol import Block, Board, Image, Mark, Progress, Run

MOST_IDLE = 1000
STOPS = ("board_read", "board_write", "board_mark", "board_exit", "board_fault")

# Armv7-M ARM (DDI 0403) B1.5.2; the faults that could be told apart all escalate to hard fault.
CORTEX_M_EXCEPTIONS = {2: "non-maskable interrupt", 3: "hard fault", 11: "supervisor call"}
# RISC-V Privileged Architecture, table of mcause values after trap.
RISCV_EXCEPTIONS = {
    0: "instruction address misaligned",
    1: "instruction access fault",
    2: "illegal instruction",
    3: "breakpoint",
    4: "load address misaligned",
    5: "load access fault",
    6: "store address misaligned",
    7: "store access fault",
    11: "environment call",
}


class Core(Protocol):
    """A core that stands still, and can be let go until it reaches a stop."""

    def resume(self) -> int:
        """Address of the stop that the core reached.

        Raises:
            DeviceError: the core died, or the time ran out.
        """
        ...

    def argument(self, index: int) -> int:
        """Argument `index` (0 or 1) of the function at whose entry the core is."""
        ...

    def leave(self, result: int | None = None) -> None:
        """Return from the function at whose entry the core is, with `result` if it has one."""
        ...

    def read(self, address: int, size: int) -> bytes:
        """Content of the core's memory."""
        ...

    def write(self, address: int, content: bytes) -> None:
        """Replace content of the core's memory."""
        ...

    def count(self) -> int | None:
        """Instructions since reset, or None where nothing counts them."""
        ...

    def blocks(self) -> tuple[Block, ...]:
        """What ran while instructions were counted; empty where nothing tells."""
        ...

    def stop_counting(self) -> None:
        """Run at full speed from here on; `count` is None from now."""
        ...


def converse(
    core: Core,
    board: Board,
    image: Image,
    stimulus: bytes,
    count_marks: int | None,
    progress: Progress | None,
) -> Run:
    """What the firmware wrote while it was fed `stimulus`, up to the end of its main.

    Raises:
        DeviceError: the core took an exception or never reached the end.
    """
    names = image.addresses(STOPS)
    output = bytearray()
    marks: list[Mark] = []
    position, idle = 0, 0
    if count_marks == 0:
        core.stop_counting()
    while True:
        name = names[core.resume()]
        first, second = core.argument(0), core.argument(1)
        if name == "board_read":
            piece = stimulus[position : position + second]
            idle = _idle(board, idle, len(piece))
            _require_memory(board, name, first, second, in_flash=False)
            core.write(first, piece)
            position += len(piece)
            if progress is not None:
                progress(position)
            core.leave(len(piece))
        elif name == "board_write":
            _require_memory(board, name, first, second, in_flash=True)
            idle = _idle(board, idle, second)
            if len(output) + second > limits.OUTPUT_BYTES:
                raise DeviceError(f"{board.name} wrote more than {limits.OUTPUT_BYTES:,} bytes")
            output += core.read(first, second)
            core.leave()
        elif name == "board_mark":
            marks.append(Mark(first, core.count()))
            if len(marks) == count_marks:
                core.stop_counting()
            core.leave()
        elif name == "board_exit":
            code = first - (first >> 31 << 32)  # main returns a signed int of 32 bits
            return Run(bytes(output), code, tuple(marks), core.count(), core.blocks())
        else:
            kind = (RISCV_EXCEPTIONS if board.riscv else CORTEX_M_EXCEPTIONS).get(
                first, "unexpected"
            )
            raise DeviceError(
                f"{board.name} took exception {first} ({kind}) at pc {image.place(second)}"
            )


def _idle(board: Board, before: int, moved: int) -> int:
    """Calls one after the other that moved no byte; a firmware ends when nothing is left to read.

    Raises:
        DeviceError: it calls on and on.
    """
    if not moved and before >= MOST_IDLE:
        raise DeviceError(
            f"{board.name} asked {MOST_IDLE:,} times for a byte beyond the last; it ignores that "
            "its input has ended"
        )
    return 0 if moved else before + 1


def silence(board: Board, seconds: float, place: str) -> DeviceError:
    """Failure of a core that ran for `seconds` without reaching a stop."""
    return DeviceError(
        f"{board.name} said nothing for {seconds:g} s; it was at pc {place}, perhaps in a loop"
    )


def _require_memory(board: Board, name: str, address: int, size: int, *, in_flash: bool) -> None:
    regions = [(board.ram_origin, board.ram_bytes)]
    if in_flash:
        regions.append((board.tables_origin, board.flash_bytes))
    for origin, available in regions:
        if origin <= address and address + size <= origin + available:
            return
    raise DeviceError(
        f"{name} was handed {size} bytes at 0x{address:08x}, outside the memory of {board.name}"
    )
