"""On a trained model a search keeps the answers that weights of few bits lose."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from snncc.bundle import Bundle
from snncc.zoo import data_set
from tests.cli.conftest import call

MODEL = "l2mu-motions"
MOST = 2.5  # points: one of 40 samples


def test_four_bits_keep_the_answers_of_a_recurrent_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "motions.snnb")
    few = ["build", f"zoo:{MODEL}", "--target", "c99", "--weight-bits", "4", "-o", out]
    assert call([*few, "--calibrate", "search", "--max-drop", str(MOST)], capsys).code == 0
    bundle = Bundle.open(Path(out))
    assert "on the 32 samples that it chose on" in " ".join(bundle.notes)
    assert not bundle.ranges.held_out, "it chose on training data, so no test sample is left out"
    found = json.loads(call(["verify", out, "--json"], capsys).out)
    assert found["passed"] and found["samples"] == len(data_set(MODEL).split(None).test.x)
    loss = found["loss"]["accuracy"]
    assert 100 * (loss["float"] - loss["quantized"]) <= MOST
    assert found["loss"]["output"]["correlation"] > 0.93  # 0.89 without a search
