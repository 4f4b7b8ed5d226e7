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
    Rounded,
    Stream,
    Trace,
    all_ops,
    arithmetics,
    run,
)
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
