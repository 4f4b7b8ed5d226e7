"""What cannot be expressed is refused by name, with the reason and with what to use instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from spikingjelly.activation_based import neuron

from snncc.frontends import Imported
from snncc.frontends.torch.neurons.libraries import rows
from snncc.frontends.torch.neurons.spikingjelly import KINDS, REFUSED
from snncc.frontends.torch.neurons.spikingjelly_calls import BASES
from snncc.ir import ImportRefused

Load = Callable[..., Imported]
FILE = Path(__file__).parent / "refused.py"
NEWER = hasattr(neuron, "SlidingPSN")

EVERYWHERE = {
    "quadratic": "module '1' (QIFNode): spikingjelly.QIFNode: its potential moves by the square",
    "exponential": "spikingjelly.EIFNode: its potential moves by the exponential of itself",
    "izhikevich": "spikingjelly.IzhikevichNode: its potential moves by the square of itself",
    "soft_spikes": "the spike function gives",
    "growing": "lif: decay lies between 0 and 1, found 1.3125",
    "inverted": "k is -0.5",
    "changed": "module '1' (Eager): it is derived from LIFNode of SpikingJelly and may change it",
    "patched": "module '1' (LIFNode): its 'forward' was replaced, and LIFNode is imported",
    "gates": "module 'cells' (SpikingLSTM): spikingjelly.SpikingLSTM: a cell with gates has no op",
    "looking_ahead": "in module 'lif' (LIFNode): tick 0 looks ahead to tick 1",
    "centred": "`return self.lif(current - current.mean(0, keepdim=True))`",
    "filtered": "`return self.lif(self.along(x_seq.permute(1, 2, 0)).permute(2, 0, 1))`",
}
"""Factory in `refused.py` → what the refusal says; for both releases."""
# Two of these are in 0.0.0.0.14 too, where they cannot be built or called at all.
ONLY_NEWER = {
    "attention": "tick 0 looks ahead to tick 4",
    "analog": "spikingjelly.LIAFNode: what it passes on is its potential through a function",
    "parallel": "spikingjelly.PSN: its T x T weights read ticks to come",
    "masked": "spikingjelly.MaskedPSN: its weights are others at each of its T ticks",
    "gated": "spikingjelly.GatedLIFNode: its input is weighted again at each of its T ticks",
    "ternary": "spikingjelly.TernaryLIFNode: it fires negative spikes",
    "several_levels": "spikingjelly.ILIFNode: its spike count is rounded half to even",
    "complementary": "spikingjelly.ComplementaryLIFNode: a membrane of several",
    "peak": "decode='max-mem' takes the largest potential of all ticks",
}


@pytest.mark.parametrize("name", {**EVERYWHERE, **(ONLY_NEWER if NEWER else {})})
def test_it_is_refused_by_name(name: str, load: Load) -> None:
    with pytest.raises(ImportRefused) as refusal:
        load(f"{FILE}:{name}", shape="6")
    assert {**EVERYWHERE, **ONLY_NEWER}[name] in str(refusal.value)


def test_every_class_of_the_library_is_known_or_refused_with_a_reason() -> None:
    """No class may come to have a counterpart by being overlooked."""
    abstract = {"BaseNode", "SimpleBaseNode", "AdaptBaseNode", "NonSpikingBaseNode"}
    abstract |= {"ILCBaseNode", "MPBNBaseNode", "NoisyBaseNode", "NoisyILCBaseNode"}
    abstract |= {"NoisyNonSpikingBaseNode", "SpikingRNNBase", "SpikingRNNCellBase"}
    here = {kind.__name__ for kind in BASES if not kind.__name__.startswith("_")} - abstract
    assert here - {*KINDS, *REFUSED} == set()
    assert not set(KINDS) & set(REFUSED)


def test_every_class_has_a_row_in_the_tables_that_the_documentation_shows() -> None:
    found = {row.name: row for row in rows() if row.name.startswith("spikingjelly.")}
    assert set(found) == {f"spikingjelly.{name}" for name in {**KINDS, **REFUSED} if name}
    for name, row in found.items():
        assert row.exact == (name.partition(".")[2] in KINDS)
        assert row.law and "\n" not in row.law
        assert row.library == "SpikingJelly 0.0.0.0.12, 0.0.0.0.14, 2.0"
