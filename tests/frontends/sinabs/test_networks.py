"""Whole networks of Sinabs: every spike as the library gives it, over a hundred ticks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sinabs.layers as sl
import torch

from snncc.frontends import Imported
from snncc.frontends.torch.check.eager import EagerModel
from snncc.ir import run
from tests.frontends.sidebyside import equal

Load = Callable[..., Imported]
FILE = Path(__file__).parent / "networks.py"

NETWORKS = {
    "feed_forward": "6",
    "synaptic": "6",
    "single_spikes": "6",
    "recurrent": "6",
    "adaptive": "6",
    "adaptive_by_default": "6",
    "readout": "6",
    "conv_norm_pool": "2x6x6",
    "converted": "2x6x6",
    "folded": "2x6x6",
    "residual": "2x5x5",
    "a_parameter_per_neuron": "6",
    "mixed": "6",
}
"""Network → shape of its input."""


@pytest.mark.parametrize("signal", ["spike", "real"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_the_librarys_spike_by_spike(name: str, signal: str, load: Load) -> None:
    imported = load(f"{FILE}:{name}", shape=NETWORKS[name], signal=signal)
    shares = equal(imported)
    assert all(share > 0 for share in shares.values()), f"a population is silent: {shares}"
    assert "neurons of Sinabs 3.1.3" in imported.notes


def test_several_spikes_of_a_tick_are_counted(load: Load) -> None:
    imported = load(f"{FILE}:synaptic", shape="6")
    spikes = run(imported.network, np.ones((1, 50, 6)), record="spikes")["%n1"]
    assert spikes.max() > 1


def test_folded_layers_may_be_called_with_any_batch(load: Load) -> None:
    """They were built for one sample, or for ten ticks; the network takes any."""
    imported = load(f"{FILE}:conv_norm_pool", shape="2x6x6")
    assert isinstance(imported.eager, EagerModel)
    assert imported.eager.calling.layout == "step"
    assert load(f"{FILE}:folded", shape="2x6x6").network.decode == "count"


def test_saved_states_are_left_out(load: Load, tmp_path: Path) -> None:
    """A state_dict of Sinabs holds the potentials of the last batch beside the weights."""
    torch.manual_seed(0)
    trained = torch.nn.Sequential(torch.nn.Linear(6, 9), sl.LIF(3.0))
    trained(torch.rand(4, 7, 6))
    assert trained.state_dict()["1.v_mem"].shape == (4, 9)
    file = tmp_path / "weights.pt"
    torch.save(trained.state_dict(), file)
    imported = load(f"{Path(__file__).parent / 'refused.py'}:plain", weights=file, shape="6")
    assert any("saved states of neurons are left out: '1.v_mem'" in n for n in imported.notes)
    equal(imported)


def test_nothing_that_sinabs_only_programs_chips_with_is_loaded(load: Load) -> None:
    load(f"{FILE}:feed_forward", shape="6")
    assert "samna" not in sys.modules
