"""Reference, our own kernels, TFLite-Micro and LiteRT: the same codes at every tick."""

from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings

from snncc.backends.tflm.program import Operator, Tensor
from snncc.backends.tflm.run.execute import KERNELS
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
FORMLESS_OP = "an op without a form"


def refusal_of(network: Network, interpret: bool) -> str:
    """Why the network is refused; empty where it lowers, and what lowers agrees with the reference.

    `FORMLESS_OP` where it has an op that must be refused.
    """
    formless = [n for n in network if n.op.keyword in FORMLESS]
    network = truncating(network)
    signals = spikes_for(network, samples=2, ticks=8)
    try:
        program = lowered(network)
    except LoweringRefused as refusal:
        assert str(refusal)[:4] in ("T002", "T004", "T006"), refusal
        return FORMLESS_OP if formless else str(refusal)
    assert not formless
    found: Any = BACKEND.simulate(program, signals, wires(program))
    assert differences(network, signals, found, program) == NONE, show(network)
    if interpret:
        found = play(program, signals, wires(program))
        assert differences(network, signals, found, program) == NONE, show(network)
    return ""


def is_mostly_computed(refusals: Mapping[str, str]) -> bool:
    """Whether no more networks are refused than computed.

    Hypothesis varies a network that it has drawn: a sentence that refuses many variants of one
    counts once, as one network would.
    """
    return list(refusals.values()).count("") >= len(set(refusals.values()) - {"", FORMLESS_OP})


@pytest.mark.parametrize("keyword", sorted(all_ops()))
def test_random_networks_agree(keyword: str) -> None:
    refusals: dict[str, str] = {}

    @given(quantized_networks(including=keyword))
    def law(network: Network) -> None:
        refusals[show(network)] = refusal_of(network, interpret=False)

    law()
    if keyword in FORMLESS:
        assert set(refusals.values()) == {FORMLESS_OP}
    else:
        assert is_mostly_computed(refusals)


@needs_tflm
def test_random_networks_agree_in_tflite_micro() -> None:
    refusals: dict[str, str] = {}

    @settings(max_examples=15)
    @given(quantized_networks())
    def law(network: Network) -> None:
        refusals[show(network)] = refusal_of(network, interpret=True)

    law()
    assert is_mostly_computed(refusals)


@pytest.mark.parametrize("code", ["ADD", "MUL", "MINIMUM", "CONCATENATION", "BATCH_MATMUL"])
@pytest.mark.parametrize("constant", [0, 1])
def test_what_constants_make_is_the_same_for_every_sample(code: str, constant: int) -> None:
    """Operators on constants alone give one sample, which others combine with several."""
    given = np.arange(24, dtype=np.int16).reshape(2, 3, 2, 2)
    given[constant] = given[constant, :1]
    operator, target = Operator(code, (0, 1), (2,), {"axis": 1}), Tensor("sum", "int16", (1, 2, 2))
    few = [given[k, : 1 if k == constant else 3] for k in range(2)]
    found = KERNELS[code](few, operator, target)
    assert np.array_equal(found, KERNELS[code]([*given], operator, target))
