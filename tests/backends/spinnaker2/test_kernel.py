"""The kernel in C that waits computes what the simulation does, bit for bit."""

from __future__ import annotations

import ctypes
import subprocess
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from snncc.backends.spinnaker2.applications.population_tick import Population
from snncc.boards import find_zig

FLAGS = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off")
M4F = ("-target", "thumb-freestanding-eabihf", "-mcpu=cortex_m4", "-c")
FIELDS = ("threshold", "alpha_decay", "exc_decay", "inh_decay", "i_offset", "v_reset", "exc",
          "inh", "v")  # fmt: skip
NEURON = np.dtype(
    [(name, np.float32) for name in FIELDS]
    + [(name, np.uint32) for name in ("refract", "gathered_exc", "gathered_inh")]
)


class Paced(ctypes.Structure):
    """struct paced."""

    _fields_ = (
        ("neurons", ctypes.c_void_p),
        *((name, ctypes.c_uint32) for name in ("size", "pace", "phase", "subtract", "t_refrac")),
    )


def compiled(folder: Path, *flags: str) -> Path:
    """The kernel, compiled with these flags."""
    kernel = files("snncc.backends.spinnaker2") / "package"
    for name in ("paced.c", "paced.h"):
        (folder / name).write_bytes((kernel / name).read_bytes())
    command = [*find_zig(), "cc", *FLAGS, *flags, "-o", "paced.out", "paced.c"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return folder / "paced.out"


@pytest.fixture(scope="module")
def tick(tmp_path_factory: pytest.TempPathFactory):
    """`paced_tick` on this machine."""
    library = ctypes.CDLL(str(compiled(tmp_path_factory.mktemp("kernel"), "-shared", "-fPIC")))
    return library.paced_tick


def test_it_compiles_for_the_cores_of_the_chip(tmp_path: Path) -> None:
    assert compiled(tmp_path, *M4F).read_bytes()[:4] == b"\x7fELF"


@pytest.mark.parametrize("currents", [False, True])
@pytest.mark.parametrize(("subtract", "refractory"), [(True, 0), (False, 0), (False, 2)])
def test_it_is_the_simulation(tick, currents: bool, subtract: bool, refractory: int) -> None:
    rng = np.random.default_rng(7)
    size, pace, phase, ticks = 70, 3, 4, 400
    draw = {
        "decay": rng.uniform(0.2, 1.0, size),
        "bias": rng.normal(0, 3, size),
        "threshold": rng.uniform(100, 400, size),
        "reset": rng.uniform(-20, 20, size),
        "initial": rng.uniform(-5, 5, size),
        "exc": rng.uniform(0, 0.9, size) * currents,
        "inh": rng.uniform(0, 0.9, size) * currents,
    }
    p = {name: values.astype(np.float32) for name, values in draw.items()}
    population = Population(
        p["decay"], (p["exc"], p["inh"]), p["bias"], p["threshold"],
        None if subtract else p["reset"], refractory, p["initial"],
    )  # fmt: skip
    neurons = np.zeros(size, dtype=NEURON)
    neurons["threshold"], neurons["alpha_decay"] = p["threshold"], p["decay"]
    neurons["exc_decay"], neurons["inh_decay"] = p["exc"], p["inh"]
    neurons["i_offset"], neurons["v_reset"], neurons["v"] = p["bias"], p["reset"], p["initial"]
    paced = Paced(neurons.ctypes.data, size, pace, phase, subtract, refractory)
    state, gathered = population.begin(1), np.zeros((2, size), dtype=np.int64)
    words, seen = np.zeros(-(-size // 32), dtype=np.uint32), 0
    for now in range(ticks):
        arrived = rng.integers(0, 90, (2, size)) * (rng.random((2, size)) < 0.4)
        gathered += arrived
        slots = arrived.astype(np.uint32)
        fired = tick(
            ctypes.byref(paced), ctypes.c_uint32(now), ctypes.c_void_p(slots[0].ctypes.data),
            ctypes.c_void_p(slots[1].ctypes.data), ctypes.c_void_p(words.ctypes.data),
        )  # fmt: skip
        bits = np.unpackbits(words.view(np.uint8), bitorder="little")[:size]
        expected = np.zeros(size, dtype=np.bool_)
        if now >= phase and (now - phase) % pace == 0:
            state, spikes = population.step(state, gathered[:1], gathered[1:])
            gathered, expected = np.zeros_like(gathered), spikes[0]
        assert np.array_equal(bits, expected) and fired == expected.sum() and not slots.any()
        assert np.array_equal(neurons["v"], state[2][0])
        seen += int(fired)
    assert seen > size
