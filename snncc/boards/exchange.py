"""The conversation between host and firmware, one for all drivers. Never: knows how a core is stopped."""

from typing import Protocol

from snncc.ir import DeviceError

from .protocol import Image, Mark, Progress, Run

STOPS = ("board_read", "board_write", "board_mark", "board_exit", "board_fault")


class Core(Protocol):
    """A core that stands still, and can be let go until it reaches a stop."""

    def resume(self) -> int:
        """Address of the stop that the core reached.

        Raises:
            DeviceError: the core died, or the time ran out.
        """
        ...

    def argument(self, index: int) -> int:
        """Argument `index` (0 or 1) of the function at whose entry the core stands."""
        ...

    def leave(self, result: int) -> None:
        """Return `result` from the function at whose entry the core stands."""
        ...

    def read(self, address: int, size: int) -> bytes:
        """Content of the core's memory."""
        ...

    def write(self, address: int, content: bytes) -> None:
        """Replace content of the core's memory."""
        ...

    def count(self) -> int | None:
        """Instructions since reset, or None where nobody counts."""
        ...

    def stop_counting(self) -> None:
        """Run at full speed from here on; `count` is None from now."""
        ...


def converse(
    core: Core,
    image: Image,
    stimulus: bytes,
    count_marks: int | None,
    progress: Progress | None,
) -> Run:
    """What the firmware wrote while it was fed `stimulus`, up to the end of its main.

    Raises:
        DeviceError: the core took an exception or never reached the end.
    """
    names = {image.address(name): name for name in STOPS}
    output = bytearray()
    marks: list[Mark] = []
    position = 0
    if count_marks == 0:
        core.stop_counting()
    while True:
        name = names[core.resume()]
        result = 0
        if name == "board_read":
            piece = stimulus[position : position + core.argument(1)]
            core.write(core.argument(0), piece)
            result = len(piece)
            position += result
            if progress is not None:
                progress(position)
        elif name == "board_write":
            output += core.read(core.argument(0), core.argument(1))
        elif name == "board_mark":
            marks.append(Mark(core.argument(0), core.count()))
            if len(marks) == count_marks:
                core.stop_counting()
        elif name == "board_exit":
            code = core.argument(0)
            signed = code - (code >> 31 << 32)  # main returns an int of 32 bits
            return Run(bytes(output), signed, tuple(marks), core.count())
        else:
            cause, pc = core.argument(0), core.argument(1)
            raise DeviceError(f"the core took exception {cause} at pc {image.place(pc)}")
        core.leave(result)
