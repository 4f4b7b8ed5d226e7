"""Instructions predicted from counts: near what a core takes, on networks not fitted to."""

from __future__ import annotations

from typing import get_args

import pytest

from benchmarks.instructions import BOARDS, lower
from benchmarks.workloads import layered, spike_trains
from benchmarks.workloads.step_instructions import count_step_instructions
from snncc.backends.c99.program import Step
from snncc.boards import board
from snncc.importing import import_model
from snncc.ir import Network, Values
from snncc.predict import CORES, TICK, predict_instructions
from snncc.predict.instructions import read_coefficients
from snncc.predict.statements import count_words
from snncc.predict.step_counts import KINDS
from tests.nets import HAND, hand, spikes_for

APART = 0.10
"""Share of the counted instructions by which a prediction may miss them."""


def zoo(name: str) -> tuple[Network, Values]:
    model = import_model(f"zoo:{name}", None, None, {})
    assert model.samples is not None
    return model.imported.network, model.samples.signal[:1, :16]


UNSEEN = {
    "layered": lambda: (layered(0.2, 0.2, seed=5), spike_trains(1, 16, 64, 0.2, seed=9)),
    "l2mu-motions": lambda: zoo("l2mu-motions"),
}


@pytest.mark.parametrize("core", BOARDS)
@pytest.mark.parametrize("name", UNSEEN)
def test_a_prediction_is_near_what_the_core_takes(name: str, core: str) -> None:
    network, signal = UNSEEN[name]()
    whole, program = lower(network, signal, 32)
    counted, steps = count_step_instructions(program, signal, board(BOARDS[core]))
    assert sum(steps) == pytest.approx(counted, rel=0.01)
    predicted = predict_instructions(program, whole, signal, core)
    assert predicted is not None
    assert predicted.total == pytest.approx(counted, rel=APART)
    assert sum(predicted.by_node.values()) == pytest.approx(predicted.total)
    assert {node for node in predicted.by_node if node} <= {node.name for node in whole}


@pytest.mark.parametrize("name", HAND)
def test_every_network_by_hand_is_predicted(name: str) -> None:
    network = hand(name)
    signals = spikes_for(network)
    if len(signals) > 1:
        pytest.skip("a bundle has one input")
    (signal,) = signals.values()
    whole, program = lower(network, signal, 16)
    for core in CORES:
        predicted = predict_instructions(program, whole, signal, core)
        assert predicted is not None and predicted.total > 0
        assert len(predicted.steps) == len(program.steps) + 1
    assert predict_instructions(program, whole, signal, "Z80") is None


def test_every_kind_of_step_is_counted_and_has_coefficients() -> None:
    assert {kind.__name__ for kind in get_args(Step)} == KINDS.keys()
    found = read_coefficients()
    assert set(found) == set(BOARDS) == set(CORES.values())
    for kinds in found.values():
        assert TICK in kinds
        assert all(0 < price < 1e5 for prices in kinds.values() for price in prices.values())


def test_more_events_are_more_instructions() -> None:
    network = layered(0.1)
    found = []
    for rate in (0.05, 0.2, 0.6):
        signal = spike_trains(1, 12, 64, rate)
        whole, program = lower(network, spike_trains(1, 12, 64, 0.2), 16)
        predicted = predict_instructions(program, whole, signal, "Cortex-M4")
        assert predicted is not None
        found.append(predicted.total)
    assert found == sorted(found)


def test_the_words_of_an_expression() -> None:
    found = count_words(["snncc_half_even((int64_t)x0 * scale, 12)", "a[i] + (b >> 3)"])
    assert dict(found) == {
        "half_even": 1,
        "wide": 1,
        "multiply": 1,
        "index": 1,
        "shift": 1,
        "arithmetic": 1,
    }
