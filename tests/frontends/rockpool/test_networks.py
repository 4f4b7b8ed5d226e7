"""Networks of Rockpool's torch modules: every spike as the library gives it; and its refusals."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from snncc.frontends import Imported
from snncc.frontends.torch.check.eager import EagerModel
from snncc.ir import ImportRefused, run
from tests.frontends.sidebyside import equal

Load = Callable[..., Imported]
FILE = Path(__file__).parent / "networks.py"
TICKS = 100

NETWORKS = (
    "feed_forward",
    "recurrent",
    "biased",
    "biased_and_recurrent",
    "a_parameter_per_neuron",
    "decays",
    "bit_shifts",
    "neurons_alone",
    "few_spikes",
    "residual",
    "mixed",
)


@pytest.mark.parametrize("signal", ["spike", "real"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_the_librarys_spike_by_spike(name: str, signal: str, load: Load) -> None:
    imported = load(f"{FILE}:{name}", shape="6", signal=signal)
    shares = equal(imported)
    assert all(share > 0.01 for share in shares.values()), f"a population is silent: {shares}"
    assert "neurons of Rockpool 3.1.0" in imported.notes


@pytest.mark.parametrize("name", ["decays", "neurons_alone", "few_spikes"])
def test_sums_that_are_exact_meet_thresholds_exactly(name: str, load: Load) -> None:
    imported = load(f"{FILE}:{name}", shape="6", signal="real")
    eager, network = imported.eager, imported.network
    assert isinstance(eager, EagerModel)
    x = np.random.default_rng(2).integers(-8, 20, (6, TICKS, 6)) / 8
    assert eager(x).compare(run(network, x, record="spikes")) == (0, None)


def test_a_bias_is_the_potentials_alone(load: Load) -> None:
    """Where there is one, the synaptic current is a node; elsewhere the neuron has it."""
    kinds = {
        name: [node.op.keyword for node in load(f"{FILE}:{name}", shape="6").network.populations]
        for name in ("biased", "feed_forward")
    }
    assert sorted(kinds["biased"]) == ["cuba_lif", "li", "lif"]
    assert kinds["feed_forward"] == ["cuba_lif", "cuba_lif"]


def test_nothing_that_installs_more_is_loaded(load: Load) -> None:
    load(f"{FILE}:feed_forward", shape="6")
    assert "samna" not in sys.modules


REASONS: Mapping[str, str] = {
    "noisy": "noise_std adds noise to its potential",
    "two_synapses": "2 synapses with leaks of their own meet in each neuron",
    "as_a_chip": "it rounds its leaks as one chip does; use LIFTorch",
    "adaptive": "its spikes drive a current of their own",
    "rates": "it does not spike",
    "analog": "it turns an analog signal into spikes",
    "derived": "(Leaning): it is derived from LIFTorch of Rockpool and may change it",
}


@pytest.mark.parametrize("name", REASONS)
def test_what_no_op_expresses_is_refused_by_name(name: str, load: Load) -> None:
    with pytest.raises(ImportRefused) as refused:
        load(f"{FILE}:{name}", shape="6")
    assert REASONS[name] in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
