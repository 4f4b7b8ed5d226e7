"""Integers with only some of their rounding: with all of it they are integers, with none floats."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from snncc.ir import (
    IntegerArithmetic,
    Network,
    PartlyRounded,
    Quantity,
    Ref,
    Rounded,
    Single,
    Stream,
    Trace,
    all_ops,
    arithmetics,
    parse_format,
    run,
    tensors,
)
from snncc.ir.arithmetic.single_arithmetic import SingleArithmetic
from tests.nets import quantized_networks, spikes_for


def played(network: Network, signal: dict[str, np.ndarray], parts: frozenset[Rounded]) -> Trace:
    """All wires, in codes, where those parts are rounded."""
    numbers = {}
    for name, (a, _) in arithmetics(network).items():
        assert isinstance(a, IntegerArithmetic)
        numbers[name] = PartlyRounded(a, parts)
    coded = {
        node.name: numbers[node.name].encode(signal[node.name], "value")
        if isinstance(node.formats.get("value"), Quantity)
        else signal[node.name].astype(np.float64)
        for node in network.inputs
    }
    return Stream(network, record="all", numbers=numbers).play(coded)


@pytest.mark.parametrize("keyword", sorted(all_ops()))
def test_with_everything_rounded_they_are_the_integers(keyword: str) -> None:
    @settings(max_examples=5)
    @given(quantized_networks(including=keyword), st.integers(0, 99))
    def equal(network: Network, seed: int) -> None:
        signal = spikes_for(network, seed, samples=2, ticks=6)
        whole = run(network, signal, record="all")
        assert whole.compare(played(network, signal, frozenset(Rounded))) == (0, None)

    equal()


@pytest.mark.parametrize("keyword", sorted(all_ops()))
def test_with_nothing_rounded_they_are_floats_in_the_units_of_the_nodes(keyword: str) -> None:
    @settings(max_examples=5)
    @given(quantized_networks(including=keyword), st.integers(0, 99))
    def near(network: Network, seed: int) -> None:
        # Where a reciprocal has no value, floats give an infinity and integers their largest code.
        assume(all(getattr(node.op, "name", "") != "reciprocal" for node in network))
        signal = spikes_for(network, seed, samples=2, ticks=6)
        real = replace(network, nodes=tuple(replace(n, formats={}) for n in network))
        floats, codes = run(real, signal, record="all"), played(network, signal, frozenset())
        for node in network:
            unit = 1.0 if node.op.spiking else arithmetics(network)[node.name][1]
            np.testing.assert_allclose(
                codes[f"%{node.name}"] * unit, floats[f"%{node.name}"], rtol=1e-9, atol=1e-9
            )

    near()


def test_each_part_rounds_its_own() -> None:
    """Weights and biases of one layer, and a decay in single precision."""
    values = tensors(w=np.array([[0.3, -0.7]]), b=np.array([0.26]))
    format = parse_format("s8q2/half-even/trap")
    own = IntegerArithmetic(values, {"weight": format, "bias": format}, (np.ones(()),), "%c")
    one, unit = np.ones(()), np.asarray(0.25)
    for parts, weights, bias in (
        ({Rounded.WEIGHTS}, [[1.0, -3.0]], [1.04]),
        ({Rounded.CONSTANTS}, [[1.2, -2.8]], [1.0]),
        (set(Rounded), [[1.0, -3.0]], [1.0]),
        (set(), [[1.2, -2.8]], [1.04]),
    ):
        a = PartlyRounded(own, frozenset(parts))
        assert np.allclose(a.weights(Ref("w"), "weight", one, unit), weights)
        assert np.allclose(a.weights(Ref("b"), "bias", one, unit), bias)
    single = SingleArithmetic(values, {"decay": Single(None)}, (np.ones(()),), "%s")
    codes = PartlyRounded(single, frozenset()).times(np.array([3.0, -1.0]), 0.25, "decay")
    assert codes.tolist() == [0.75, -0.25]
