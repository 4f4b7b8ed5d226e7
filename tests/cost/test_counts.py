"""Counts of operations: by hand, one product at a time, for every op that multiplies."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from snncc.cost import Counts, count_operations
from snncc.ir import OPS, Network, Op, Use, Values, all_ops, arithmetics, run
from snncc.ir.ops import Weighted
from tests.growth import networks, quantized_networks
from tests.nets import hand, spikes_for

MULTIPLIES = sorted(
    word for word, op in all_ops().items() if op.count_products is not Op.count_products
)


def sent(network: Network, use: Use, wires: dict[str, Values]) -> Values:
    """What arrives over a wire, `[samples, ticks, *shape]`: late by its delay."""
    found = wires[f"%{use.source}" + (f".{use.state}" if use.state else "")]
    late = np.zeros_like(found)
    late[:, use.delay :] = found[:, : found.shape[1] - use.delay]
    return late


def count_one_by_one(network: Network, name: str, signal: Values) -> float:
    """Products of a node with no zero in them: of each unit vector on its own, added up."""
    node = network[name]
    a = arithmetics(network)[name][0]
    wires = dict(run(network, signal, record="all").wires)
    states = {str(use).partition("@")[0] for use in node.inputs if use.state}
    wires |= run(network, signal, record=states).wires if states else {}
    arrived = [sent(network, use, wires) != 0 for use in node.inputs]
    flat = [each.reshape(-1, *each.shape[2:]) for each in arrived]
    if isinstance(node.op, Weighted):
        codes = (node.op.weight_codes(a) != 0).astype(np.float64)
        shape = flat[0].shape[1:]
        units = np.eye(prod(shape)).reshape(-1, *shape)
        fan_out = node.op.apply(units, codes, network.tensors).reshape(len(units), -1).sum(axis=1)
        return float(flat[0].reshape(len(flat[0]), -1).sum(axis=0) @ fan_out)
    found = 0
    for at in range(len(flat[0])):
        one = [each[at].astype(np.float64) for each in flat]
        if node.op.keyword == "matmul":
            left, right = one
            found += int(np.count_nonzero(left[..., :, :, None] * right[..., None, :, :]))
            continue
        whole = np.broadcast_shapes(*(each.shape for each in one))
        total = np.broadcast_to(one[0], whole)
        for each in one[1:]:
            total = total * each
            found += int(np.count_nonzero(total))
    return float(found)


def test_what_multiplies_is_known() -> None:
    assert {"dense", "conv", "sparse", "block_dense", "matmul", "product"} <= set(MULTIPLIES)
    assert set(MULTIPLIES) <= set(OPS)


@pytest.mark.parametrize(
    ("keyword", "kind"), list(product(MULTIPLIES, (networks, quantized_networks)))
)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_every_product_is_counted(keyword: str, kind: object, data: st.DataObject) -> None:
    network = data.draw((networks if kind is networks else quantized_networks)(including=keyword))
    assume(len(network.inputs) == 1)
    signal = next(iter(spikes_for(network, samples=2, ticks=6).values()))
    found = count_operations(network, signal)
    for layer in found.layers:
        if layer.op == keyword:
            by_hand = count_one_by_one(network, layer.node, signal)
            assert layer.effective * len(signal) == pytest.approx(by_hand)
            assert layer.effective <= layer.products <= layer.unpadded <= layer.dense


@settings(max_examples=10, deadline=None)
@given(network=quantized_networks())
def test_layers_add_up_and_spikes_are_those_of_the_reference(network: Network) -> None:
    assume(len(network.inputs) == 1)
    signal = next(iter(spikes_for(network, samples=3, ticks=7).values()))
    found = count_operations(network, signal)
    shown = found.as_json()
    for count in ("dense", "accumulates", "multiplies", "updates", "spikes", "others"):
        assert shown[count] == sum(getattr(layer, count) for layer in found.layers)
    spikes = run(network, signal, record="spikes")
    for node in network.firing:
        fired = np.count_nonzero(spikes[f"%{node.name}"]) / len(signal)
        assert next(x for x in found.layers if x.node == node.name).spikes == fired


def test_windows_of_ticks_count_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    network = hand("recurrent")
    signal = next(iter(spikes_for(network, samples=3, ticks=20).values()))
    whole = count_operations(network, signal)
    monkeypatch.setattr("snncc.portions.TICKS_TOGETHER", 3)
    monkeypatch.setattr("snncc.portions.SAMPLES_TOGETHER", 2)
    parts = count_operations(network, signal)
    assert isinstance(parts, Counts) and parts == whole
    assert np.array_equal(parts.scores, whole.scores)
