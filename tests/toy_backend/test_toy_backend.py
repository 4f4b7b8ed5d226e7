"""A target from a distribution of its own is listed, built for and verified like a built-in."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.commands import Commands, commands

NETWORK = """network pulses tick=0.001s decode=count {
  %x = input() {shape=[4], signal="spike"}
  %s = lif(%x) {bias=0.0, threshold=1.5, compare=">", reset="subtract", reset_amount=1.5, \
reset_order="after-decay", spikes=1, refractory=0, initial=0.0, decay=0.9}
  return %s
}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder as an installer leaves it: the module, and what the distribution offers."""
    folder = tmp_path / "site"
    info = folder / "snncc_toy-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: snncc-toy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[snncc.backends]\ntoy = toy_target:Toy\n")
    shutil.copy(Path(__file__).with_name("toy_target.py"), folder)
    return folder


def test_a_stranger_is_a_target_like_any_other(site: Path, tmp_path: Path) -> None:
    path = os.pathsep.join((str(site), os.environ.get("PYTHONPATH", "")))
    with commands({**os.environ, "PYTHONPATH": path}) as ready:
        demand_target(ready, tmp_path)


def demand_target(ready: Commands, tmp_path: Path) -> None:
    def snncc(*words: str) -> str:
        done = ready(*words, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    model, data, bundle = (tmp_path / name for name in ("pulses.snn", "x.npz", "bundle"))
    model.write_text(NETWORK)
    x = np.random.default_rng(0).integers(0, 2, (5, 30, 4))
    np.savez(data, x=x, y=np.zeros(5, dtype=np.int64))
    assert "toy" in snncc("targets")
    snncc("build", str(model), "--target", "toy", "--data", str(data), "-o", str(bundle))
    assert (bundle / "target" / "network.snn").read_text().startswith("network pulses")
    found = json.loads(snncc("verify", str(bundle), "--data", str(data), "--json"))
    assert found["passed"]
    assert found["target"] == "toy"
    assert all(
        each["mismatches"] == 0 for each in found["comparisons"] if "target" in each["right"]
    )
