"""The zoo's trained models: imported exactly, spike for spike, on their own test samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from snncc import zoo
from snncc.frontends import Imported
from snncc.ir import UsageError, run

Load = Callable[..., Imported]
SAMPLES = 48


@pytest.mark.parametrize("name", [name for name in zoo.names() if name.startswith("l2mu")])
def test_a_trained_model_is_its_network(name: str, load: Load) -> None:
    try:
        x, y = zoo.test_data(name)
    except UsageError as absent:
        pytest.skip(str(absent))
    imported = load(zoo.source(name), zoo.weights(name), data=x[:4])
    theirs = imported.eager(x[:SAMPLES])
    ours = run(imported.network, x[:SAMPLES], record="spikes")
    assert theirs.compare(ours) == (0, None)
    assert sum(np.count_nonzero(w) for w in theirs.wires.values()) > 1000
    decode = imported.network.decode
    np.testing.assert_array_equal(theirs.scores(decode), ours.scores(decode))
    assert ours.accuracy(y[:SAMPLES], decode) > 0.8


def test_the_memory_stays_shared(load: Load) -> None:
    """One small matrix serves all rows of the Legendre memory: nothing is made dense."""
    name = "l2mu-wisdm"
    network = load(zoo.source(name), zoo.weights(name), shape="6", signal="real").network
    module = zoo.load("l2mu-wisdm")
    order, memory = module.config.order, module.config.memory
    shared = [n for n in network if network.shapes[n.name] == (memory, order)]
    shapes = {
        network.tensors[n.op.refs()["weight"]].shape for n in shared if "weight" in n.op.refs()
    }
    assert shapes == {(order, order), (order, 1)}
