"""Driver of the boards that QEMU emulates, through its debug server. Never: compiles."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from snncc.ir import DeviceError

from .emulator import require_equal
from .exchange import STOPS, converse, silence
from .gdb import GdbClient
from .protocol import Board, Image, Progress, Run

# 2**7 ns of virtual time per instruction; a firmware without timers sees no difference.
INSTRUCTION_SHIFT = 7
SHORTEST_INSTRUCTION_BYTES = 2
COUNT = re.compile(r"instruction count = (\d+)")


@dataclass(frozen=True, slots=True)
class Architecture:
    """What differs between the machines of one instruction set and those of another."""

    program: str
    package: str  # Debian package that brings the program
    options: tuple[str, ...]
    pc: int  # register numbers, in the order of the debug server
    link: int
    arguments: tuple[int, int]


ARM = Architecture("qemu-system-arm", "qemu-system-arm", (), 15, 14, (0, 1))
RISCV = Architecture("qemu-system-riscv32", "qemu-system-misc", ("-bios", "none"), 32, 1, (10, 11))


def architecture(board: Board) -> Architecture:
    """Architecture of `board`."""
    return RISCV if board.target.startswith("riscv") else ARM


class Qemu:
    """Driver of boards that a QEMU program on the PATH emulates."""

    def detect(self, board: Board) -> str | None:
        """Why QEMU cannot emulate `board` here; None when it can."""
        needed = architecture(board)
        if shutil.which(needed.program) is None:
            return (
                f"{board.name}: {needed.program} is not on the PATH: "
                f"run `apt-get install {needed.package}`"
            )
        return None

    @contextmanager
    def connect(self, board: Board, port: str | None = None) -> Generator["QemuBoard", None, None]:
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
                    yield QemuBoard(board, GdbClient(ours, board.name))
                except DeviceError as error:
                    errors.seek(0)
                    said = errors.read().decode(errors="replace").strip().splitlines()
                    if not said:
                        raise
                    raise DeviceError(f"{error}; QEMU said: {said[0]}") from error


class QemuBoard:
    """A board whose debug server answers."""

    def __init__(self, board: Board, gdb: GdbClient) -> None:
        self._board, self._gdb = board, gdb

    def program(self, image: Image) -> None:
        """Write the image into memory."""
        for address, content in image.segments:
            self._gdb.write(address, content)

    def verify(self, image: Image) -> None:
        """Compare memory with the image.

        Raises:
            DeviceError: a byte differs.
        """
        for address, content in image.segments:
            require_equal(self._board, address, content, self._gdb.read(address, len(content)))

    def run(
        self,
        image: Image,
        stimulus: bytes,
        *,
        count_marks: int | None = 0,
        seconds: float = 60.0,
        progress: Progress | None = None,
    ) -> Run:
        """Play `stimulus` from reset to the end of main; see `Connection.run`."""
        core = DebuggedCore(self._gdb, self._board, image, seconds)
        return converse(core, self._board, image, stimulus, count_marks, progress)


class DebuggedCore:
    """A core from reset on, held by a debug server. Implements `exchange.Core`."""

    def __init__(self, gdb: GdbClient, board: Board, image: Image, seconds: float) -> None:
        self._gdb, self._board, self._image = gdb, board, image
        self._architecture = architecture(board)
        self._seconds = seconds
        self._registers: tuple[int, ...] = ()
        gdb.monitor("system_reset")
        self._counting = True
        self._counted_before = 0
        self._counted_before = self.count() or 0
        self._stops = frozenset(image.addresses(STOPS))
        for address in sorted(self._stops):
            gdb.set_breakpoint(address, SHORTEST_INSTRUCTION_BYTES)

    def resume(self) -> int:
        """Address of the next stop; see `exchange.Core`."""
        in_time = self._gdb.resume(time.monotonic() + self._seconds)
        self._registers = self._gdb.registers()
        pc = self._registers[self._architecture.pc]
        if pc in self._stops:
            return pc
        place = self._image.place(pc)
        if not in_time:
            raise silence(self._board, self._seconds, place)
        raise DeviceError(f"{self._board.name} stopped at pc {place}, where nothing asks it to")

    def argument(self, index: int) -> int:
        """Argument register 0 or 1 of the architecture's procedure call standard."""
        return self._registers[self._architecture.arguments[index]]

    def leave(self, result: int | None = None) -> None:
        """Return `result` to the address in the link register, whose bit 0 may say Thumb."""
        if result is not None:
            self._gdb.set_register(self._architecture.arguments[0], result)
        self._gdb.set_register(self._architecture.pc, self._registers[self._architecture.link] & ~1)

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

    def stop_counting(self) -> None:
        """Ask QEMU for the count no more."""
        self._counting = False


@contextmanager
def _qemu(board: Board, directory: Path, errors: IO[bytes]) -> Generator[socket.socket, None, None]:
    """Socket to the debug server of a halted QEMU; the whole process group is gone afterwards."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            command = [
                *(architecture(board).program, "-M", str(board.machine)),
                *("-S", "-display", "none", "-monitor", "none", "-serial", "null"),
                # An inherited socket needs no port that someone else could take or connect to.
                *("-chardev", f"socket,id=gdb,fd={theirs.fileno()}", "-gdb", "chardev:gdb"),
                # QEMU tells the instruction count only while it records.
                *("-icount", f"shift={INSTRUCTION_SHIFT},rr=record,rrfile={directory / 'replay'}"),
                *architecture(board).options,
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
