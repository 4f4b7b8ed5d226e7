"""The neurons of Sinabs 3.1 as ops, each equation with its source; no other library.

The equations are those of `sinabs/layers/functional`: a = exp(-1 / tau_mem), c = exp(-1 / tau_syn),
g = 1 - a with norm_input and 1 without. What fires is reset, and clipped at min_v_mem, within the
tick. Time constants count ticks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import cast

import sinabs
from sinabs import activation, layers
from torch import Tensor, nn

from snncc.ir import Op
from snncc.ir.ops import SPIKES_MAX

from ..expressions.expr import Expr
from .library import Library, NeuronKind, Site, class_among, folder_of
from .sinabs_calls import find_decay, forward, number, rest, set_batch, spikes, subtracts


def _threshold(module: nn.Module) -> Tensor:
    return number(module.b0 if isinstance(module, layers.ALIF) else module.spike_threshold)


def _describe_spiking(site: Site) -> dict[str, object]:
    """The fields of a spiking op that all layers share.

    sinabs 3.1.3, activation/spike_generation.py and reset_mechanism.py.
    """
    module, low = site.module, cast("Tensor | float | None", site.module.min_v_mem)
    threshold, amount = _threshold(module), _amount(module)
    floor = {} if low is None else {"floor": site.param(number(low), "floor")}
    return {
        "bias": 0.0,
        "threshold": site.param(threshold, "threshold"),
        "compare": ">=",
        "reset": "value" if amount is None else "subtract",
        "reset_amount": 0.0 if amount is None else site.param(amount, "reset_amount"),
        "reset_order": "now",
        "spikes": _find_limit(module),
        "refractory": 0,
        "initial": _initial(site),
        **floor,
    }


def _initial(site: Site) -> object:
    return site.param(site.initial["v_mem"], "initial") if "v_mem" in site.initial else 0.0


def _find_limit(module: nn.Module) -> int:
    """Spikes of a tick: one, as many as the threshold fits into the potential, or up to a limit."""
    if module.spike_fn is activation.SingleSpike:
        return 1
    most = getattr(module.spike_fn, "max_num_spikes_per_bin", None)
    return SPIKES_MAX if most is None else int(most)


def _amount(module: nn.Module) -> Tensor | None:
    """What a spike subtracts; None where it resets to zero."""
    if not subtracts(module):
        return None
    own = cast("float | None", getattr(module.reset_fn, "subtract_value", None))
    return _threshold(module) if own is None else number(own)


def _lif(site: Site) -> Op:
    """i = c (i + I), or I without tau_syn; v = a v + g i; n = trunc(v / th), or v >= th.

    The recurrent classes add what rec_connect makes of the last spikes to I. sinabs 3.1.3,
    layers/functional/lif.py, lif_forward_single and lif_recurrent.
    """
    decay = site.param(number(find_decay(site.module, "mem")), "decay")
    return _make_neuron(site, "lif", {"decay": decay})


def _iaf(site: Site) -> Op:
    """v = v + I, or LIF's current with tau_syn; n = trunc(v / th), or v >= th.

    sinabs 3.1.3, layers/iaf.py: lif_forward_single with a = 1 and norm_input=False.
    """
    return _make_neuron(site, "if", {})


def _make_neuron(site: Site, keyword: str, leak: Mapping[str, object]) -> Op:
    fade = find_decay(site.module, "syn")
    if fade is None:
        return site.loom.weaver.op(keyword, **leak, **_describe_spiking(site))
    return site.loom.weaver.op(
        "cuba_lif",
        **{"decay": 1.0, **leak},
        current_decay=site.param(fade, "current_decay"),
        current_order="new",
        **_describe_spiking(site),
    )


def _alif(site: Site) -> Op:
    """As LIF with th = b0 + adapt_scale b; then b = d b + (1 - d) n.

    d = exp(-1 / tau_adapt). Where a spike subtracts th itself, the op subtracts b0, and what b adds
    to it is taken off the input of the next tick. sinabs 3.1.3, layers/functional/alif.py,
    alif_forward_single.
    """
    module, fade = site.module, number(find_decay(site.module, "adapt"))
    step = number(module.adapt_scale) * (1 - fade)
    return site.loom.weaver.op(
        "alif",
        decay=site.param(number(find_decay(module, "mem")), "decay"),
        adaptation_decay=site.param(fade, "adaptation_decay"),
        adaptation_step=site.param(step, "adaptation_step"),
        **_describe_spiking(site),
    )


def _leak(site: Site) -> Op:
    """v = a v + g I, which is the output.

    sinabs 3.1.3, layers/exp_leak.py: lif_forward_single without spike_fn.
    """
    decay = site.param(number(find_decay(site.module, "mem")), "decay")
    return site.loom.weaver.op("li", decay=decay, bias=0.0, initial=_initial(site))


def _current(site: Site, current: Expr, states: Mapping[str, Expr]) -> Expr:
    return current


def _return_one(site: Site) -> float:
    return 1.0


def _kind(op: Callable[[Site], Op], **states: str) -> NeuronKind:
    return NeuronKind(tuple(states), {"spk": "", **states}, op, _current, _return_one)


_LIF, _IAF = _kind(_lif, v_mem="v"), _kind(_iaf, v_mem="v")
_ALIF, _LEAK = _kind(_alif, v_mem="v", b="b"), _kind(_leak, v_mem="v")
KINDS: Mapping[str, NeuronKind] = {
    **dict.fromkeys(("LIF", "LIFSqueeze", "LIFRecurrent"), _LIF),
    **dict.fromkeys(("IAF", "IAFSqueeze", "IAFRecurrent"), _IAF),
    **dict.fromkeys(("ALIF", "ALIFSqueeze", "ALIFRecurrent"), _ALIF),
    **dict.fromkeys(("ExpLeak", "ExpLeakSqueeze"), _LEAK),
}
"""Class → what it is here."""

_RANDOM = "it draws random spikes; encode the data beforehand"
_ANALOG = "it stands for spikes in training only; import what sinabs.from_torch.from_model makes"
REFUSED: Mapping[str, str] = {
    "": "it has no exact counterpart",
    "SpikingMaxPooling2dLayer": "it counts the spikes of each pixel since the beginning; use "
    "SumPool2d",
    "Img2SpikeLayer": _RANDOM,
    "Sig2SpikeLayer": _RANDOM,
    "NeuromorphicReLU": _ANALOG,
    "QuantizeLayer": _ANALOG,
}
"""Class → why no op expresses it."""

BASES = (
    layers.StatefulLayer,
    layers.SpikingMaxPooling2dLayer,
    layers.Img2SpikeLayer,
    layers.Sig2SpikeLayer,
    layers.NeuromorphicReLU,
    layers.QuantizeLayer,
)


def _find_name(module: nn.Module) -> str | None:
    return class_among(module, BASES, "sinabs")


def _find_objection(module: nn.Module) -> str:
    """Why a neuron of a known class cannot be expressed; empty if it can."""
    low = cast("Tensor | float | None", module.min_v_mem)
    if isinstance(module, layers.ExpLeak):
        return "" if low is None else "min_v_mem clips its output; leave it out"
    fires = (activation.SingleSpike, activation.MultiSpike)
    if module.spike_fn not in fires and not isinstance(module.spike_fn, activation.MaxSpike):
        return f"its spike_fn {module.spike_fn} is not one of sinabs.activation"
    reset = cast("object", module.reset_fn)
    if not subtracts(module) and not isinstance(reset, activation.MembraneReset):
        return f"its reset_fn {reset} is not one of sinabs.activation"
    if getattr(reset, "reset_value", 0.0):
        return "MembraneReset adds its reset_value to all neurons, not to those alone that fired"
    threshold, amount = _threshold(module), _amount(module)
    if low is None:
        return ""
    if bool((number(low) > 0).any()):
        return "its min_v_mem is above zero, where its potential starts"
    if bool((number(low) >= threshold).any()):
        return "its min_v_mem is not below its threshold, so that silent neurons are lifted to it"
    if amount is not None and bool((amount > threshold).any()):
        return "a spike subtracts more than the threshold, and min_v_mem clips what is left"
    return ""


LIBRARY = Library(
    package="sinabs",
    name="Sinabs",
    version=version("sinabs"),
    known=("3.1.",),
    folder=folder_of(sinabs),
    kinds=KINDS,
    refused=REFUSED,
    named=_find_name,
    objection=_find_objection,
    forward=forward,
    rest=rest,
    spikes=spikes,
    sized=set_batch,
    states=frozenset({"v_mem", "i_syn", "b", "spike_threshold"}),
)
