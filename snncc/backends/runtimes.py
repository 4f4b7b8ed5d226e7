"""Vendors' kits in environments of their own: making them, and running watched processes in them.

Which versions of a kit are installed is said in the target's package: `lava/runtime.py`,
`spinnaker2/device.py`.

A kit is never imported here: it needs other versions of its requirements, and it may hang.
"""

from __future__ import annotations

import os
import re
import shutil
import signal as signals
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from snncc.files import remaking
from snncc.ir import DeviceError

GRACE_SECONDS = 2.0  # for Python's own clean-up of shared memory
LAST_LINES = 12
_PINS = re.compile(r"\nPython 3\.\d+\n\Z")
"""How the marker of an environment ends, whatever is in it."""

QUIET = "--quiet", "--disable-pip-version-check"


@dataclass(frozen=True)
class Runtime:
    """A vendor's kit.

    Attributes:
        name: of the target, and of the folder.
        title: what the kit is called.
        requirements: what it runs on, as pip reads it from a file.
        kit: the kit itself, likewise; installed after its requirements and without looking at its
            own.
    """

    name: str
    title: str
    requirements: str
    kit: str

    @property
    def home(self) -> Path:
        """Folder of the environment: below $SNNCC_RUNTIMES, or the user's data folder."""
        if named := os.environ.get("SNNCC_RUNTIMES"):
            return Path(named).expanduser().resolve() / self.name
        data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
        return Path(data).expanduser() / "snncc" / "runtimes" / self.name

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def pins(self) -> str:
        """What the marker of a finished environment says."""
        python = ".".join(map(str, sys.version_info[:2]))
        return f"{self.requirements}{self.kit}\nPython {python}\n"

    def absent(self) -> str | None:
        """What is missing, with the command that adds it; None when all is there."""
        remedy = f"snncc setup {self.name}"
        try:
            if self._marker.read_text(encoding="utf-8") == self.pins:
                return None
        except OSError:
            return f"no {self.title} in {self.home}; add it with: {remedy}"
        return f"another {self.title} than this snncc wants in {self.home}; renew it with: {remedy}"

    def install(self, say: Callable[[str], None]) -> str:
        """Makes the environment from scratch, with uv where there is one, and says where it is.

        Raises:
            DeviceError: a step failed; with its last lines. An older environment stays as it was.
            UsageError: another folder is in its place.
        """
        with remaking(self.home, self):
            self._make(say)
        return str(self.home)

    def explain_foreign(self, folder: Path) -> str | None:
        """Why an environment may not be replaced; None if `install` has made it."""
        try:
            made = _PINS.search((folder / self._marker.name).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            made = None
        return None if made else f"is a folder that `snncc setup {self.name}` did not make"

    def _make(self, say: Callable[[str], None]) -> None:
        uv = shutil.which("uv")
        say(f"{self.name}: an environment in {self.home}")
        pip = [str(self.python), "-m", "pip", "install", *QUIET]
        if uv:
            self._do([uv, "venv", "--quiet", "--python", sys.executable, str(self.home)])
            first = [uv, "pip", "install", "--quiet", "--python", str(self.python)]
        else:
            self._do([sys.executable, "-m", "venv", str(self.home)])
            first = pip
        say(f"{self.name}: what {self.title} runs on")
        self._do([*first, *self._list_requirements("requirements.txt", self.requirements)])
        say(f"{self.name}: {self.title} itself")
        if uv:
            self._do([str(self.python), "-m", "ensurepip", "--default-pip"])
        # Its own metadata may ask for older versions than those that it is known to run with.
        self._do(
            [
                *pip,
                "--no-deps",
                "--ignore-requires-python",
                *self._list_requirements("kit.txt", self.kit),
            ]
        )
        self._marker.write_text(self.pins, encoding="utf-8")

    def _list_requirements(self, name: str, text: str) -> list[str]:
        """Arguments by which pip reads requirements, and checks their files' hashes if stated."""
        (self.home / name).write_text(text, encoding="utf-8")
        hashed = ["--require-hashes"] if "--hash=" in text else []
        return [*hashed, "-r", str(self.home / name)]

    def run(self, folder: Path, arguments: Sequence[str], silence: float) -> tuple[int, str]:
        """Runs Python in a folder; the exit code, and the last lines of what it printed.

        The script gets `--beat FILE`, and touches that file after each step.

        Raises:
            DeviceError: it made no step for `silence` seconds, and all its processes were ended.
        """
        beat, log = folder / "beat", folder / "log.txt"
        beat.touch()
        command = [str(self.python), *arguments, "--beat", str(beat)]
        # One thread a process: a kit may make a process for each population and connection.
        alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        alone.pop("PYTHONPATH", None)
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=folder, env=alone, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
            try:
                code = _watch(process, beat, silence)
            finally:
                _end(process)
        if code is None:
            raise DeviceError(
                f"{self.title} made no progress for {silence:g} s and was ended; its last words:\n"
                f"{_last(log)}"
            )
        return code, _last(log)

    @property
    def _marker(self) -> Path:
        return self.home / "ready"

    def _do(self, command: Sequence[str]) -> None:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            last = "\n".join(f"  {line}" for line in result.stderr.splitlines()[-LAST_LINES:])
            raise DeviceError(f"setup of {self.name} failed at: {' '.join(command)}\n{last}")


def _watch(process: subprocess.Popen[bytes], beat: Path, silence: float) -> int | None:
    """The exit code, or None when the beat has stopped."""
    seen, since = -1.0, time.monotonic()
    while True:
        try:
            return process.wait(timeout=min(0.2, silence))
        except subprocess.TimeoutExpired:
            now = beat.stat().st_mtime
            if now != seen:
                seen, since = now, time.monotonic()
            if time.monotonic() - since > silence:
                return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends every process of the run that is still there, its children included."""
    for kind in (signals.SIGTERM, signals.SIGKILL):
        try:
            os.killpg(process.pid, kind)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + GRACE_SECONDS
        while kind is signals.SIGTERM and time.monotonic() < deadline and _is_alive(process):
            time.sleep(0.05)
    process.wait()


def _is_alive(process: subprocess.Popen[bytes]) -> bool:
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _last(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"  {line}" for line in lines[-LAST_LINES:]) or "  (none)"
