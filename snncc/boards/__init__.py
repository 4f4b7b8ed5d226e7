"""The face of the boards floor: C sources and bytes in, what the board answers out. No networks."""

from collections.abc import Callable, Mapping

from snncc.ir import UsageError, describe_unknown

from .bare import BareCore, Linked, link
from .catalogue import BOARDS
from .emulator import Emulator
from .espressif import Esptool
from .gnu import compiler_version, require_gcc
from .image import build, load_image
from .protocol import SILENCE_SECONDS, Board, Build, Connection, Driver, Image, Mark, Progress, Run
from .pyocd import Pyocd
from .qemu import Qemu
from .remote import GdbRemote, names_server
from .toolchain import ToolchainError, build_shared_library, find_zig
from .uf2 import Uf2

__all__ = [
    "BareCore",
    "Board",
    "Build",
    "Connection",
    "Driver",
    "Image",
    "Linked",
    "Mark",
    "Progress",
    "Run",
    "ToolchainError",
    "board",
    "boards",
    "build",
    "build_shared_library",
    "compiler_version",
    "driver",
    "find_emulated_twin",
    "find_zig",
    "link",
    "load_image",
    "play",
    "program",
    "require_gcc",
]

DRIVERS: Mapping[str, Callable[[], Driver]] = {
    "emulator": Emulator,
    "qemu": Qemu,
    "pyocd": Pyocd,
    "esptool": Esptool,
    "uf2": Uf2,
}


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
        raise UsageError(describe_unknown("board", name, known))
    return known[name]


def find_emulated_twin(board: Board) -> Board | None:
    """The board in an emulator, which takes the very same firmware; None where there is none."""
    if board.emulated:
        return board
    return next((twin for twin in BOARDS if twin.name == f"{board.name}-emulated"), None)


def driver(board: Board, port: str | None = None) -> Driver:
    """The driver that reaches `board` at `port`; loads emulator or probe library only when used.

    A port HOST:PORT is a debug server, whatever the board's own driver.
    """
    if names_server(port):
        return GdbRemote()
    return DRIVERS[board.driver]()


def program(board: Board, image: Image, *, port: str | None = None) -> bool:
    """Whether `image` was read back from `board` after it was programmed; then it is started.

    Raises:
        DeviceError: the board is absent, or kept other bytes than it was given.
    """
    assert image.board == board.name, f"image for {image.board} on {board.name}"
    with driver(board, port).connect(board, port) as connection:
        connection.program(image)
        verified = connection.verify(image)
        connection.reset()
    return verified


def play(
    board: Board,
    image: Image,
    stimulus: bytes,
    *,
    port: str | None = None,
    count_marks: int | None = 0,
    seconds: float = SILENCE_SECONDS,
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
        progress: receives the bytes consumed.

    Raises:
        DeviceError: the board is absent, kept other bytes than it was given, or did not end well.
    """
    assert image.board == board.name, f"image for {image.board} on {board.name}"
    with driver(board, port).connect(board, port) as connection:
        connection.program(image)
        connection.verify(image)
        return connection.run(
            image, stimulus, count_marks=count_marks, seconds=seconds, progress=progress
        )
