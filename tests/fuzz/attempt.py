"""One damaged file before the command line, in a child with limits, and what came of it.

The limits are those of a small machine: two gibibytes of address space, of which Python with
PyTorch takes 700 MiB before it reads anything, and ten seconds of computing. On a busy machine
these last longer, so that the clock on the wall may show four times as many.
"""

from __future__ import annotations

import contextlib
import io
import os
import resource
import select
import signal
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEMORY_BYTES, LOADED_BYTES = 2 << 30, 700 << 20
SECONDS = 10.0
PATIENCE = 4
TOLD_CHARACTERS = 8400  # the longest message, and a few notes
CODES = {0, 1, 2, 4}
TOUCHED = "touched: "


@dataclass(frozen=True)
class Outcome:
    """What came of one file.

    Attributes:
        code: exit code; below zero the signal that ended it; None where it did not end in time.
        told: what was written to stderr.
        touched: what was opened, changed or run that may not be; empty where nothing was.
    """

    code: int | None
    told: str
    touched: str
    seconds: float

    @property
    def fault(self) -> str:
        """What is wrong with it; empty where the file was read, or refused as it ought to be."""
        if self.touched:
            return f"touched {self.touched}"
        if self.code is None or self.code == -signal.SIGXCPU:
            return "hang"
        if self.code < 0:
            return f"killed by {signal.Signals(-self.code).name}"
        if "internal error" in self.told or "Traceback" in self.told:
            return "internal error"
        if self.code not in CODES:
            return f"exit code {self.code}"
        return self._fault_of_words()

    def _fault_of_words(self) -> str:
        lines = self.told.splitlines()
        if self.code and not any(line.startswith("error: ") for line in lines):
            return "no sentence"
        if len(self.told) > TOLD_CHARACTERS:
            return "too long a message"
        if any(not (c.isprintable() or c == "\n") for c in self.told):
            return "hidden characters in a message"
        return ""


def attempt(arguments: Sequence[str], folder: Path) -> Outcome:
    """Runs the command line in a child, in a folder that alone it may write to."""
    started = time.monotonic()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _be_child(arguments, folder, writing)
    os.close(writing)
    told, code = _awaited(child, reading, started + PATIENCE * SECONDS)
    touched = ""
    if told.startswith(TOUCHED):
        touched, _, told = told.removeprefix(TOUCHED).partition("\n")
    return Outcome(code, told, touched, time.monotonic() - started)


def _awaited(child: int, reading: int, deadline: float) -> tuple[str, int | None]:
    """What the child says until it ends, and how it ends; it is ended when its time is up."""
    told = bytearray()
    with io.open(reading, "rb", buffering=0) as pipe:  # noqa: UP020  # it is a descriptor
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([pipe], [], [], left)[0]:
                continue
            piece = pipe.read(65536)
            if not piece:
                _, status = os.waitpid(child, 0)
                return told.decode("utf-8", "replace"), os.waitstatus_to_exitcode(status)
            told += piece
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return told.decode("utf-8", "replace"), None


def _be_child(arguments: Sequence[str], folder: Path, writing: int) -> None:
    code = 125
    try:
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        os.dup2(writing, 2)
        memory = max(MEMORY_BYTES, _address_space() + MEMORY_BYTES - LOADED_BYTES)
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        limit = int(SECONDS) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        touched: list[str] = []
        _watch(folder, touched)
        told = io.StringIO()
        with contextlib.redirect_stderr(told), contextlib.redirect_stdout(_nowhere()):
            code = exit_code(arguments)
        if touched:
            os.write(2, f"{TOUCHED}{touched[0]}\n".encode("utf-8", "replace"))
        os.write(2, told.getvalue().encode("utf-8", "replace"))
    finally:
        os._exit(code)


def _address_space() -> int:
    """Bytes that this process has; in a run of all tests those of other tests as well."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 0


def _nowhere() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


def exit_code(arguments: Sequence[str]) -> int:
    """The command line's, called in this process."""
    from snncc.cli import main

    try:
        main(arguments)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    return 0


# Events of sys.audit by which a file could reach out of its folder. What is read where Python and
# its packages are installed is its import system at work.
CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate",
           "os.chmod", "os.chown", "shutil.rmtree")  # fmt: skip
ACTS = ("subprocess.Popen", "os.exec", "os.system", "os.posix_spawn", "os.fork", "os.forkpty",
        "socket.connect", "ctypes.dlopen")  # fmt: skip
# What Python's `platform`, and libraries that count processors, look at.
SYSTEM = ("/proc", "/sys", "/dev", "/etc/os-release")
INSTALLED = {*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix}


def _watch(folder: Path, touched: list[str]) -> None:
    written = (str(folder.resolve()), tempfile.gettempdir(), os.devnull)
    source = str(Path(__file__).parents[2])
    read = (*written, source, *INSTALLED, *map(os.path.realpath, INSTALLED), *SYSTEM)

    def allowed(path: object, places: tuple[str, ...]) -> bool:
        # No Path within a hook: it is called for what pathlib does itself.
        return os.path.abspath(os.fsdecode(path)).startswith(places)  # type: ignore[arg-type]  # a hook is given objects  # noqa: PTH100

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if event in ACTS and given[:1] != (None,):  # ctypes.CDLL(None) is this very process
            touched.append(f"{event} {str(given)[:200]}")
        elif event in CHANGES and not allowed(given[0], written):
            touched.append(f"{event} {given[0]}")
        elif event == "open" and isinstance(given[0], (str, bytes)):
            changes = (given[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if not allowed(given[0], written if changes else read):
                touched.append(f"open {given[0]!r} {given[1]}")

    sys.addaudithook(hook)
