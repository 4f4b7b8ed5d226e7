"""The dense counterpart of a network, as `benchmarks/paper.py` sets it beside a spiking one."""

from __future__ import annotations

import pytest

from benchmarks.paper import make_dense
from tests.nets import hand


@pytest.mark.parametrize("name", ["feedforward", "convolutional"])
def test_a_counterpart_has_the_same_layers_and_weights_and_no_state(name: str) -> None:
    network = hand(name)
    dense = make_dense(network)
    assert dense is not None and not dense.populations
    assert dense.shapes == network.shapes
    weights = {n: t for n, t in network.tensors.items() if n.endswith(("weight", "bias"))}
    assert weights and dense.tensors == weights


def test_a_network_with_feedback_has_no_counterpart() -> None:
    assert make_dense(hand("recurrent")) is None
