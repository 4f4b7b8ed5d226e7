"""Data of other forms through the whole command line: they build, run, and ask one question."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from snncc.backends import pack_npz

from .conftest import call

MODEL = """
from spikingjelly.activation_based import neuron
from torch import manual_seed, nn

def build():
    manual_seed(0)
    layer = nn.Linear(24, 3)
    layer.weight.data.mul_(4)
    return nn.Sequential(nn.Flatten(), layer, neuron.LIFNode(v_threshold=0.2))
"""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a user with a model, and in it."""
    (tmp_path / "net.py").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_events_build_and_run_as_they_were_binned(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    times = np.concatenate([np.sort(rng.integers(0, 2_000, 200)) for _ in range(4)])
    axes = {
        "x": rng.integers(0, 4, 800),
        "y": rng.integers(0, 3, 800),
        "p": rng.integers(0, 2, 800),
    }
    arrays = {"t": times, **axes, "starts": np.arange(4) * 200, "labels": np.arange(4) % 3}
    (work / "e.npz").write_bytes(pack_npz(arrays))
    options = ["--option", "bin=200", "--option", "ticks=10"]
    done = call(
        ["build", "net.py:build", "--target", "c99", "--data", "e.npz", *options, "-o", "e.snnb"],
        capsys,
    )
    assert done.code == 0, done.err
    assert "events are counted in 10 ticks of 200 microseconds" in done.err
    run = call(["run", "e.snnb", "--data", "e.npz", "--json"], capsys)
    assert run.code == 0 and len(json.loads(run.out)["classes"]) == 4
    verified = call(["verify", "e.snnb", "--data", "e.npz", "--model", "net.py:build"], capsys)
    assert "eager" in verified.out


def test_data_without_time_ask_for_it_in_one_sentence(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = np.random.default_rng(0).random((5, 2, 3, 4))
    np.savez(work / "still.npz", x=images)
    build = ["build", "net.py:build", "--target", "c99", "--data", "still.npz", "-o", "s.snnb"]
    done = call(build, capsys)
    assert done.code == 1
    lines = [line for line in done.err.splitlines() if line.startswith("error")]
    (line,) = lines
    assert "no axis of time" in line and "[2, 3, 4]" in line and "--option ticks=N" in line
    assert call([*build, "--option", "ticks=4"], capsys).code == 0


def test_a_dataset_of_the_users_own(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "own.py").write_text(
        "import torch\n"
        "from torch.utils.data import TensorDataset\n"
        "def test():\n"
        "    torch.manual_seed(0)\n"
        "    return TensorDataset(torch.rand(6, 5, 2, 3, 4), torch.arange(6) % 3)\n"
    )
    build = ["build", "net.py:build", "--target", "c99", "--data", "own.py:test", "-o", "o.snnb"]
    done = call(build, capsys)
    assert done.code == 0, done.err
    assert call(["run", "o.snnb", "--data", "own.py:test"], capsys).code == 0
    assert call([*build[:4], "--data", "gone.py:test"], capsys).code == 2
