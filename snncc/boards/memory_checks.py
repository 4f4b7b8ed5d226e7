"""What a board's memory must hold: the bytes written, and the number by which its chip is known.

Whether a firmware fits the memory is decided in `image.py`, before anything is written.
"""

from collections.abc import Callable

from snncc.ir import DeviceError

from .protocol import Board


def require_equal(board: Board, address: int, written: bytes, found: bytes) -> None:
    """Nothing, when memory contains what was written.

    Raises:
        DeviceError: names the first address that differs.
    """
    if written != found:
        pairs = zip(written, found, strict=False)
        offset = next((i for i, (a, b) in enumerate(pairs) if a != b), len(found))
        raise DeviceError(
            f"{board.name}: memory at 0x{address + offset:08x} differs from what was written; "
            "program the board again"
        )


def require_chip(board: Board, read: Callable[[int, int], bytes]) -> None:
    """Nothing, when the attached chip says that it is the one of `board`.

    Args:
        board: as asked for; one without identity is taken at its word.
        read: content of the attached chip's memory, from an address and a size.

    Raises:
        DeviceError: it says something else.
    """
    identity = board.identity
    if identity is None:
        return
    found = int.from_bytes(read(identity.address, 4), "little") & identity.mask
    if found != identity.value:
        raise DeviceError(
            f"this is not a {board.name}: its chip says 0x{found:x} at 0x{identity.address:08x}, "
            f"expected 0x{identity.value:x}; attach the right board, or name this one with --board"
        )
