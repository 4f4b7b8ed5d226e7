"""Driver of boards behind a debug server that someone else runs: OpenOCD, pyOCD, QEMU."""

import re
import socket
from collections.abc import Generator
from contextlib import contextmanager

from snncc.ir import DeviceError

from .debugged import FEWEST_STOPS, DebuggedBoard
from .gdb import GdbClient
from .memory_checks import require_chip
from .protocol import Board

ADDRESS = re.compile(r"([^/\\:]+):(\d{1,5})")
CONNECT_SECONDS = 5.0


def names_server(port: str | None) -> bool:
    """Whether `port` is the HOST:PORT of a debug server, not a serial line or a folder."""
    return port is not None and ADDRESS.fullmatch(port) is not None


class GdbRemote:
    """Driver of whatever board a debug server at HOST:PORT holds."""

    def detect(self, board: Board) -> str | None:
        """None: whether a server listens is known when it is called."""
        return None

    @contextmanager
    def connect(
        self, board: Board, port: str | None = None
    ) -> Generator[DebuggedBoard, None, None]:
        """The board that the server at `port` holds.

        Raises:
            DeviceError: no server answers there, it is busy, or it holds another chip.
        """
        found = ADDRESS.fullmatch(port or "")
        if found is None:
            raise DeviceError(f"{board.name}: expected --port HOST:PORT, found {port}")
        host, number = found[1], int(found[2])
        try:
            connection = socket.create_connection((host, number), CONNECT_SECONDS)
        except (OSError, OverflowError) as error:
            raise DeviceError(
                f"{board.name}: no debug server at {port} ({error}); start one there, such as "
                "`openocd -f board/NAME.cfg` or `pyocd gdbserver`"
            ) from error
        with connection:
            # Packets are small and each waits for its answer: without this one takes 40 ms.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                gdb = GdbClient(connection, board.name)
            except DeviceError as error:
                raise DeviceError(
                    f"{error} before it said anything useful; is another debugger attached to it?"
                ) from error
            require_chip(board, gdb.read)
            yield DebuggedBoard(board, gdb, _reset_command(gdb), FEWEST_STOPS)


def _reset_command(gdb: GdbClient) -> str:
    """What resets and halts: OpenOCD and pyOCD know one command, QEMU's monitor another."""
    said = gdb.monitor("reset halt").lower()
    return "system_reset" if "unknown command" in said else "reset halt"
