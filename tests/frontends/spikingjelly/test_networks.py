"""Whole networks of SpikingJelly: every spike as the library gives it, over a hundred ticks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from spikingjelly.activation_based import neuron

from snncc.frontends import Imported
from snncc.frontends.torch.check.check_network import noise
from snncc.frontends.torch.check.eager import EagerModel
from snncc.ir import run

Load = Callable[..., Imported]
FILE = Path(__file__).parent / "networks.py"
TICKS = 100

EVERYWHERE = {
    "feed_forward": "6",
    "feed_forward_multi": "6",
    "static_conv": "1x8x8",
    "gestures": "2x8x8",
    "recurrent": "6",
    "recurrent_multi": "6",
    "element_wise_recurrent": "8",
    "residual_add": "2x6x6",
    "residual_and": "2x6x6",
    "residual_iand": "2x6x6",
    "mixed": "6",
    "own_loop": "6",
    "potential_readout": "6",
    "potential_of_firing": "6",
    "ramping": "6",
    "delayed": "6",
    "attention": "2x6x6",
    "cupy_pinned": "6",
    "own_defaults": "6",
}
"""Network → shape of its input; for both releases."""
NEWER = {
    "contained": "6",
    "sliding": "6",
    "sliding_single": "6",
    "currents": "6",
    "mean_potential": "6",
    "last_potential": "6",
    "converted": "2x4x4",
    "spikformer": "2x16x16",
    "qkformer": "2x16x16",
    "spike_driven": "2x16x16",
}
"""Those made of classes that 0.0.0.0.14 does not have, or that fail there by themselves."""
LARGE = ("spikformer", "qkformer", "spike_driven")
HERE = {**EVERYWHERE, **(NEWER if hasattr(neuron, "SlidingPSN") else {})}

CASES = [(name, signal) for name in HERE for signal in ("spike", "real") if name not in LARGE]
CASES += [(name, "spike") for name in LARGE if name in HERE]


@pytest.mark.parametrize(("name", "signal"), CASES)
def test_a_network_is_the_librarys_spike_by_spike(name: str, signal: str, load: Load) -> None:
    imported = load(f"{FILE}:{name}", shape=HERE[name], signal=signal)
    eager, network = imported.eager, imported.network
    assert isinstance(eager, EagerModel)
    assert any("SpikingJelly" in note for note in imported.notes)
    still = eager.calling.layout == "static"
    x = noise(network, eager.traced.ticks or TICKS, still, seed=7)
    theirs, ours = eager(x), run(network, x, record="spikes")
    count, first = theirs.compare(ours)
    assert first is None, f"{count} spikes differ, first {first}"
    assert set(eager.traced.members) == {p.name for p in network.populations if p.op.spiking}
    scores = ours.scores(network.decode)
    np.testing.assert_allclose(scores, theirs.scores(network.decode), rtol=1e-9, atol=1e-9)
    silent = [p for p in eager.traced.members if not ours[f"%{p}"].any()]
    assert len(silent) <= (len(eager.traced.members) + 1) // 3, f"too little fires: {silent}"


def test_what_is_asked_of_a_network_is_seen_in_it(load: Load) -> None:
    """The kinds of networks: which layout is found, and how ticks become a score."""
    found = {}
    for name in ("feed_forward", "feed_forward_multi", "static_conv", "own_loop", "gestures"):
        imported = load(f"{FILE}:{name}", shape=HERE[name])
        assert isinstance(imported.eager, EagerModel)
        found[name] = (imported.eager.calling.layout, imported.network.decode)
    assert found == {
        "feed_forward": ("step", "count"),
        "feed_forward_multi": ("time-first", "count"),
        "static_conv": ("static", "mean"),
        "own_loop": ("time-first", "mean"),
        "gestures": ("time-first", "mean"),
    }
