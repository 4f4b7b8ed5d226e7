"""Which driver programs a board, such as pyOCD or esptool: the one table of them.

A board states the key of its driver in `catalogue.py`; a new driver is a row here and a file with
the members of `protocol.py`: `Driver`, `Connection`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .emulator import Emulator
from .espressif import Esptool
from .protocol import Board, Driver
from .pyocd import Pyocd
from .qemu import Qemu
from .remote import GdbRemote, names_server
from .uf2 import Uf2

DRIVERS: Mapping[str, Callable[[], Driver]] = {
    "emulator": Emulator,
    "qemu": Qemu,
    "pyocd": Pyocd,
    "esptool": Esptool,
    "uf2": Uf2,
}


def driver(board: Board, port: str | None = None) -> Driver:
    """The driver that reaches `board` at `port`; loads emulator or probe library only when used.

    A port HOST:PORT is a debug server, whatever the board's own driver.
    """
    if names_server(port):
        return GdbRemote()
    return DRIVERS[board.driver]()
