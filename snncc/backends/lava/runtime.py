"""The pinned Lava on this machine, and running a program in it; Lava is never imported here."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import numpy as np

from snncc.backends import Runtime, pack_npz
from snncc.ir import DeviceError, Trace, Values

from .emit import emit
from .program import Program
from .simulate import read
from .target import CONV_GROUPS_MAX

SILENCE_SECONDS = 45.0  # Lava compiles its processes in a second or two, and steps in milliseconds
WEIGHTS_AT_ONCE = 4_000_000  # synapses side by side: some hundred megabytes in Lava's processes
SAMPLES_AT_ONCE = 32
IMAGES_AT_ONCE = 4  # as Lava's convolution is a loop over channels


def runtime() -> Runtime:
    """The pinned Lava: where it is, and how it gets there."""
    package = files(__package__ or "snncc.backends.lava") / "package"
    # With these Lava runs as it should, though its metadata asks for Python 3.10 and NumPy 1.
    listed, kit = (
        (package / name).read_text(encoding="utf-8") for name in ("requirements.txt", "lava.txt")
    )
    return Runtime("lava", "Lava", listed, kit)


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
        record: wires in addition to the outputs.
        real: in Lava's floating-point models rather than its fixed-point ones.
        side_by_side: samples at once; as many as memory allows if left out.
        silence: seconds without any step after which the run counts as hung.

    Raises:
        DeviceError: Lava is absent, failed or hung.
    """
    if missing := runtime().absent():
        raise DeviceError(missing)
    wires = tuple(wire.text for wire in read(program, record))
    fed = signal if isinstance(signal, Mapping) else {program.sources[0].name: signal}
    with tempfile.TemporaryDirectory(prefix="snncc-lava-") as name:
        folder = Path(name)
        unpack(program, fed, folder)
        count = side_by_side or _count_copies(program)
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
    (folder / "data.npz").write_bytes(pack_npz(signals))


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
    code, last = runtime().run(folder, [script, *arguments], silence)
    if code:
        raise DeviceError(f"Lava failed:\n{last}")


def _count_copies(program: Program) -> int:
    """Samples side by side: copies of the network, whose convolutions are so many more groups."""
    groups = [s.window.groups for s in program.synapses if s.window is not None]
    if groups:
        return min(IMAGES_AT_ONCE, CONV_GROUPS_MAX // max(groups))
    synapses = sum(s.weights.size for s in program.synapses)
    return max(1, min(SAMPLES_AT_ONCE, WEIGHTS_AT_ONCE // max(synapses, 1)))
