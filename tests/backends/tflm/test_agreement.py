"""Reference, our own kernels, TFLite-Micro and LiteRT: the same codes at every tick."""

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings

from snncc.backends.tflm.run.interpreter import Runtime
from snncc.backends.tflm.run.simulate import play
from snncc.ir import LoweringRefused, Network, all_ops, run, show
from tests.nets import HAND, hand, quantized_networks, spikes_for

from .nets import (
    BACKEND,
    differences,
    lowered,
    needs_litert,
    needs_tflm,
    quantized,
    truncating,
    wires,
)

assert get_args(Runtime) == ("tflm", "litert")
NONE = (0, None)


@pytest.mark.parametrize("bits", [16, 32])
@pytest.mark.parametrize("name", HAND)
def test_our_kernels_equal_the_reference(name: str, bits: int) -> None:
    network = hand(name)
    signals = spikes_for(network)
    whole = quantized(network, signals, bits)
    program = lowered(whole)
    found = BACKEND.simulate(program, signals, wires(program))
    assert differences(whole, signals, found, program) == NONE


@needs_tflm
@pytest.mark.parametrize("bits", [16, 32])
@pytest.mark.parametrize("name", HAND)
def test_tflite_micro_equals_the_reference(name: str, bits: int) -> None:
    network = hand(name)
    signals = spikes_for(network)
    whole = quantized(network, signals, bits)
    program = lowered(whole)
    found = play(program, signals, wires(program))
    assert differences(whole, signals, found, program) == NONE
    assert found.output.any()


@needs_tflm
@pytest.mark.parametrize("state", ["variables", "io"])
@pytest.mark.parametrize("name", HAND)
def test_what_ships_equals_the_reference(name: str, state: str) -> None:
    """No wires but the outputs: nothing keeps a tensor alive that would not be otherwise."""
    network = hand(name, 1)
    signals = spikes_for(network, 1)
    whole = quantized(network, signals)
    found = play(lowered(whole, state), signals)
    assert set(found.wires) == {str(use) for use in whole.outputs}
    assert run(whole, signals).compare(found) == NONE


@needs_litert
@pytest.mark.parametrize("name", HAND)
def test_litert_equals_the_reference(name: str) -> None:
    network = hand(name, 2)
    signals = spikes_for(network, 2)
    whole = quantized(network, signals)
    program = lowered(whole, "io")
    found = play(program, signals, wires(program), runtime="litert")
    assert differences(whole, signals, found, program) == NONE


FORMLESS = {"dual_cuba_lif", "norm"}  # what no stock kernel computes exactly


def agrees(network: Network, interpret: bool) -> bool | None:
    """Whether the network lowers; what lowers must agree with the reference.

    None where it has an op that must be refused.
    """
    formless = [n for n in network if n.op.keyword in FORMLESS]
    network = truncating(network)
    signals = spikes_for(network, samples=2, ticks=8)
    try:
        program = lowered(network)
    except LoweringRefused as refusal:
        assert str(refusal)[:4] in ("T002", "T004", "T006"), refusal
        return None if formless else False
    assert not formless
    found: Any = BACKEND.simulate(program, signals, wires(program))
    assert differences(network, signals, found, program) == NONE, show(network)
    if interpret:
        found = play(program, signals, wires(program))
        assert differences(network, signals, found, program) == NONE, show(network)
    return True


@pytest.mark.parametrize("keyword", sorted(all_ops()))
def test_random_networks_agree(keyword: str) -> None:
    lowers: list[bool | None] = []

    @given(quantized_networks(including=keyword))
    def law(network: Network) -> None:
        lowers.append(agrees(network, interpret=False))

    law()
    if keyword in FORMLESS:
        assert set(lowers) == {None}
    else:
        computed = [each for each in lowers if each is not None]
        assert np.mean(computed) >= 0.5  # no more are refused than computed


@needs_tflm
def test_random_networks_agree_in_tflite_micro() -> None:
    lowers: list[bool | None] = []

    @settings(max_examples=15)
    @given(quantized_networks())
    def law(network: Network) -> None:
        lowers.append(agrees(network, interpret=True))

    law()
    assert np.mean([each for each in lowers if each is not None]) > 0.5
