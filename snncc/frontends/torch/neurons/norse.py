"""The neurons of Norse 1.1 as ops, each equation with its source; no other library.

The equations are those of `norse/torch/functional`, with g = dt / tau_mem, d = dt / tau_syn and the
potential counted from v_leak; how modules pass states around is in `norse_steps`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from math import ceil
from typing import cast

import norse
import norse.torch.module.leaky_integrator as li
import torch
from norse.torch.functional.reset import reset_subtract, reset_value
from norse.torch.functional.threshold import threshold
from norse.torch.module import coba_lif, exp_filter, lif_correlation, snn
from torch import Tensor, nn

from snncc.ir import Op
from snncc.ir.ops import WAIT

from ..expressions.expr import Expr
from .library import Fire, Library, NeuronKind, Site, class_among, comparison, folder_of
from .norse_steps import (
    Step,
    current_based,
    forward_of,
    gain,
    number,
    parameters,
    potential_only,
    rate,
    step_adaptive,
    step_integrator,
    zero,
)


def _describe_spiking(site: Site, refractory: int = 0) -> dict[str, object]:
    """The fields of a spiking op: threshold and reset, counted from v_leak."""
    module, rest = site.module, zero(site.module)
    p = parameters(module)
    base = site.param(number(module, "v_th") - rest, "threshold")
    subtracts = getattr(p, "reset_method", reset_value) is reset_subtract
    method, alpha = cast("str", getattr(p, "method", "super")), float(getattr(p, "alpha", 100.0))
    return {
        "bias": 0.0,
        "threshold": base,
        "compare": comparison(partial(_threshold, method=method, alpha=alpha)),
        "reset": "subtract" if subtracts else "value",
        "reset_amount": site.param(
            number(module, "v_th") if subtracts else number(module, "v_reset") - rest,
            "reset_amount",
        ),
        "reset_order": "now",
        "spikes": 1,
        "refractory": refractory,
        "initial": _initial(site),
    }


def _threshold(x: Tensor, method: str, alpha: float) -> Tensor:
    return cast("Tensor", threshold(x, method, alpha))


def _initial(site: Site) -> object:
    return site.param(site.initial["v"], "initial") if "v" in site.initial else 0.0


def _decay(site: Site, name: str) -> object:
    return site.param(1 - rate(site.module, name), "decay")


def _lif_box(site: Site) -> Op:
    """v = (1 - g) v + g I; z = v > v_th; v = v_reset where z, or v - v_th where z.

    norse 1.1.0, torch/functional/lif_box.py, lif_box_feed_forward_step, and reset.py.
    """
    return site.loom.weaver.op("lif", decay=_decay(site, "tau_mem_inv"), **_describe_spiking(site))


def _iaf(site: Site) -> Op:
    """v = v + I; z = v > v_th; v = v_reset where z.

    norse 1.1.0, torch/functional/iaf.py, iaf_feed_forward_step.
    """
    return site.loom.weaver.op("if", **_describe_spiking(site))


def _lif(site: Site, refractory: int = 0) -> Op:
    """i = i + I; v = (1 - g) v + g i; i = (1 - d) i; z = v > v_th; v = v_reset where z.

    The recurrent classes add the last spikes, through weights, to I. norse 1.1.0,
    torch/functional/lif.py, lif_feed_forward_step and lif_step.
    """
    return site.loom.weaver.op(
        "cuba_lif",
        decay=_decay(site, "tau_mem_inv"),
        current_decay=_decay(site, "tau_syn_inv"),
        current_order="decay-last",
        **_describe_spiking(site, refractory),
    )


def _refractory(site: Site) -> Op:
    """As LIF; for rho_reset ticks after a spike v is held and z is 0, while i goes on.

    norse 1.1.0, torch/functional/lif_refrac.py, compute_refractory_update.
    """
    return _lif(site, ceil(float(_read_waiting(site.module))))


def _lsnn(site: Site) -> Op:
    """v = (1 - g) v + g i; b = b - a (b - v_th); z = v > b; b = b + beta z; i = (1 - d) i + I.

    a = dt / tau_adapt, and v = v_reset where z. norse 1.1.0, torch/functional/lsnn.py,
    lsnn_feed_forward_step and lsnn_step.
    """
    fades = 1 - rate(site.module, "tau_adapt_inv")
    return site.loom.weaver.op(
        "alif",
        decay=_decay(site, "tau_mem_inv"),
        adaptation_decay=site.param(fades, "adaptation_decay"),
        adaptation_step=site.param(number(site.module, "beta") * fades, "adaptation_step"),
        **_describe_spiking(site),
    )


def _li_box(site: Site) -> Op:
    """v = (1 - g) v + g I, which is the output.

    norse 1.1.0, torch/functional/leaky_integrator_box.py, li_box_feed_forward_step.
    """
    return site.loom.weaver.op(
        "li", decay=_decay(site, "tau_mem_inv"), bias=0.0, initial=_initial(site)
    )


def _li(site: Site) -> Op:
    """i = i + I; v = (1 - g) v + g i, which is the output; i = (1 - d) i.

    norse 1.1.0, torch/functional/leaky_integrator.py, li_feed_forward_step and li_step.
    """
    return _li_box(site)


def _read_waiting(module: nn.Module) -> Tensor:
    return torch.as_tensor(getattr(module.p, "rho_reset", 0.0)).detach()


def _current(site: Site, current: Expr, states: Mapping[str, Expr]) -> Expr:
    return current


def _return_one(site: Site) -> float:
    return 1.0


def _kind(op: Callable[[Site], Op], **states: str) -> NeuronKind:
    return NeuronKind(tuple(states), {"spk": "", **states}, op, _current, _return_one)


_LIF_BOX = _kind(_lif_box, v="v")
_LIF = _kind(_lif, v="v", i="i")
_REFRACTORY = _kind(_refractory, v="v", i="i", rho=WAIT)
_LSNN = _kind(_lsnn, v="v", b="b")
_LI = _kind(_li, v="v")

KINDS: Mapping[str, NeuronKind] = {
    "LIFBoxCell": _LIF_BOX,
    **dict.fromkeys(("IAFCell", "IAF"), _kind(_iaf, v="v")),
    **dict.fromkeys(("LIFCell", "LIF", "LIFRecurrentCell", "LIFRecurrent"), _LIF),
    **dict.fromkeys(("LIFRefracCell", "LIFRefracRecurrentCell", "LIFRefracRecurrent"), _REFRACTORY),
    **dict.fromkeys(("LSNNCell", "LSNN", "LSNNRecurrentCell", "LSNNRecurrent"), _LSNN),
    "LIBoxCell": _kind(_li_box, v="v"),
    **dict.fromkeys(("LICell", "LI", "LILinearCell"), _LI),
}
"""Class → what it is here."""

STEPS: Mapping[Callable[[Site], Op], Step] = {
    _lif_box: potential_only,
    _iaf: potential_only,
    _lif: current_based,
    _refractory: current_based,
    _lsnn: step_adaptive,
    _li_box: potential_only,
    _li: step_integrator,
}

_QUADRATIC = "its potential grows with its own square"
_EXPONENTIAL = "its potential grows with its own exponential"
_COMPARTMENTS = "its neurons' potentials flow into each other within a tick"
REFUSED: Mapping[str, str] = {
    "": "its dynamics is its own; describe the neuron yourself (docs/own-neurons.md)",
    **dict.fromkeys(
        ("LIFAdExCell", "LIFAdExRecurrentCell", "LIFAdEx", "LIFAdExRecurrent"), _EXPONENTIAL
    ),
    **dict.fromkeys(
        ("LIFAdExRefracCell", "LIFAdExRefracRecurrentCell", "LIFAdExRefracRecurrent"), _EXPONENTIAL
    ),
    **dict.fromkeys(("LIFExCell", "LIFExRecurrentCell", "LIFEx", "LIFExRecurrent"), _EXPONENTIAL),
    **dict.fromkeys(
        ("IzhikevichCell", "IzhikevichRecurrentCell", "Izhikevich", "IzhikevichRecurrent"),
        _QUADRATIC,
    ),
    **dict.fromkeys(("LIFMCRecurrentCell", "LIFMCRefracRecurrentCell"), _COMPARTMENTS),
    "CobaLIFCell": "its conductances multiply its potential",
    "LIFCorrelation": "it changes its own weights as it runs",
    "ExpFilter": "it takes all ticks of its input at once; use LIBoxCell",
}
"""Class → why no op expresses it."""


def _find_name(module: nn.Module) -> str | None:
    bases = (
        snn.SNNCell,
        snn.SNN,
        snn.SNNRecurrentCell,
        snn.SNNRecurrent,
        li.LILinearCell,
        coba_lif.CobaLIFCell,
        lif_correlation.LIFCorrelation,
        exp_filter.ExpFilter,
    )
    return class_among(module, bases, "norse")


def _find_objection(module: nn.Module) -> str:
    """Why a neuron of a known class cannot be expressed; empty if it can."""
    activation = getattr(module, "activation", None)
    if activation is not None and not activation.__module__.startswith("norse."):
        return f"its activation is {activation.__name__}, which is not Norse's own"
    p = parameters(module)
    if getattr(p, "method", "") == "adjoint":
        return "method='adjoint' cannot run: Norse itself fails in its forward; use 'super'"
    if getattr(p, "reset_method", reset_value) not in (reset_value, reset_subtract):
        return "its reset_method is neither reset_value nor reset_subtract"
    for name in ("tau_mem_inv", "tau_syn_inv", "tau_adapt_inv"):
        if hasattr(p, name):
            share = rate(module, name)
            if not bool(((share >= 0) & (share <= 1)).all()):
                return (
                    f"dt {name} is {float(share.max()):.4g}, so that a tick overshoots; expected "
                    "0 to 1"
                )
    if bool((gain(module) == 0).any()):
        return "tau_mem_inv is 0: nothing that enters changes its potential"
    waiting = _read_waiting(module)
    if waiting.numel() > 1 or float(waiting) != int(waiting):
        return "rho_reset is not a multiple of a tick, or differs between neurons"
    return ""


def _forward(module: nn.Module, kind: NeuronKind, fire: Fire) -> Callable[..., object]:
    return forward_of(STEPS[kind.op], module, fire)


def _rest(model: nn.Module) -> None:
    """Nothing: the user keeps the states."""


def _spikes(module: nn.Module, returned: object) -> Sequence[Tensor]:
    spikes = cast("tuple[Tensor, ...]", returned)[0]
    return spikes.unbind(0) if isinstance(module, (snn.SNN, snn.SNNRecurrent)) else (spikes,)


LIBRARY = Library(
    package="norse",
    name="Norse",
    version=version("norse"),
    known=("1.1.",),
    folder=folder_of(norse),
    kinds=KINDS,
    refused=REFUSED,
    named=_find_name,
    objection=_find_objection,
    forward=_forward,
    rest=_rest,
    spikes=_spikes,
)
