"""The pinned Lava on this machine: where it is, how it gets there, and running a program in it.

Lava is never imported here: it wants other versions of its requirements, and it may hang. It runs
in an environment and in processes of its own, which are watched and, all together, ended.
"""

from __future__ import annotations

import os
import shutil
import signal as signals
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import numpy as np

from snncc.ir import DeviceError, Trace, Values

from .emit import emit, packed
from .program import Program
from .simulate import read

LAVA = ("lava-nc==0.10.0", "lava-dl==0.6.0")
SILENCE_SECONDS = 45.0  # Lava compiles its processes in a second or two, and steps in milliseconds
GRACE_SECONDS = 2.0  # for Python's own clean-up of shared memory
WEIGHTS_AT_ONCE = 4_000_000  # synapses side by side: some hundred megabytes in Lava's processes
SAMPLES_AT_ONCE = 32
LAST_LINES = 12


def home() -> Path:
    """Folder of the environment: below $SNNCC_RUNTIMES, or the user's data folder."""
    if named := os.environ.get("SNNCC_RUNTIMES"):
        return Path(named).expanduser().resolve() / "lava"
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "snncc" / "runtimes" / "lava"


def absent() -> str | None:
    """What is missing, with the command that adds it; None when all is there."""
    try:
        if _marker().read_text(encoding="utf-8") == _pins():
            return None
    except OSError:
        return f"no Lava in {home()}; add it with: snncc setup lava"
    return f"another Lava than this snncc wants in {home()}; renew it with: snncc setup lava"


def install(say: Callable[[str], None]) -> str:
    """Makes the environment anew, with uv where there is one, and says where it is.

    Raises:
        DeviceError: a step failed; with its last lines.
    """
    folder = home()
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    uv = shutil.which("uv")
    say(f"lava: an environment in {folder}")
    if uv:
        _done([uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
        pip = [uv, "pip", "install", "--quiet", "--python", str(_python())]
    else:
        _done([sys.executable, "-m", "venv", str(folder)])
        pip = [str(_python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    say("lava: NumPy, SciPy, networkx, asteval, h5py")
    requirements = folder / "requirements.txt"
    requirements.write_text(_requirements(), encoding="utf-8")
    _done([*pip, "-r", str(requirements)])
    say(f"lava: {' and '.join(LAVA)}")
    # Its metadata asks for Python 3.10 and NumPy 1; with the versions above it runs as it should.
    if uv:
        wheel = [str(_python()), "-m", "ensurepip", "--default-pip"]
        _done(wheel)
        pip = [str(_python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _done([*pip, "--no-deps", "--ignore-requires-python", *LAVA])
    _marker().write_text(_pins(), encoding="utf-8")
    return str(folder)


def play(
    program: Program,
    signal: Values | Mapping[str, Values],
    record: Sequence[str] = (),
    *,
    real: bool = False,
    side_by_side: int | None = None,
    silence: float = SILENCE_SECONDS,
) -> Trace:
    """What the emitted program computes in Lava.

    Args:
        program: lowered.
        signal: `[samples, ticks, *shape]`, as the model takes it.
        record: wires beside the outputs.
        real: in Lava's floating-point models rather than its fixed-point ones.
        side_by_side: samples at once; as many as memory allows if left out.
        silence: seconds without any step after which the run counts as hung.

    Raises:
        DeviceError: Lava is absent, failed or hung.
    """
    if missing := absent():
        raise DeviceError(missing)
    wires = tuple(wire.text for wire in read(program, record))
    fed = signal if isinstance(signal, Mapping) else {program.sources[0].name: signal}
    with tempfile.TemporaryDirectory(prefix="snncc-lava-") as name:
        folder = Path(name)
        unpack(program, fed, folder)
        count = side_by_side or _at_once(program)
        options = ["--side-by-side", str(count), *(["--float"] if real else [])]
        run_package(folder, ["data.npz", "-o", "result.npz", *options, "--record", *wires], silence)
        with np.load(folder / "result.npz", allow_pickle=False) as file:
            found = {wire: file[wire] for wire in wires}
    return Trace(MappingProxyType(found), tuple(wire.text for wire in program.outputs))


def unpack(program: Program, signals: Mapping[str, Values], folder: Path) -> None:
    """Writes the emitted package into a folder, and the signals as its data.npz."""
    for path, content in emit(program).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / "data.npz").write_bytes(packed(signals))


def run_package(
    folder: Path,
    arguments: Sequence[str],
    silence: float = SILENCE_SECONDS,
    script: str = "run.py",
) -> None:
    """Runs a script of an emitted package in Lava's environment.

    Raises:
        DeviceError: it failed, with its last lines, or made no step for `silence` seconds; its
            processes are ended.
    """
    beat, log = folder / "beat", folder / "log.txt"
    beat.touch()
    command = [str(_python()), script, *arguments, "--beat", str(beat)]
    # One thread a process: Lava makes a process for each population and connection.
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    alone.pop("PYTHONPATH", None)
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=alone, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
        try:
            code = _watched(process, beat, silence)
        finally:
            _end(process)
    if code is None:
        raise DeviceError(
            f"Lava made no step for {silence:g} s and was ended; its last words:\n{_last(log)}"
        )
    if code:
        raise DeviceError(f"Lava failed:\n{_last(log)}")


def _watched(process: subprocess.Popen[bytes], beat: Path, silence: float) -> int | None:
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
    """Ends every process of the run that is still there, Lava's children included."""
    for kind in (signals.SIGTERM, signals.SIGKILL):
        try:
            os.killpg(process.pid, kind)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + GRACE_SECONDS
        while kind is signals.SIGTERM and time.monotonic() < deadline and _alive(process):
            time.sleep(0.05)
    process.wait()


def _alive(process: subprocess.Popen[bytes]) -> bool:
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _at_once(program: Program) -> int:
    """Samples side by side; images one by one, as Lava's convolution is a loop over channels."""
    if any(s.kind == "conv" for s in program.synapses):
        return 4
    synapses = sum(s.weights.size for s in program.synapses)
    return max(1, min(SAMPLES_AT_ONCE, WEIGHTS_AT_ONCE // max(synapses, 1)))


def _last(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"  {line}" for line in lines[-LAST_LINES:]) or "  (none)"


def _python() -> Path:
    return home() / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _marker() -> Path:
    return home() / "ready"


def _requirements() -> str:
    place = files(__package__ or "snncc.backends.lava") / "package/requirements.txt"
    return place.read_text(encoding="utf-8")


def _pins() -> str:
    python = ".".join(map(str, sys.version_info[:2]))
    return f"{_requirements()}{' '.join(LAVA)}\nPython {python}\n"


def _done(command: Sequence[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        last = "\n".join(f"  {line}" for line in result.stderr.splitlines()[-LAST_LINES:])
        raise DeviceError(f"setup of lava failed at: {' '.join(command)}\n{last}")
