"""What random changes of the weights lose is measured, and losses are put beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from snncc.ir import run
from snncc.loss import Blame, Cause, Change, Row, Sensitivity, advise, measure_sensitivity
from snncc.loss.sensitivity import LEVELS, LIKE_INTEGERS
from tests.cli.conftest import call
from tests.loss.test_measure import fed, save_network
from tests.nets import hand

FELT = Change(1e-4, 2.0, 1.0, 0.9, 3)
STILL = Change(1e-6, 0.0, 0.0, 1.0, None)
ROW = Row("c1", "s1", Cause.WEIGHTS, "net.py:3 c1", "", 0.2, 0.1, 1.0, 0.5)


def test_larger_changes_keep_fewer_answers_and_the_same_seeds_give_the_same() -> None:
    network, x = hand("feedforward"), fed(60)
    found = measure_sensitivity(network, x, None)
    assert [each.level for each in found.changes] == list(LEVELS) and found.score == 100
    shares = [each.agreement for each in found.changes]
    assert shares[0] >= shares[-1] and shares[-1] < 1
    assert found == measure_sensitivity(network, x, None)
    assert [each.layer for each in found.layers] == ["s1", "s2"] or found.layers[0].changed > 0


def test_points_are_of_accuracy_where_there_are_labels() -> None:
    network, x = hand("feedforward"), fed(60)
    answers = run(network, x).scores("count").argmax(axis=1)
    found = measure_sensitivity(network, x, answers)
    last = found.changes[-1]
    assert found.labelled and found.score == 100
    assert last.lost == pytest.approx(100 * (1 - last.agreement)) and last.lost >= last.least_lost


def test_a_score_above_all_that_changes_keep_was_chosen_on_these_samples() -> None:
    found = Sensitivity(95.0, (STILL, FELT), (), labelled=True, sample=0.5)
    assert found.chosen
    assert not replace(found, labelled=False).chosen
    assert not replace(found, changes=(STILL, replace(FELT, least_lost=0.0))).chosen
    assert not replace(found, changes=(STILL, replace(FELT, level=1e-2))).chosen  # others keep it
    assert not replace(found, changes=(STILL,)).chosen
    told = advise(Blame((ROW,), {}, 2.0, True, 200), found)
    assert "loses 2.00" in told[0] and "95.00 %" in told[1] and "94.00 % at best" in told[1]
    assert "more bits" not in told[2] and "tune the network under noise" in told[2]


def test_a_loss_beyond_the_floor_is_blamed_with_a_cure() -> None:
    calm = Sensitivity(95.0, (STILL, replace(FELT, lost=0.1, least_lost=0.0)), (), True, 0.5)
    told = advise(Blame((ROW,), {}, 3.0, True, 200), calm)
    assert len(told) == 2
    assert "weights at %c1 (net.py:3 c1)" in told[1] and "--layer-bits c1=16" in told[1]


def test_verify_and_build_say_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, data = save_network(tmp_path)
    out = str(tmp_path / "net.snnb")
    two = ["--weight-bits", "2", "-o", out]
    built = call(["build", model, "--target", "c99", "--data", data, *two], capsys)
    assert "points of accuracy on 40 samples: " in built.err and "% in integers" in built.err
    said = json.loads(call(["verify", out, "--data", data, "--json"], capsys).out)
    assert said["sensitivity"]["level"] == LIKE_INTEGERS and said["sensitivity"]["samples"] == 40
    shown = call(["verify", out, "--data", data], capsys).out
    assert "any relative change of the float network's weights by 0.0001 loses" in shown
    np.savez(tmp_path / "bare.npz", x=fed())
    bare = ["--data", str(tmp_path / "bare.npz"), "-o", out]
    again = call(["build", model, "--target", "c99", *bare], capsys)
    assert "points of equal answers on 40 samples" in again.err
