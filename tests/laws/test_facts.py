"""What each op says of itself holds: voltages scale, states and outputs are what it calls them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.ir import (
    FloatArithmetic,
    Measure,
    Network,
    Node,
    Op,
    Output,
    Ref,
    Tensor,
    Tensors,
    Values,
    all_ops,
    bounds,
    run,
    values_of,
)
from tests.nets import networks, quantized_networks, spikes_for

KEYWORDS = sorted(all_ops())
SCALING = [
    keyword
    for keyword, kind in sorted(all_ops().items())
    if any(field.dimension.measure is Measure.VOLTAGE for field in kind.stated.values())
]
DRIVEN = [
    keyword
    for keyword, kind in sorted(all_ops().items())
    if kind.arity == 1
    and any(field.dimension.measure is Measure.CURRENT for field in kind.stated.values())
]
SAMPLES = 3


def of(keyword: str, network: Network) -> list[Node]:
    found = [node for node in network if node.op.keyword == keyword]
    assert found
    return found


def scaled(op: Op, tensors: Tensors, scale: float) -> tuple[Op, Tensors]:
    """The op with all its voltages and currents multiplied."""
    fields: dict[str, object] = {}
    more: dict[str, Tensor] = {}
    for name, value in op.select_fields(Measure.VOLTAGE, Measure.CURRENT).items():
        real = values_of(value, tensors) * scale
        if isinstance(value, Ref):
            more[f"{value.name}.scaled"] = Tensor(real)
            fields[name] = Ref(f"{value.name}.scaled")
        else:
            fields[name] = float(real)
    return op.with_fields(**fields), {**tensors, **more}


@pytest.mark.parametrize("keyword", SCALING)
@settings(max_examples=15)
@given(data=st.data(), exponent=st.integers(-4, 4), seed=st.integers(0, 99))
def test_what_is_a_voltage_scales_with_the_input(
    keyword: str, data: st.DataObject, exponent: int, seed: int
) -> None:
    network, rng = data.draw(networks(including=keyword)), np.random.default_rng(seed)
    scale = 2.0**exponent
    for node in of(keyword, network):
        shape = (SAMPLES, *network.shapes[node.name])

        def some(shape: tuple[int, ...] = shape) -> Values:
            return rng.integers(-256, 257, shape) / 128

        states = {
            state.name: some() if state.real else rng.integers(0, state.most + 1, shape) * 1.0
            for state in node.op.states
        }
        inputs = [some((SAMPLES, *network.shapes[use.source])) for use in node.inputs]
        grown = {
            state.name: states[state.name] * (scale if state.real else 1.0)
            for state in node.op.states
        }
        op, tensors = scaled(node.op, network.tensors, scale)
        after, out = node.op.step(states, inputs, FloatArithmetic(network.tensors))
        other, again = op.step(grown, [x * scale for x in inputs], FloatArithmetic(tensors))
        spikes = node.op.output is Output.SPIKES
        assert np.array_equal(out * (1.0 if spikes else scale), again)
        for state in node.op.states:
            expected = after[state.name] * (scale if state.real else 1.0)
            assert np.array_equal(expected, other[state.name]), state.name


@pytest.mark.parametrize("keyword", DRIVEN)
@settings(max_examples=15)
@given(data=st.data(), seed=st.integers(0, 99))
def test_what_is_a_current_is_added_to_the_input(
    keyword: str, data: st.DataObject, seed: int
) -> None:
    """Each alone, so that a constant may go into any one of them."""
    network, rng = data.draw(networks(including=keyword)), np.random.default_rng(seed)
    a, constant = FloatArithmetic(network.tensors), 0.25
    for node in of(keyword, network):
        shape = (SAMPLES, *network.shapes[node.name])
        op = node.op.with_fields(**dict.fromkeys(node.op.select_fields(Measure.CURRENT), 0.125))
        first = {name: np.broadcast_to(v, shape) for name, v in op.begin(shape[1:], a).items()}
        x = rng.integers(-256, 257, shape) / 128
        expected = op.step(first, [x + constant], a)
        for field in op.select_fields(Measure.CURRENT):
            after, out = op.with_fields(**{field: 0.125 + constant}).step(first, [x], a)
            assert np.array_equal(out, expected[1]), field
            assert all(np.array_equal(after[name], expected[0][name]) for name in after), field


@pytest.mark.parametrize("keyword", [k for k in KEYWORDS if all_ops()[k].states is not Op.states])
@settings(max_examples=6)
@given(data=st.data(), seed=st.integers(0, 99))
def test_counts_and_ticks_are_integers_up_to_their_most(
    keyword: str, data: st.DataObject, seed: int
) -> None:
    network = data.draw(st.one_of(networks(keyword), quantized_networks(keyword)))
    nodes = of(keyword, network)
    wires = [f"%{n.name}.{s.name}" for n in nodes for s in n.op.states if not s.real]
    wires += [f"%{node.name}" for node in nodes if node.op.spiking]
    trace = run(network, spikes_for(network, seed, rate=0.8), record=wires)
    for wire in wires:
        name, _, state = wire[1:].partition(".")
        most = network[name].op.state(state).most if state else network[name].op.counts
        assert np.array_equal(trace[wire], np.rint(trace[wire])), wire
        assert np.min(trace[wire]) >= 0, wire
        assert np.max(trace[wire]) <= most, wire


@pytest.mark.parametrize("keyword", KEYWORDS)
@settings(max_examples=6)
@given(data=st.data(), seed=st.integers(0, 99))
def test_no_output_leaves_its_bounds(keyword: str, data: st.DataObject, seed: int) -> None:
    network = data.draw(quantized_networks(including=keyword))
    limits = bounds(network)
    trace = run(network, spikes_for(network, seed, rate=0.7), record="all")
    for node in of(keyword, network):
        low, high = limits[node.name]
        assert np.all(trace[f"%{node.name}"] >= low[:, None])
        assert np.all(trace[f"%{node.name}"] <= high[:, None])
