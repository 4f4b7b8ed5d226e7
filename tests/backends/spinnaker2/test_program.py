"""The emitted program, run against a stand-in for py-spinnaker2, gives the simulator's spikes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from snncc.backends.spinnaker2 import Program
from snncc.backends.spinnaker2.emit import emit
from snncc.backends.spinnaker2.simulate import simulate
from tests.backends.spinnaker2.nets import grown, prepared
from tests.nets import HAND, hand, spikes_for

DOUBLE = Path(__file__).parent / "double"
TICKS = 20


def unpacked(program: Program, folder: Path) -> Path:
    for path, content in emit(program).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def started(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "program.py", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(DOUBLE), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )


def paced(program: Program) -> bool:
    return program.period > 1


def agrees(network, signal, folder: Path, options=None, weight_bits: int = 8) -> Program:
    """Runs the program against the stand-in, on the board and in Brian2, and compares outputs."""
    _, program = prepared(network, signal, options, weight_bits)
    if paced(program):
        return program
    unpacked(program, folder)
    expected = simulate(program, signal)
    np.savez(folder / "data.npz", y=np.zeros(2, dtype=np.int64), **signal)
    np.savez(folder / "expected.npz", **expected.wires)
    for where in (["--board", "192.0.2.7"], ["--brian2"]):
        done = started(folder, "data.npz", *where, "--check", "expected.npz")
        assert done.returncode == 0, done.stderr[-3000:]
        assert done.stdout.splitlines()[-1].startswith("0 of "), done.stdout
    with np.load(folder / "spikes.npz") as file:
        for wire in expected.outputs:
            np.testing.assert_array_equal(file[wire], expected.wires[wire])
    return program


@pytest.mark.parametrize("name", sorted(set(HAND) - {"gated", "attention"}))
def test_hand_made_networks(name: str, tmp_path: Path) -> None:
    network = hand(name)
    agrees(network, spikes_for(network, 1, samples=2, ticks=TICKS), tmp_path)


@pytest.mark.parametrize("seed", range(12))
def test_random_networks(seed: int, tmp_path: Path) -> None:
    network = grown(seed)
    signal = spikes_for(network, seed, samples=2, ticks=TICKS)
    agrees(network, signal, tmp_path, {"atoms": "5"}, weight_bits=(8, 5)[seed % 2])


def test_networks_that_run_on_stock_applications_are_among_them() -> None:
    programs = []
    for seed in range(12):
        network = grown(seed)
        signal = spikes_for(network, seed, samples=2, ticks=TICKS)
        programs.append(prepared(network, signal, None, (8, 5)[seed % 2])[1])
    stock = [program for program in programs if not paced(program)]
    assert len(stock) > 6
    assert {"lif_conv2d", "lif_curr_exp_no_delay"} <= {
        n.application for p in stock for n in p.neurons
    }


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The program of a network that stock applications run, with data and expected outputs."""
    for seed in range(50):
        network = grown(seed)
        signal = spikes_for(network, seed, samples=1, ticks=TICKS)
        _, program = prepared(network, signal, None, 8)
        found = simulate(program, signal)
        if not paced(program) and any(found.wires[wire].any() for wire in found.outputs):
            np.savez(tmp_path / "data.npz", **signal)
            np.savez(tmp_path / "expected.npz", **found.wires)
            return unpacked(program, tmp_path)
    raise AssertionError("no such network")


def test_other_spikes_than_expected_end_with_three_and_the_place(bundle: Path) -> None:
    with np.load(bundle / "expected.npz") as file:
        wires = dict(file)
    first = next(iter(wires))
    wires[first] = wires[first].copy()
    wires[first].reshape(1, TICKS, -1)[0, 3, 0] += 1
    np.savez(bundle / "expected.npz", **wires)
    done = started(bundle, "data.npz", "--board", "192.0.2.7", "--check", "expected.npz")
    assert done.returncode == 3
    assert "first at tick 3" in done.stderr


def test_data_without_the_input_are_named(bundle: Path) -> None:
    np.savez(bundle / "other.npz", z=np.zeros(3))
    done = started(bundle, "other.npz")
    assert done.returncode == 1
    assert "the file contains z" in done.stderr


def test_the_mapping_says_where_everything_stands(bundle: Path) -> None:
    mapping = json.loads((bundle / "mapping.json").read_text())
    for owner in (*mapping["sources"], *mapping["populations"]):
        cores = [core for core in mapping["cores"] if core["population"] == owner["name"]]
        assert sum(b - a for a, b in (core["neurons"] for core in cores)) == owner["neurons"]
    for core in mapping["cores"]:
        assert {"chip", "quad", "core", "key"} <= core["place"].keys()
        assert sum(core["memory_bytes"].values()) > 0
    assert mapping["load"]["router_entries"] <= 16384
