"""What enters a network, spikes or real values, is decided once, on all of the data, by build."""

import json
from pathlib import Path

import numpy as np
import pytest

from snncc.bundle import Bundle
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


@pytest.mark.parametrize("kind", ["count", "real"])
def test_counts_and_values_that_come_late_are_seen(
    kind: str, spikes: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x = np.concatenate([spikes, spikes])
    x[len(spikes) :] *= {"count": 3.0, "real": 0.5}[kind]
    out, data = built(tmp_path, x, capsys)
    assert kept(out) == kind
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


def test_counts_are_said_and_other_values_are_refused(
    spikes: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, data = built(tmp_path, spikes * 3, capsys)
    notes = " ".join(Bundle.open(Path(out)).notes)
    assert "takes counts of events, 0 to 3, each of them exactly; the data reach 3" in notes
    other = str(tmp_path / "other.npz")
    np.savez(other, x=spikes * 1.5)
    for command in ("run", "verify"):
        done = call([command, out, "--data", other], capsys)
        assert done.code == 2 and "build with --option signal=real" in done.err
    again = ["build", *GOOD, "--target", "c99", "-o", str(tmp_path / "real.snnb")]
    real = call([*again, "--data", data, "--option", "signal=real"], capsys)
    assert real.code == 0 and kept(str(tmp_path / "real.snnb")) == "real"
    refused = call([*again, "--data", other, "--option", "signal=count"], capsys)
    assert refused.code == 2 and "other than 0, 1, 2 and so on" in refused.err
    unknown = call([*again, "--data", other, "--option", "signal=counts"], capsys)
    assert unknown.code == 2 and "count" in unknown.err
