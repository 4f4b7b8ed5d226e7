"""One way to ask whether an import is the model itself; no tests."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from snncc.frontends import Imported
from snncc.frontends.torch.check.check_network import noise
from snncc.frontends.torch.check.eager import RETURNED, EagerModel
from snncc.ir import run

TICKS = 100


def equal(imported: Imported) -> Mapping[str, float]:
    """Share of ticks in which each population fires, after every spike was found to be the same.

    The scores are compared as well; the input is another than the one that the import itself ran.
    """
    eager, network = imported.eager, imported.network
    assert isinstance(eager, EagerModel)
    still = eager.calling.layout == "static"
    x = noise(network, eager.traced.ticks or TICKS, still, seed=7)
    theirs, ours = eager(x), run(network, x, record="spikes")
    count, first = theirs.compare(ours)
    assert first is None, f"{count} spikes differ, first {first}"
    scores, expected = ours.scores(network.decode), theirs.scores(network.decode)
    if eager.traced.readout is not None and theirs.outputs == (RETURNED,):
        scores = eager.traced.readout.of(scores)
    np.testing.assert_allclose(scores, expected, rtol=1e-9, atol=1e-9)
    return {name: float(np.mean(ours[f"%{name}"] != 0)) for name in eager.traced.members}
