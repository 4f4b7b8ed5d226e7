"""What time means: prefixes, samples apart, delays as relays; and units, which mean nothing."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snncc.ir import Network, Node, Quantity, Ref, Tensor, Use, run, verify
from snncc.ir.ops import Input, Reshape, Spiking
from snncc.ir.passes import Quantize, calibrate
from tests.nets import HAND, hand, networks, quantized_networks, spike_trains, spikes_for

either = st.one_of(networks(), quantized_networks())


@given(either, st.integers(0, 99), st.integers(0, 5))
def test_a_shorter_run_is_the_beginning_of_a_longer_one(
    network: Network, seed: int, ticks: int
) -> None:
    signal = spikes_for(network, seed, samples=2, ticks=6)
    whole = run(network, signal, record="all")
    part = run(network, {name: x[:, :ticks] for name, x in signal.items()}, record="all")
    assert part.wires.keys() == whole.wires.keys()
    for wire, values in part.wires.items():
        assert np.array_equal(values, whole[wire][:, :ticks])


@given(quantized_networks(), st.integers(0, 99))
def test_samples_do_not_see_each_other(network: Network, seed: int) -> None:
    signal = spikes_for(network, seed, samples=3, ticks=6)
    whole = run(network, signal, record="all")
    for sample in range(3):
        one = slice(sample, sample + 1)
        alone = run(network, {name: x[one] for name, x in signal.items()}, record="all")
        for wire, values in alone.wires.items():
            assert np.array_equal(values, whole[wire][one])


def relayed(network: Network) -> Network:
    """The network with each delay as a chain of nodes that pass on what came a tick ago."""
    relays: dict[str, Node] = {}

    def end(use: Use) -> Use:
        if not use.delay:
            return use
        shape = network.shapes[use.source]
        name, before = f"late{use.delay}_{use.source}_{use.state}", replace(use, delay=1)
        if use.delay > 1:
            before = replace(end(replace(use, delay=use.delay - 1)), delay=1)
        relays.setdefault(name, Node(name, Reshape(shape), (before,)))
        return Use(name)

    nodes = [replace(node, inputs=tuple(map(end, node.inputs))) for node in network]
    return replace(network, nodes=(*relays.values(), *nodes))


@given(either.flatmap(lambda n: st.tuples(st.just(n), spike_trains(n))))
def test_a_delay_is_so_many_relays(drawn: tuple[Network, dict[str, np.ndarray]]) -> None:
    network, signal = drawn
    expected = run(network, signal, record="all")
    count, first = expected.compare(run(verify(relayed(network)), signal, record="all"))
    assert count == 0, first


@pytest.mark.parametrize("factor", [2.0, 0.25])
# The memory's weights read a current, and the gates' registers count in powers of two.
@pytest.mark.parametrize("name", sorted(set(HAND) - {"memory", "gated"}))
def test_units_are_only_names(name: str, factor: float) -> None:
    """Weights, thresholds and their units, all larger by one factor: the codes stay."""
    network = hand(name)
    signal = spikes_for(network)
    network = Quantize(ranges=calibrate(network, signal))(network)
    expected = run(network, signal, record="all")
    assert np.any(expected.output)
    count, first = expected.compare(run(verify(scaled(network, factor)), signal, record="all"))
    assert count == 0, first


def scaled(network: Network, factor: float) -> Network:
    """All that counts in the unit of a current or a potential, and these units, times a factor."""
    names = ("weight", "bias", "threshold", "reset_amount", "initial")
    tensors = dict(network.tensors)

    def larger(name: str) -> str:
        tensors[f"{name}.scaled"] = Tensor(network.tensors[name].values * factor)
        return f"{name}.scaled"

    def moved(node: Node) -> Node:
        if isinstance(node.op, Input):
            return node
        own = {name: getattr(node.op, name) for name in names if hasattr(node.op, name)}
        fresh = {
            name: Ref(larger(value.name)) if isinstance(value, Ref) else value and value * factor
            for name, value in own.items()
        }
        formats = {
            role: replace(format, unit=larger(format.unit))
            if isinstance(format, Quantity)
            else format
            for role, format in node.formats.items()
        }
        return replace(node, op=replace(node.op, **fresh), formats=MappingProxyType(formats))

    nodes = tuple(moved(node) for node in network)
    return replace(network, nodes=nodes, tensors=MappingProxyType(tensors))


def test_a_wire_reads_zero_before_it_has_begun() -> None:
    network = hand("recurrent")
    first = next(node for node in network if isinstance(node.op, Spiking))
    late = replace(network, outputs=(Use("far"), Use(first.name)))
    trace = run(late, spikes_for(network, ticks=9))
    assert not np.any(trace["%far"][:, :3])
    weight = network.tensors["r.weight"].values
    np.testing.assert_allclose(trace["%far"][:, 3:], trace["%s"][:, :-3] @ weight.T, atol=1e-12)


@pytest.mark.parametrize("samples", [0, 1])
@pytest.mark.parametrize("ticks", [0, 1])
def test_nothing_in_nothing_out(samples: int, ticks: int) -> None:
    network = hand("convolutional")
    trace = run(network, spikes_for(network, samples=samples, ticks=ticks), record="all")
    for node in network:
        assert trace[f"%{node.name}"].shape == (samples, ticks, *network.shapes[node.name])
