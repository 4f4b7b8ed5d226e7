"""The face of the boards floor: C sources and bytes in, what the board answers out. No networks."""

from snncc.ir import UsageError, unknown

from .catalogue import BOARDS
from .image import build, load_image
from .protocol import Board, Build, Connection, Driver, Image, Mark, Progress, Run
from .toolchain import ToolchainError, shared_library, zig

__all__ = [
    "Board",
    "Build",
    "Connection",
    "Driver",
    "Image",
    "Mark",
    "Progress",
    "Run",
    "ToolchainError",
    "board",
    "boards",
    "build",
    "driver",
    "load_image",
    "play",
    "shared_library",
    "zig",
]


def boards() -> tuple[Board, ...]:
    """Every board that snncc knows, whether or not it can be reached from here."""
    return BOARDS


def board(name: str) -> Board:
    """The board called `name`.

    Raises:
        UsageError: no board has that name; lists them, with the nearest.
    """
    known = {board.name: board for board in BOARDS}
    if name not in known:
        raise UsageError(unknown("board", name, known))
    return known[name]


def driver(board: Board) -> Driver:
    """The driver that reaches `board`; loads the emulator or probe library only when used."""
    if board.driver == "qemu":
        from .qemu import Qemu

        return Qemu()
    from .emulator import Emulator

    return Emulator()


def play(
    board: Board,
    image: Image,
    stimulus: bytes,
    *,
    port: str | None = None,
    count_marks: int | None = 0,
    seconds: float = 60.0,
    progress: Progress | None = None,
) -> Run:
    """What the firmware `image` answers to `stimulus` on `board`: programmed, verified, then run.

    Args:
        board: where to run.
        image: what `build` made for that board.
        stimulus: the bytes that `board_read` hands out, in order.
        port: where the board is attached; None for the only place, or one that the driver opens.
        count_marks: count instructions until that many marks have passed; None: to the end.
        seconds: limit of wall-clock time from one `board_` call of the firmware to the next.
        progress: told the bytes consumed.

    Raises:
        DeviceError: the board is absent, kept other bytes than it was given, or did not end well.
    """
    assert image.board == board.name, f"image for {image.board} on {board.name}"
    with driver(board).connect(board, port) as connection:
        connection.program(image)
        connection.verify(image)
        return connection.run(
            image, stimulus, count_marks=count_marks, seconds=seconds, progress=progress
        )
