"""Driver of the boards that QEMU emulates, through its debug server. Never: compiles."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from snncc.ir import DeviceError

from .debugged import DebuggedBoard
from .gdb import GdbClient
from .protocol import Board

# 2**7 ns of virtual time per instruction; a firmware without timers sees no difference.
INSTRUCTION_SHIFT = 7


@dataclass(frozen=True, slots=True)
class Program:
    """A QEMU for one instruction set."""

    command: str
    package: str  # Debian package that brings it
    options: tuple[str, ...] = ()


ARM = Program("qemu-system-arm", "qemu-system-arm")
RISCV = Program("qemu-system-riscv32", "qemu-system-misc", ("-bios", "none"))


def program(board: Board) -> Program:
    """The QEMU that has the machine of `board`."""
    return RISCV if board.riscv else ARM


class Qemu:
    """Driver of boards that a QEMU program on the PATH emulates."""

    def detect(self, board: Board) -> str | None:
        """Why QEMU cannot emulate `board` here; None when it can."""
        needed = program(board)
        if shutil.which(needed.command) is None:
            return (
                f"{board.name}: {needed.command} is not on the PATH: "
                f"run `apt-get install {needed.package}`"
            )
        return None

    @contextmanager
    def connect(
        self, board: Board, port: str | None = None
    ) -> Generator[DebuggedBoard, None, None]:
        """A fresh board in a QEMU of its own, which ends with the context.

        Raises:
            DeviceError: QEMU is missing or does not start, or a port was named.
        """
        if port is not None:
            raise DeviceError(
                f"{board.name} runs in a QEMU of its own and has no port: found {port}"
            )
        absent = self.detect(board)
        if absent is not None:
            raise DeviceError(absent)
        with tempfile.TemporaryDirectory(prefix="snncc-qemu-") as name:
            directory = Path(name)
            with (
                (directory / "errors").open("w+b") as errors,
                _qemu(board, directory, errors) as ours,
            ):
                try:
                    yield DebuggedBoard(board, GdbClient(ours, board.name), "system_reset")
                except DeviceError as error:
                    errors.seek(0)
                    said = errors.read().decode(errors="replace").strip().splitlines()
                    if not said:
                        raise
                    raise DeviceError(f"{error}; QEMU said: {said[0]}") from error


@contextmanager
def _qemu(board: Board, directory: Path, errors: IO[bytes]) -> Generator[socket.socket, None, None]:
    """Socket to the debug server of a halted QEMU; the whole process group is gone afterwards."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            command = [
                *(program(board).command, "-M", str(board.machine)),
                *("-S", "-display", "none", "-monitor", "none", "-serial", "null"),
                # An inherited socket needs no port that someone else could take or connect to.
                *("-chardev", f"socket,id=gdb,fd={theirs.fileno()}", "-gdb", "chardev:gdb"),
                # QEMU tells the instruction count only while it records.
                *("-icount", f"shift={INSTRUCTION_SHIFT},rr=record,rrfile={directory / 'replay'}"),
                *program(board).options,
            ]
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                cwd=directory,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        try:
            yield ours
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
