"""A reset to zero in place of a subtraction: the same up to a spike, lower by what was over."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.ir import Network, Node, Ref, Tensor, Use, run, verify
from snncc.ir.ops import LIF, Dense, Input
from snncc.ir.passes import HardReset
from tests.nets import networks, spikes_for

ORDERS = ["now", "before-decay", "after-decay", "after-input", "rechecked"]


def layer(order: str, decay: float, seed: int = 0) -> Network:
    """One population behind random weights that subtracts its threshold."""
    weight = np.random.default_rng(seed).normal(0.2, 0.5, (20, 8))
    how = {"reset": "subtract", "reset_amount": 1.0, "reset_order": order}
    rest = {"bias": 0.0, "compare": ">", "spikes": 1, "refractory": 0, "initial": 0.0}
    nodes = (
        Node("x", Input((8,), "spike")),
        Node("c", Dense(Ref("w")), (Use("x"),)),
        Node("s", LIF(threshold=1.0, decay=decay, **how, **rest), (Use("c"),)),
    )
    return verify(Network("layer", nodes, (Use("s"),), 0.001, {"w": Tensor(weight)}))


@settings(max_examples=60)
@given(network=networks(including="lif"))
def test_no_single_spike_subtracts_afterwards(network: Network) -> None:
    after = verify(HardReset()(network))
    for old, new in zip(network, after, strict=True):
        kept = old.op.keyword not in ("if", "lif", "cuba_lif") or old.op.spikes > 1
        assert (old.op == new.op) if kept else new.op.reset != "subtract"
    assert HardReset()(after) == after


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("decay", [0.4, 0.9])
def test_spikes_stay_up_to_the_first_and_few_change_later(order: str, decay: float) -> None:
    equal = []
    for seed in range(5):
        network = layer(order, decay, seed)
        x = spikes_for(network, seed, samples=4, ticks=40)
        old, new = run(network, x).output, run(HardReset()(network), x).output
        before = np.cumsum(old, axis=1) - old == 0
        assert np.array_equal(old[before], new[before])
        assert old.any()
        equal.append(np.mean(old == new))
    assert np.mean(equal) >= HardReset.agreement


@settings(max_examples=20)
@given(seed=st.integers(0, 999), decay=st.sampled_from([0.4, 0.9]))
def test_a_spike_loses_no_more_than_the_overshoot(seed: int, decay: float) -> None:
    network = layer("now", decay, seed)
    x = spikes_for(network, seed, samples=4, ticks=40)
    wires = ("%c", "%s.v")
    old, new = run(network, x, record=wires), run(HardReset()(network), x, record=wires)
    first = (np.cumsum(old.output, axis=1) == 1) & (old.output == 1)
    lost = (old["%s.v"] - new["%s.v"])[first]
    most = decay * 1.0 + np.broadcast_to(old["%c"].max((0, 1)), first.shape)[first] - 1.0
    assert np.all((lost >= 0) & (lost <= most + 1e-12))


def test_without_overshoot_nothing_changes() -> None:
    network = layer("now", 1.0)
    tensors = {"w": Tensor(np.full((20, 8), 0.125))}
    op = replace(network["s"].op, compare=">=", decay=1.0)
    nodes = tuple(replace(n, op=op) if n.name == "s" else n for n in network)
    network = replace(network, nodes=nodes, tensors=tensors)
    x = np.zeros((1, 40, 8))
    x[:, :, 3] = 1
    old, new = run(network, x).output, run(HardReset()(network), x).output
    assert old.any() and np.array_equal(old, new)
