"""A signal given in parts, one after another, leads to what it leads to at once."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snncc.backend_and_frontend import backend
from snncc.backends import Settings, StreamBackend
from snncc.build import run_pipeline
from snncc.ir import (
    LoweringRefused,
    Network,
    PassError,
    RuleViolation,
    Stream,
    UsageError,
    plugins,
    run,
)
from snncc.ir.passes import calibrate
from tests.nets import HAND, hand, networks, quantized_networks, spikes_for

TICKS = 9


@given(networks() | quantized_networks(), st.integers(0, 999), st.integers(1, TICKS - 1))
def test_parts_give_what_the_whole_gives(network: Network, seed: int, cut: int) -> None:
    signal = spikes_for(network, seed, samples=2, ticks=TICKS)
    whole = run(network, signal, record="all")
    stream = Stream(network, record="all")
    parts = [
        stream.play({name: values[:, part] for name, values in signal.items()})
        for part in (slice(cut), slice(cut, None))
    ]
    for wire in whole.wires:
        assert np.array_equal(whole[wire], np.concatenate([p[wire] for p in parts], 1)), wire
    assert parts[-1].saturated == whole.saturated
    assert parts[-1].outputs == whole.outputs


STREAMED = [name for name in plugins("snncc.backends") if isinstance(backend(name), StreamBackend)]


def lowered(name: str, target: str) -> tuple[Network, StreamBackend[Any], Any] | None:
    """A network of the hand, quantized as the target wants, and its program; None if refused."""
    network, built = hand(name), backend(target)
    if len(network.inputs) != 1:
        return None
    settings = Settings(state_bits=24 if target == "lava" else 32)
    ranges = calibrate(network, spikes_for(network))
    try:
        network = run_pipeline(network, built.passes(network, settings, ranges))
        program = built.lower(network, settings)
    except (LoweringRefused, PassError, RuleViolation, UsageError):
        return None
    assert isinstance(built, StreamBackend)
    return network, built, program


@pytest.mark.parametrize("name", HAND)
@pytest.mark.parametrize("target", STREAMED)
def test_programs_take_parts_as_well(name: str, target: str) -> None:
    found = lowered(name, target)
    if found is None:
        pytest.skip(f"{target} does not take {name}")
    network, built, program = found
    signal = spikes_for(network, 3, samples=2, ticks=12)[network.inputs[0].name]
    whole = run(network, signal, record="spikes")
    record = tuple(whole.wires)
    play, again = built.stream(program, record), built.stream(program, record)
    cuts = [0, 1, 2, 3, 8, 12]
    parts = [play(signal[:, a:b]) for a, b in pairwise(cuts)]
    for wire in whole.wires:
        assert np.array_equal(whole[wire], np.concatenate([p[wire] for p in parts], 1)), wire
    assert whole.compare(again(signal)) == (0, None), "streams share a state"


def test_every_target_takes_parts() -> None:
    assert {"c99", "lava", "spinnaker2", "tflm"} == set(STREAMED)
    taken = {t for t in STREAMED for name in HAND if lowered(name, t) is not None}
    assert taken == set(STREAMED)


@pytest.mark.parametrize("target", STREAMED)
def test_samples_do_not_join_or_leave_on_the_way(target: str) -> None:
    network, built, program = next(f for n in HAND if (f := lowered(n, target)) is not None)
    for play in (Stream(network).play, built.stream(program, ())):
        play(spikes_for(network, samples=2, ticks=3)[network.inputs[0].name])
        with pytest.raises(UsageError, match="3 samples follow 2; expected as many"):
            play(spikes_for(network, samples=3, ticks=3)[network.inputs[0].name])
