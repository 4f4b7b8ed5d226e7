"""A signal given in parts, one after another, leads to what it leads to at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.ir import Network, Stream, UsageError, run
from snncc.ir.passes import Quantize, calibrate
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


@pytest.mark.parametrize("name", HAND)
def test_native_code_takes_parts_as_well(name: str) -> None:
    network = hand(name)
    network = Quantize(ranges=calibrate(network, spikes_for(network)))(network)
    if len(network.inputs) != 1:
        pytest.skip("a stream has one input")
    backend = C99Backend()
    play = backend.stream(backend.lower(network, Settings()))
    again = backend.stream(backend.lower(network, Settings()))
    signal = spikes_for(network, 3, samples=1, ticks=12)[network.inputs[0].name]
    whole = run(network, signal)
    parts = [play(signal[:, at : at + 1]) for at in range(12)]
    for wire in whole.outputs:
        assert np.array_equal(whole[wire], np.concatenate([p[wire] for p in parts], 1))
    assert whole.compare(again(signal)) == (0, None), "streams share a state"


def test_samples_do_not_join_or_leave_on_the_way() -> None:
    network = hand(next(iter(HAND)))
    stream = Stream(network)
    stream.play(spikes_for(network, samples=2, ticks=3))
    with pytest.raises(UsageError, match="3 samples follow on 2; expected as many"):
        stream.play(spikes_for(network, samples=3, ticks=3))
    whole = Quantize(ranges=calibrate(network, spikes_for(network)))(network)
    backend = C99Backend()
    play = backend.stream(backend.lower(whole, Settings()))
    with pytest.raises(UsageError, match="2 samples; a stream is of one"):
        play(spikes_for(network, samples=2, ticks=3)[network.inputs[0].name])
