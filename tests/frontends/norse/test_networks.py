"""Whole networks of Norse: every spike as the library gives it, over a hundred ticks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from snncc.frontends import Imported
from tests.frontends.sidebyside import equal

Load = Callable[..., Imported]
FILE = Path(__file__).parent / "networks.py"

NETWORKS = {
    "feed_forward": "6",
    "current_based": "6",
    "all_ticks_at_once": "6",
    "leaking_elsewhere": "6",
    "recurrent": "6",
    "recurrent_cells": "6",
    "conv_norm_pool": "2x6x6",
    "residual": "6",
    "lifted": "2x6x6",
    "adaptive": "6",
    "adaptive_cells": "6",
    "refractory": "6",
    "refractory_ticks": "6",
    "integrate": "6",
    "mixed": "6",
    "a_parameter_per_neuron": "6",
    "other_gradients": "6",
}
"""Network → shape of its input."""


@pytest.mark.parametrize("signal", ["spike", "real"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_the_librarys_spike_by_spike(name: str, signal: str, load: Load) -> None:
    imported = load(f"{FILE}:{name}", shape=NETWORKS[name], signal=signal)
    shares = equal(imported)
    assert all(share > 0 for share in shares.values()), f"a population is silent: {shares}"
    assert "neurons of Norse 1.1.0" in imported.notes


@pytest.mark.parametrize(
    ("output", "shown"), [("0", "%one"), ("1", "%one.v"), ("2", "%one_i_back")]
)
def test_states_that_norse_returns_can_be_read(output: str, shown: str, load: Load) -> None:
    imported = load(f"{FILE}:mixed", shape="6", output=output)
    equal(imported)
    found = str(imported.network.outputs[0])
    assert found == shown if output != "2" else imported.network[found[1:]].op.keyword == "affine"
