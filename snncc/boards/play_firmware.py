"""A firmware image onto a board and run there: programmed, read back, played. Never: builds it.

Which driver does it is in `drivers.py`, what it says to the firmware in `conversation.py`.
"""

from __future__ import annotations

from .drivers import driver
from .protocol import SILENCE_SECONDS, Board, Image, Progress, Run


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
