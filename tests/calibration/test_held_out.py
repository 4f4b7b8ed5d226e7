"""What a search chooses on is not what its result is tested on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snncc.bundle import Bundle
from snncc.ir import show
from tests.cli.conftest import call
from tests.nets import hand


@pytest.fixture
def model(tmp_path: Path) -> list[str]:
    """A network's file and 60 samples for it, as arguments."""
    network = hand("feedforward")
    path, data = tmp_path / "net.snn", tmp_path / "data.npz"
    path.write_text(show(network, tensors=True))
    arrays: dict[str, Any] = {n: t.values for n, t in network.tensors.items()}
    np.savez(tmp_path / "net.npz", **arrays)
    x = (np.random.default_rng(0).random((60, 20, 12)) < 0.3).astype(np.float64)
    np.savez(data, x=x, y=np.arange(60) % 5)
    return [str(path), "--data", str(data)]


def test_the_samples_of_the_search_are_left_out_of_every_figure(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "net.snnb")
    few = ["--target", "c99", "--weight-bits", "4", "-o", out]
    built = call(["build", *model, "--calibrate", "search", *few], capsys)
    assert built.code == 0 and "search: all weights, feedback:" in built.err
    bundle = Bundle.open(Path(out))
    notes = " ".join(bundle.notes)
    assert "on the 15 samples that it chose on" in notes and "on 45 samples" in notes
    chosen_on = bundle.ranges.signal["x"]
    assert len(chosen_on) == 15 and bundle.ranges.chosen
    said = call(["verify", out, *model[1:], "--json"], capsys)
    found = json.loads(said.out)
    assert said.code == 0 and found["passed"] and found["samples"] == 45
    assert any("15 of 60 samples are left out" in note for note in found["notes"])
    for asked in (["estimate", out], ["compare", out, out]):
        said = call([*asked, *model[1:], "--json"], capsys)
        assert said.code == 0 and "15 of 60 samples are left out" in said.out
    np.savez(tmp_path / "same.npz", x=chosen_on)
    same = call(["verify", out, "--data", str(tmp_path / "same.npz"), "--json"], capsys)
    found = json.loads(same.out)
    assert found["samples"] == 15 and any("these very samples" in n for n in found["notes"])


def test_a_usual_build_leaves_nothing_out(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "net.snnb")
    assert call(["build", *model, "--target", "c99", "-o", out], capsys).code == 0
    found = json.loads(call(["verify", out, *model[1:], "--json"], capsys).out)
    assert found["samples"] == 60 and not Bundle.open(Path(out)).ranges.chosen


def test_without_samples_there_is_nothing_to_choose_on(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = ["build", model[0], "--target", "c99", "--calibrate", "search"]
    done = call([*build, "-o", str(tmp_path / "net.snnb")], capsys)
    assert done.code == 2 and "give --data FILE.npz" in done.err
