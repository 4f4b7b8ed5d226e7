"""Running an emitted program on a board, by py-spinnaker2 in an environment of its own."""

from __future__ import annotations

import tempfile
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import numpy as np

from snncc.backends import Runtime, pack_npz
from snncc.ir import DeviceError, Trace, Values

from .emit import emit
from .program import Program

# Not on the package index; v0.8.0 is the newest release known (2026-07). That its tag is called so
# is inferred.
PY_SPINNAKER2 = "git+https://gitlab.com/spinnaker2/py-spinnaker2.git@v0.8.0\n"
SILENCE_SECONDS = 45.0  # mapping, loading and running one sample


def runtime() -> Runtime:
    """The pinned py-spinnaker2: where it is, and how it gets there."""
    place = files(__package__ or "snncc.backends.spinnaker2") / "package/requirements.txt"
    listed = place.read_text(encoding="utf-8")
    return Runtime("spinnaker2", "py-spinnaker2", listed, PY_SPINNAKER2)


def perform(program: Program, signal: Values, port: str, silence: float = SILENCE_SECONDS) -> Trace:
    """The outputs of the board at address `port` for `signal` `[samples, ticks, *shape]`.

    Raises:
        DeviceError: py-spinnaker2 is absent; the board cannot be reached, failed or hung; or the
            program needs cores that wait.
    """
    kit = runtime()
    if missing := kit.absent():
        raise DeviceError(missing)
    with tempfile.TemporaryDirectory(prefix="snncc-spinnaker2-") as name:
        folder = Path(name)
        for path, content in emit(program).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        (folder / "data.npz").write_bytes(pack_npz({"x": signal}))
        arguments = ["program.py", "data.npz", "-o", "result.npz", "--board", port]
        code, last = kit.run(folder, arguments, silence)
        if code:
            raise DeviceError(f"the board at {port} failed:\n{last}")
        wires = tuple(wire.text for wire in program.outputs)
        with np.load(folder / "result.npz", allow_pickle=False) as file:
            return Trace(MappingProxyType({wire: file[wire] for wire in wires}), wires)
