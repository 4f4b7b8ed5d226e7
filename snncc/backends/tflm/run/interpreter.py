"""Runs .tflite models in TFLite-Micro's or LiteRT's own interpreter, in a process of its own.

The interpreter may end its whole process on a model that it does not like, which must not end ours.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from snncc.ir import DeviceError, Values

from ..program import Model
from ..target import RUNTIME, RUNTIME_PACKAGE

Runtime: TypeAlias = Literal["tflm", "litert"]
MODULES: Mapping[Runtime, str] = {"tflm": "tflite_micro", "litert": "ai_edge_litert"}
HINTS: Mapping[Runtime, str] = {
    "tflm": f"{RUNTIME_PACKAGE}=={RUNTIME}",
    "litert": "ai-edge-litert",
}
SECONDS = 60.0  # for starting up
SECONDS_PER_OPERATION = 5e-8  # a slow machine's multiplication, with its share of all else
SECONDS_PER_OPERATOR = 2e-5
LINES_TOLD = 4
AMPLE = 1 << 26  # bytes of arena where it does not matter
CHILD = Path(__file__).with_name("child.py")
ARENA = re.compile(r"Arena allocation total (\d+) bytes")


@dataclass(frozen=True)
class Played:
    """What the interpreter answered.

    Attributes:
        outputs: one array `[samples, ticks, *tensor shape]` per output of the model.
        arena_bytes: what it allocated on this machine; 0 where it does not say.
    """

    outputs: tuple[Values, ...]
    arena_bytes: int


def play_model(
    content: bytes,
    model: Model,
    signals: Sequence[Values],
    outputs: int,
    runtime: Runtime = "tflm",
    seconds: float | None = None,
    arena: int = AMPLE,
) -> Played:
    """The model's answer to signals, each sample from reset on.

    Args:
        content: the .tflite file.
        model: what it contains.
        signals: one array `[samples, ticks, *tensor shape]` per port, in the tensor's type.
        outputs: how many of the model's outputs are wanted; what follows are states.
        runtime: whose interpreter.
        seconds: time limit; without it one that fits the amount of work.
        arena: bytes that TFLite-Micro may take.

    Raises:
        DeviceError: the runtime is not installed, refused the model, ended or took too long.
    """
    if (lacking := absent(runtime)) is not None:
        raise DeviceError(lacking)
    samples, ticks = signals[0].shape[:2]
    limit = seconds or SECONDS + samples * ticks * _seconds_per_tick(model)
    with tempfile.TemporaryDirectory(prefix="snncc-tflm-") as name:
        folder = Path(name)
        (folder / "model.tflite").write_bytes(content)
        for index, signal in enumerate(signals):
            np.save(folder / f"input{index}.npy", signal)
        results = [(model.tensors[k].dtype, model.tensors[k].shape) for k in model.outputs]
        job = {
            "runtime": runtime,
            "ports": len(signals),
            "outputs": outputs,
            "results": results,
            "arena": arena,
        }
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        said = _run(folder, limit, runtime)
        found = tuple(np.load(folder / f"output{index}.npy") for index in range(outputs))
    told = ARENA.search(said)
    return Played(found, int(told[1]) if told else 0)


def absent(runtime: Runtime = "tflm") -> str | None:
    """What lacks for an interpreter, with the command that adds it; None when it is there."""
    if find_spec(MODULES[runtime]) is not None:
        return None
    return (
        f"the {runtime} interpreter is not installed; add it with: pip install '{HINTS[runtime]}'"
    )


def install(say: Callable[[str], None]) -> str:
    """Adds TFLite-Micro's interpreter to this Python's packages, and says what was added.

    Raises:
        DeviceError: pip did not find or fetch it.
    """
    say(f"{HINTS['tflm']} into {sys.prefix}")
    command = [sys.executable, "-m", "pip", "install", "--quiet", HINTS["tflm"]]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise DeviceError(f"{HINTS['tflm']} could not be installed: {last}")
    return sys.prefix


def _seconds_per_tick(model: Model) -> float:
    work = sum(prod(t.shape) for t in model.tensors if t.values is None)
    for operator in model.operators:
        weights = [k for k in operator.inputs if model.tensors[k].dtype == "int8"]
        places = prod(model.tensors[operator.outputs[0]].shape[:-1]) if weights else 0
        work += places * sum(prod(model.tensors[k].shape) for k in weights)
    return work * SECONDS_PER_OPERATION + len(model.operators) * SECONDS_PER_OPERATOR


def _run(folder: Path, seconds: float, runtime: Runtime) -> str:
    command = [sys.executable, str(CHILD), str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise DeviceError(
            f"the {runtime} interpreter took more than {seconds:.0f} s; give it fewer samples"
        ) from None
    said = done.stderr + done.stdout
    if done.returncode or not (folder / "done").is_file():
        lines = [line for line in said.splitlines() if line.strip()]
        telling = [line for line in lines if not line.startswith((" ", "Traceback"))]
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"code {done.returncode}"
        last = " | ".join(telling[-LINES_TOLD:]) or "nothing"
        raise DeviceError(f"the {runtime} interpreter ended with {how}; it said: {last}")
    return said
