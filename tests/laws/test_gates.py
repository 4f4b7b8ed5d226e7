"""Maxima and products of spikes are neurons, exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from snncc.ir import Network, parse, run, verify
from snncc.ir.ops import MaxPool, Product
from snncc.ir.passes import Effect, Gates
from tests.nets import hand, networks, spikes_for


def gates(network: Network) -> set[str]:
    """Names of the maxima and products."""
    return {node.name for node in network if isinstance(node.op, MaxPool | Product)}


def test_a_gate_is_a_neuron_in_every_tick() -> None:
    changed: list[bool] = []

    @settings(
        max_examples=120,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )
    @given(
        network=st.one_of(networks(including="max_pool"), networks(including="product")),
        seed=st.integers(0, 99),
    )
    def collect(network: Network, seed: int) -> None:
        after = verify(Gates()(network))
        changed.append(after != network)
        signal = spikes_for(network, seed, samples=2, ticks=8)
        old, new = run(network, signal), run(after, signal)
        for a, b in zip(old.outputs, new.outputs, strict=True):
            assert np.array_equal(old[a], new[b])
        assert Gates()(after) == after

    assert Gates.effect is Effect.EXACT
    collect()
    assert sum(changed) > 5


def test_none_is_left_where_all_inputs_are_spikes() -> None:
    network = hand("convolutional")
    assert gates(network) == {"p"}
    assert gates(Gates()(network)) == set()


@pytest.mark.parametrize("order", ["%x, %y", "%y, %x", "%x, %y, %x@-1"])
def test_a_product_with_one_real_value_among_spikes_is_left(order: str) -> None:
    text = f"""network mixed tick=0.001s decode=last {{
  %x = input() {{shape=[2], signal="spike"}}
  %y = input() {{shape=[2], signal="real"}}
  %z = product({order})
  return %z
}}
"""
    network = verify(parse(text))
    assert Gates()(network) == network
