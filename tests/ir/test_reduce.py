"""A planted failure is found again in a network of a few nodes and a signal of a few ticks."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.ir import Network, Values, parse, run, tensors, verify
from snncc.ir.ops import LIF, Dense, Spiking
from snncc.ir.passes import Quantize, calibrate
from snncc.ir.reduce import reduce
from tests.nets import HAND, hand, networks, spikes_for

Signal = dict[str, Values]
NEURON = (
    'bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, reset_order="now", '
    "spikes=1, refractory=0, initial=0.0, decay=0.9"
)


def wrong(network: Network) -> Network:
    """The network as a faulty compiler makes it: every LIF forgets half of its leak."""

    def broken(op: object) -> object:
        return replace(op, decay=0.5) if isinstance(op, LIF) else op

    nodes = tuple(replace(node, op=broken(node.op)) for node in network)
    return replace(network, nodes=nodes)


def differs(network: Network, signal: Signal) -> bool:
    count, _ = run(network, signal).compare(run(wrong(network), signal))
    return count > 0


@pytest.mark.parametrize("name", sorted(set(HAND) - {"current_based", "gated"}))  # no LIF
def test_a_planted_failure_becomes_small(name: str) -> None:
    network, signal = hand(name), spikes_for(hand(name), samples=6, ticks=30)
    small, less = reduce(network, signal, differs)
    assert differs(verify(small), less)
    assert any(isinstance(node.op, LIF) for node in small)
    # Only the memory's own neurons are behind two layers of weights.
    assert len(small.nodes) <= (5 if name == "memory" else 3)
    assert next(iter(less.values())).shape[:2] <= (1, 3)
    # Neither network nor signal that were given have changed.
    assert network == hand(name)
    assert less.keys() == {node.name for node in small.inputs}


def test_neurons_are_halved_along_with_their_synapses() -> None:
    """A failure that needs both layers keeps them, with few neurons in each."""
    network = hand("feedforward")

    def fails(network: Network, signal: Signal) -> bool:
        trace = run(network, signal, record="spikes")
        spikes = [node.name for node in network.populations]
        return len(spikes) == 2 and all(np.any(trace[f"%{name}"]) for name in spikes)

    small, _ = reduce(network, spikes_for(network), fails)
    assert [node.op.keyword for node in small.populations] == ["lif", "lif"]
    assert sum(small.shapes[node.name][0] for node in small.populations) <= 4


def test_each_reader_of_halved_neurons_keeps_its_own_weights() -> None:
    """What decides here is that two layers that read one population differ."""
    rng = np.random.default_rng(0)
    text = f"""network fork tick=0.001s decode=count {{
  %x = input() {{shape=[6], signal="spike"}}
  %c = dense(%x) {{weight=@c}}
  %s = lif(%c) {{{NEURON}}}
  %a = dense(%s) {{weight=@a}}
  %b = dense(%s) {{weight=@b}}
  return %a, %b
}}
"""
    shapes = {"c": (8, 6), "a": (2, 8), "b": (2, 8)}
    fork = verify(parse(text, tensors(**{n: rng.normal(size=s) for n, s in shapes.items()})))

    def fails(network: Network, signal: Signal) -> bool:
        layers = [network[name].op for name in "ab" if name in network]
        weights = [network.tensors[op.weight.name] for op in layers if isinstance(op, Dense)]
        return len(weights) == 2 and "s" in network and weights[0] != weights[1]

    small, _ = reduce(fork, spikes_for(fork), fails)
    assert fails(verify(small), {})
    assert small.shapes["s"] == (1,)


def test_quantized_networks_stay_quantized() -> None:
    network = hand("recurrent")
    signal = spikes_for(network, ticks=30)
    network = Quantize(ranges=calibrate(network, signal))(network)

    def fails(network: Network, signal: Signal) -> bool:
        return bool(network.quantized and np.any(run(network, signal).output > 0))

    small, less = reduce(network, signal, fails)
    assert fails(verify(small), less)
    assert sum(x.size for x in less.values()) < sum(x.size for x in signal.values()) / 20


def test_units_of_neurons_are_halved_along_with_them() -> None:
    network = hand("feedforward")
    signal = spikes_for(network, ticks=30)
    network = Quantize(ranges=calibrate(network, signal))(network)

    def fails(network: Network, signal: Signal) -> bool:
        return network.quantized and {"c1", "s1"} <= {node.name for node in network}

    small, _ = reduce(network, signal, fails)
    assert small.shapes["s1"] == (1,)
    units = [values.shape for name, values in verify(small).tensors.items() if "unit" in name]
    assert units and set(units) <= {(1,), ()}


@settings(max_examples=10)
@given(networks(), st.integers(0, 99))
def test_whatever_fails_still_fails(network: Network, seed: int) -> None:
    signal = spikes_for(network, seed, samples=2, ticks=4)

    def fails(network: Network, signal: Signal) -> bool:
        return any(isinstance(node.op, Spiking) for node in network) or len(network.nodes) > 2

    if not fails(network, signal):
        return
    small, less = reduce(network, signal, fails)
    assert fails(verify(small), less)
    assert len(small.nodes) <= 3


def test_what_does_not_fail_is_not_reduced() -> None:
    network = hand("feedforward")
    with pytest.raises(AssertionError, match="does not fail"):
        reduce(network, spikes_for(network), lambda *case: False)
