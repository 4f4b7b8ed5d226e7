"""What enters a network, spikes or real values, is decided once, on all of the data, by build."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import call

GOOD = ["good.py:build", "--weights", "good.safetensors"]


def built(tmp_path: Path, x: np.ndarray, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """A bundle, and the file of its data."""
    data, out = str(tmp_path / "data.npz"), str(tmp_path / "net.snnb")
    np.savez(data, x=x)
    done = call(["build", *GOOD, "--data", data, "--target", "c99", "-o", out], capsys)
    assert done.code == 0, done.err
    return out, data


def kept(out: str) -> str:
    manifest = json.loads((Path(out) / "manifest.json").read_text())
    return manifest["settings"]["model_options"]["signal"]


@pytest.fixture
def spikes(inside: Path) -> np.ndarray:
    return (np.load("good.npz")["x"] != 0).astype(float)


@pytest.mark.parametrize("kind", ["counts", "late"])
def test_counts_and_values_that_come_late_are_real(
    kind: str, spikes: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x = np.concatenate([spikes, spikes])
    x[len(spikes) :] *= {"counts": 3.0, "late": 0.5}[kind]
    out, data = built(tmp_path, x, capsys)
    assert kept(out) == "real"
    assert call(["run", out, "--data", data, "--json"], capsys).code == 0
    verified = call(["verify", out, "--weights", "good.safetensors", "--data", data], capsys)
    assert verified.code == 0, verified.err


def test_other_data_do_not_make_it_another_model(
    spikes: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = built(tmp_path, spikes * 1.5, capsys)
    ones = str(tmp_path / "ones.npz")
    np.savez(ones, x=spikes)
    verified = call(["verify", out, "--weights", "good.safetensors", "--data", ones], capsys)
    assert "no longer the model" not in verified.err


def test_spikes_stay_spikes_and_other_numbers_name_the_option(
    spikes: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = built(tmp_path, spikes, capsys)
    assert kept(out) == "spike"
    other = str(tmp_path / "other.npz")
    np.savez(other, x=spikes * 2)
    ran = call(["run", out, "--data", other], capsys)
    assert ran.code == 2 and "--option signal=real" in ran.err
