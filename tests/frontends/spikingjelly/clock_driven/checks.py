"""SpikingJelly 0.0.0.0.12: every spike is the library's; test_0_12 runs this with it in front."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from spikingjelly.clock_driven import neuron
from torch import nn

from snncc.frontends import Imported
from snncc.frontends.torch.check.eager import EagerModel
from snncc.frontends.torch.lift.assembly import Wanted
from snncc.frontends.torch.load.search import find_calling
from snncc.frontends.torch.load.source import widen
from snncc.frontends.torch.neurons.libraries import neurons_of
from snncc.frontends.torch.neurons.spikingjelly import KINDS, LIBRARY, REFUSED
from snncc.frontends.torch.neurons.spikingjelly_calls import BASES
from snncc.ir import ImportRefused, run
from tests.frontends.sidebyside import equal

Load = Callable[..., Imported]
FILE = Path(__file__).parent / "networks.py"
SIZE = 6
SPAN = 16, 40
"""Samples, which a library computes at once, and ticks, which it computes one by one."""
NETWORKS = {
    "single": "6",
    "multi": "2x6x6",
    "Attention": "5x8",
    "Potentials": "6",
    "Recurrent": "6",
    "chosen": "6",
    "compiled": "6",
    "CompiledTicks": "6",
}
SENTENCES = {
    "exponential": "spikingjelly.MultiStepEIFNode: its potential moves by the exponential",
    "changed": "(Eager): it is derived from MultiStepLIFNode of SpikingJelly and may change it",
    "smooth": "the spike function gives",
}
NODES = [name for name in KINDS if hasattr(neuron, name)]
EIGHTHS = st.integers(1, 7).map(lambda n: n / 8)
"""With dyadic parameters and inputs every sum is exact, so potentials do meet their thresholds."""


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_the_librarys_spike_by_spike(name: str, load: Load) -> None:
    imported = load(f"{FILE}:{name}", shape=NETWORKS[name])
    assert "neurons of SpikingJelly 0.0.0.0.12" in imported.notes
    rates = equal(imported)
    assert all(rate > 0 for node, rate in rates.items() if node != "read"), rates


@pytest.mark.parametrize("name", SENTENCES)
def test_what_has_no_op_is_refused_by_name(name: str, load: Load) -> None:
    with pytest.raises(ImportRefused) as refused:
        load(f"{FILE}:{name}", shape="6")
    assert SENTENCES[name] in str(refused.value)


def test_every_class_stands_in_the_table() -> None:
    names = {kind.__name__ for kind in BASES} - {"BaseNode", "AdaptiveBaseNode"}
    cells = {name for name in names if name.startswith("SpikingRNN")}
    assert names - cells <= set(KINDS) | set(REFUSED)
    assert len(NODES) == 6


@pytest.mark.parametrize("name", NODES)
@given(data=st.data(), seed=st.integers(0, 2**16))
@settings(max_examples=16, deadline=None)
def test_every_spike_is_the_librarys(name: str, data: st.DataObject, seed: int) -> None:
    made: dict[str, Any] = {"v_threshold": data.draw(EIGHTHS)}
    made["v_reset"] = data.draw(st.none() | st.just(0.0) | EIGHTHS.map(lambda v: -v))
    if not name.endswith("IFNode") or name.endswith("LIFNode"):
        key = "init_tau" if "Parametric" in name else "tau"
        made |= {key: data.draw(st.sampled_from([2.0, 4.0, 8.0]))}
        made |= {"decay_input": data.draw(st.booleans())}
    model = widen(nn.Sequential(getattr(neuron, name)(**made)))
    layout = "time-first" if name.startswith("MultiStep") else "step"
    neurons = neurons_of(model, [LIBRARY])
    wanted = Wanted("net", (SIZE,), "real", 1e-3)
    torch.manual_seed(0)
    calling, traced = find_calling(model, neurons, wanted, layout, None)
    eager = EagerModel(model, neurons, calling, traced)
    x = np.random.default_rng(seed).integers(-4, 9, (*SPAN, SIZE)) / 8
    theirs, ours = eager(x), run(eager.traced.network, x, record="spikes")
    count, first = theirs.compare(ours)
    assert first is None, f"{count} spikes differ, first {first}"
