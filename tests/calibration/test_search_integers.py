"""A search never ends farther from the float network than it began, and chooses the same again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from snncc.backend_and_frontend import backend
from snncc.backends import Settings
from snncc.build import lower_network, run_pipeline
from snncc.calibration import Searched, search_integers
from snncc.ir import Network, UsageError, Values, run
from snncc.ir.passes import Canonicalize, Ranges, calibrate
from snncc.loss import Counterfactual
from snncc.run import lower_in_stages
from tests.nets import hand, spikes_for

SPIKING = ("feedforward", "recurrent", "current_based", "convolutional", "memory")
CASES = (
    *((name, "c99", 4, 32) for name in SPIKING),
    ("recurrent", "c99", 8, 16),
    ("memory", "c99", 3, 16),
    ("readout", "c99", 4, 32),
    ("gated", "c99", 5, 32),
    ("feedforward", "tflm", 4, 16),
    ("feedforward", "lava", 4, 32),
    ("feedforward", "spinnaker2", 4, 32),
)


def search(
    network: Network, target: str, bits: int, states: int, seed: int = 0
) -> tuple[Searched, Network, Values]:
    """What a search finds, the integers that it gives, and the samples that it chose on."""
    signal = next(iter(spikes_for(network, seed, samples=24, ticks=30).values()))
    ranges, chosen = calibrate(network, signal), backend(target)
    first = lower_network(
        chosen, network, Settings(bits, states), lambda way: chosen.passes(network, way, ranges)
    )

    def lower(known: Ranges) -> Network:
        integers = run_pipeline(network, chosen.passes(network, first.settings, known))
        chosen.lower(integers, first.settings)
        return integers

    found = search_integers(network, first.steps, lower, ranges, signal)
    assert found is not None
    return found, lower(found.ranges), signal


@pytest.mark.parametrize(("name", "target", "bits", "states"), CASES)
def test_a_search_never_ends_farther_away(name: str, target: str, bits: int, states: int) -> None:
    network = hand(name)
    found, integers, signal = search(network, target, bits, states)
    assert found.after.total <= found.before.total
    real, codes = (run(each, signal).scores(network.decode) for each in (network, integers))
    others = float(np.mean(real.argmax(axis=1) != codes.argmax(axis=1)))
    assert others == found.after.others
    assert bool(found.choices) == (found.after.total < found.before.total)


def test_it_comes_nearer_where_weights_have_few_bits() -> None:
    nearer = [
        found.after.moved / found.before.moved
        for seed in range(4)
        for found, *_ in [search(hand("feedforward", seed), "c99", 3, 32, seed)]
    ]
    assert np.mean(nearer) < 0.7


def test_the_same_input_gives_the_same_choices() -> None:
    one, other = (search(hand("recurrent"), "c99", 4, 32)[0] for _ in range(2))
    assert one.choices == other.choices and one.after == other.after
    assert one.ranges.chosen.keys() == other.ranges.chosen.keys()
    for key, values in one.ranges.chosen.items():
        assert np.array_equal(values, other.ranges.chosen[key])


@pytest.mark.parametrize("name", SPIKING)
def test_with_no_cause_chosen_integers_are_the_floats(name: str) -> None:
    network = hand(name)
    found, integers, signal = search(network, "c99", 4, 32)
    steps = backend("c99").passes(network, Settings(4, 32), found.ranges)
    stages = lower_in_stages(network, steps)
    assert stages.last == integers
    chosen = frozenset(found.ranges.chosen)
    runs = Counterfactual(stages.last, stages.last, stages.before, stages.real, chosen)
    real = run(network, signal, record="spikes")
    assert real.compare(runs.run(signal, {}))[0] <= 2  # a last bit of a float sum


def test_too_few_samples_choose_nothing() -> None:
    network = hand("feedforward")
    signal = next(iter(spikes_for(network, samples=4).values()))
    ranges = calibrate(network, signal)
    steps = backend("c99").passes(network, Settings(), ranges)
    assert search_integers(network, steps, lambda known: network, ranges, signal) is None


def test_without_quantize_there_is_nothing_to_choose() -> None:
    network = hand("feedforward")
    signal = next(iter(spikes_for(network, samples=9).values()))
    with pytest.raises(UsageError, match="no pass here is quantize"):
        search_integers(network, (Canonicalize(),), lambda known: network, Ranges(), signal)


def test_a_choice_for_a_node_that_is_not_there_is_refused() -> None:
    network = hand("feedforward")
    ranges = replace(calibrate(network, spikes_for(network)), chosen={"gone.weight": np.ones(1)})
    with pytest.raises(Exception, match=r"calibration chose gone\.weight"):
        run_pipeline(network, backend("c99").passes(network, Settings(), ranges))
