"""What integers lose is blamed on the right layer and cause, on each target's arithmetic."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from snncc.ir import Network, run
from snncc.loss import Cause, blame
from snncc.loss.causes import EVERYTHING, NOTHING
from tests.cli.conftest import call

from .planted import (
    Planted,
    make_integers,
    plant_coarse_weights,
    plant_high_thresholds,
    plant_narrow_states,
)

MODELS = (
    ("l2mu-motions", "c99", ""),
    ("l2mu-motions", "lava", ""),
    ("l2mu-motions", "spinnaker2", "kernel=stock"),
    ("sdt1-digits", "tflm", ""),
)
EVERY = pytest.mark.parametrize(("model", "target", "options"), MODELS)


@EVERY
def test_with_all_causes_it_is_the_integers_and_with_none_the_floats(
    model: str, target: str, options: str
) -> None:
    found = make_integers(model, target, options)
    runs, signal = found.runs, found.signal
    whole = runs.run(signal, {node.name: EVERYTHING for node in runs.network})
    assert run(runs.network, signal, record="spikes").compare(whole) == (0, None)
    real = run(found.source, signal, record="spikes")
    none = runs.run(signal, {node.name: NOTHING for node in runs.network})
    for node in found.source.firing:
        if node.name in runs.network and target != "spinnaker2":  # which shifts its layers
            assert np.array_equal(real[f"%{node.name}"] != 0, none[f"%{node.name}"] != 0)
    decode = found.source.decode
    answers = [each.scores(decode).argmax(axis=1) for each in (real, none)]
    assert np.array_equal(*answers)


@pytest.mark.parametrize(
    "plant", [plant_coarse_weights, plant_high_thresholds, plant_narrow_states]
)
@EVERY
def test_a_planted_fault_is_blamed_first(
    model: str, target: str, options: str, plant: Callable[[Network], Iterator[Planted]]
) -> None:
    found, tried = make_integers(model, target, options), 0
    for node, cause, network in plant(found.runs.network):
        runs = replace(found.runs, network=network)
        alone = runs.run(found.signal, {node.name: frozenset({cause})})
        # Where nothing comes near a threshold, a wrong one changes nothing.
        if alone.compare(runs.run(found.signal, {}))[0]:
            first = blame(runs, found.signal, found.labels).rows[0]
            assert (first.node, first.cause) == (node.name, cause)
            assert first.suspect and first.moved + first.changed > 0
            tried += 1
            break
    assert tried or (
        plant is plant_narrow_states and target == "spinnaker2"
    )  # whose states are float32


def test_the_targets_own_arithmetic_is_a_cause() -> None:
    found = make_integers("l2mu-motions", "lava", "reset=zero")
    causes = {
        node.name: found.runs.list_causes(node)
        for node in found.runs.network.populations
        if Cause.ARITHMETIC in found.runs.list_causes(node)
    }
    assert causes
    name = next(iter(causes))
    told = found.runs.run(found.signal, {name: frozenset({Cause.ARITHMETIC})})
    assert told.compare(found.runs.run(found.signal, {}))[0] > 0


def test_rows_say_what_was_lost_and_regained() -> None:
    found = make_integers("l2mu-motions", "c99")
    told = blame(found.runs, found.signal, None)
    assert [row.moved for row in told.rows] == sorted((r.moved for r in told.rows), reverse=True)
    assert all(row.suspect == "" for row in told.rows)
    assert told.rows[0].regained is not None and told.rows[0].first is not None
    shown = told.as_json()
    assert shown["points_of"] == "equal answers"
    layers = {row.layer for row in told.rows}
    assert layers <= {node.name for node in found.runs.network.populations}


def test_inspect_says_it_as_text_json_and_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.loss.test_measure import fed, save_network

    model, data = save_network(tmp_path)
    out = str(tmp_path / "net.snnb")
    built = call(
        ["build", model, "--target", "c99", "--data", data, "--weight-bits", "3", "-o", out], capsys
    )
    assert built.code == 0
    text = call(["inspect", out, "--loss", "--data", data], capsys).out
    assert "to blame" in text and "weights changed by" in text and "points of accuracy" in text
    said = json.loads(call(["inspect", out, "--loss", "--data", data, "--json"], capsys).out)
    assert said["loss"]["blame"][0]["cause"] == "weights"
    assert said["loss"]["samples"] == said["of_samples"] == len(fed())
    assert len(said["sensitivity"]["changes"]) == 5 and said["notes"]
    page = tmp_path / "net.html"
    assert call(["inspect", out, "--loss", "--as", "html", "-o", str(page)], capsys).code == 0
    assert 'id="loss"' in page.read_text() and "What the integers lose" in page.read_text()
    assert call(["inspect", model, "--loss"], capsys).code == 2
    refused = call(["inspect", out, "--loss", "--as", "dot"], capsys)
    assert refused.code == 2 and "as text, json or html" in refused.err
