"""The neurons of SpikingJelly 0.0.0.0.12, 0.0.0.0.14 and 2.0 as ops, each with its source.

All of them charge, fire and reset within the tick, and fire where the potential h reaches the
threshold: s = h >= th; then v = h - s th, or v = v_reset where s. How they are called is in
`spikingjelly_calls`. Files are named as in 2.0.0, under activation_based/; 0.0.0.0.12 has the same
equations in clock_driven/neuron.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import torch
from torch import Tensor, nn

from snncc.ir import ImportRefused, Op

from ..expressions.expr import Expr
from .library import Library, NeuronKind, Site, SpikeFunction, comparison, folder_of
from .spikingjelly_calls import (
    MULTI,
    VERSION,
    allow_missing_cupy,
    base,
    find_name,
    forward,
    is_compiled,
    law_of,
    leak_reversal,
    rest,
    spikes,
)

ALWAYS_REACHES = ("IFNode", "LIFNode")
"""Classes that compare with `>=` in eval mode whatever their surrogate function does (0.0.0.0.14,
neuron.py, jit_eval_single_step_forward_*)."""


def _number(value: object) -> Tensor:
    return torch.as_tensor(value, dtype=torch.float64).detach()


def _v_reset(module: nn.Module) -> Tensor:
    """The potential after a spike; zero where it is reset by subtraction."""
    value = getattr(module, "v_reset", None)
    return _number(0.0 if value is None else value)


def _rate(module: nn.Module) -> Tensor:
    """1 / tau, which a ParametricLIFNode learns as sigmoid(w) (neuron/plif.py)."""
    if law_of(module) == "ParametricLIFNode":
        return _number(module.w).sigmoid()
    if is_compiled(module):
        return _number(module.reciprocal_tau)
    return 1 / _number(module.tau)


def _compare(module: nn.Module) -> str:
    if is_compiled(module):  # `h >= v_th` (cext/csrc/neuron/neuron.cu)
        return ">="
    if VERSION == "0.0.0.0.14" and find_name(module) in ALWAYS_REACHES:
        return ">="
    return comparison(cast("SpikeFunction", module.surrogate_function))


def _describe_spiking(
    site: Site, threshold: object = None, amount: object = None
) -> dict[str, object]:
    """The fields of a spiking op that all classes share, counted from the leak's reversal.

    Counted so, a neuron that has been reset holds exactly 0, and what a tick adds stays exact.

    Args:
        threshold: what the potential is compared with; None for `v_threshold`.
        amount: what a reset by subtraction takes off; None for the same.
    """
    module, initial = site.module, site.initial.get("v")
    level = _number(module.v_threshold if threshold is None else threshold)
    hard = getattr(module, "v_reset", None) is not None
    origin = _number(leak_reversal(module))
    after = _v_reset(module) - origin if hard else level if amount is None else _number(amount)
    return {
        "bias": 0.0,
        "threshold": site.param(level - origin, "threshold"),
        "compare": _compare(module),
        "reset": "value" if hard else "subtract",
        "reset_amount": site.param(after, "reset_amount"),
        "reset_order": "now",
        "spikes": 1,
        "refractory": 0,
        "initial": 0.0 if initial is None else site.param(initial, "initial"),
    }


def _if(site: Site) -> Op:
    """h = v + x; s = h >= th; v = h - s th, or v_reset where s.

    neuron/integrate_and_fire.py, IFNode; HalfThresholdIFNode starts at th / 2.
    """
    return site.loom.weaver.op("if", **_describe_spiking(site))


def _aware(site: Site) -> Op:
    """h = v + x; s = h + offset >= th; v = h - s th, or v_reset where s.

    neuron/integrate_and_fire.py, ActivationAwareIFNode, and _ops/activation_aware_if/reference.py.
    """
    module = site.module

    def place(value: object) -> Tensor:
        number = _number(value)
        if number.dim():
            extents = [1] * len(site.axes)
            extents[cast("int", module.channel_dim)] = -1
            number = number.reshape(extents)
        return number

    amount = place(module.v_threshold)
    return site.loom.weaver.op(
        "if", **_describe_spiking(site, amount - place(module.v_offset), amount)
    )


def _lif(site: Site) -> Op:
    """h = v + (x - (v - v_reset)) / tau, or v - (v - v_reset) / tau + x; s = h >= th; reset as IF.

    The second form is decay_input=False. neuron/lif.py, LIFNode; _ops/lif/reference.py, charge;
    neuron/plif.py, ParametricLIFNode, where 1 / tau = sigmoid(w).
    """
    decay = site.param(1 - _rate(site.module), "decay")
    return site.loom.weaver.op("lif", decay=decay, **_describe_spiking(site))


def _klif(site: Site) -> Op:
    """h = max(0, k LIF's h); s = h >= th; reset as IF; with scale_reset v = h / k - s th / k.

    The op stores h, or h / k where the reset is scaled. functional/neuron.py, klif_step.
    """
    module, k = site.module, _number(site.module.k)
    if bool((k <= 0).any()):
        raise ImportRefused(
            f"k is {float(k.min()):.6g}: the potential changes its sign at each tick"
        )
    rate, low, scaled = _rate(module), _v_reset(module), bool(module.scale_reset)
    gain = torch.ones_like(k) if scaled else k
    level = _number(module.v_threshold) / k if scaled else _number(module.v_threshold)
    fields = _describe_spiking(site, level) | {
        "bias": site.param(gain * rate * low, "bias"),
        "floor": 0.0,
    }
    return site.loom.weaver.op("lif", decay=site.param(gain * (1 - rate), "decay"), **fields)


def _cuba(site: Site) -> Op:
    """c = c_decay c + x; h = v_decay v + c; s = h >= th; reset as IF.

    functional/neuron.py, cuba_lif_step.
    """
    if "c" in site.initial:
        raise ImportRefused("a synaptic current that does not start at zero")
    module = site.module
    return site.loom.weaver.op(
        "cuba_lif",
        decay=site.param(_number(module.v_decay), "decay"),
        current_decay=site.param(_number(module.c_decay), "current_decay"),
        current_order="new",
        **_describe_spiking(site),
    )


def _make_sliding(site: Site) -> Op:
    """h = weight[k-1] x[t] + ... + weight[0] x[t-k+1]; s = h + bias >= 0; nothing is kept.

    functional/neuron.py, sliding_psn_step. The sum is made of nodes before the neuron, which
    itself forgets all of its potential.
    """
    fields = _describe_spiking(site, -_number(site.module.bias)) | {
        "reset": "none",
        "reset_amount": 0.0,
    }
    return site.loom.weaver.op("lif", decay=0.0, **fields)


def _integrator(site: Site) -> Op:
    """v = v + (x - v) / tau, from zero in every call, and no spikes; NonSpikingIFNode v = v + x.

    neuron/lif.py, NonSpikingLIFNode; neuron/integrate_and_fire.py, NonSpikingIFNode.
    """
    leaky = find_name(site.module) == "NonSpikingLIFNode"
    decay = site.param(1 - _rate(site.module), "decay") if leaky else 1.0
    return site.loom.weaver.op("li", decay=decay, bias=0.0, initial=0.0)


# --- the current of a tick ------------------------------------------------------------------------


def _keep_current(site: Site, current: Expr, states: Mapping[str, Expr]) -> Expr:
    return current


def _scale(site: Site, current: Expr, factor: Tensor) -> Expr:
    if bool((factor == 1).all()):
        return current
    return site.loom.weaver.apply("product", (current, site.signal(factor)))


def _leak(site: Site, current: Expr, states: Mapping[str, Expr]) -> Expr:
    """The input, which leaks as the potential does unless decay_input is False."""
    leaks = getattr(site.module, "decay_input", True)
    return _scale(site, current, _rate(site.module)) if leaks else current


def _leak_by_k(site: Site, current: Expr, states: Mapping[str, Expr]) -> Expr:
    current = _leak(site, current, states)
    return current if site.module.scale_reset else _scale(site, current, _number(site.module.k))


# --- the table ------------------------------------------------------------------------------------


def _kind(
    op: Callable[[Site], Op], drive: Callable[..., Expr] = _keep_current, c: str = ""
) -> NeuronKind:
    signals = {"spk": "", "v": "v"} | ({"c": c} if c else {})
    keys = tuple(key for key in signals if key != "spk")
    return NeuronKind(keys, signals, op, drive, lambda site: 1.0)


KINDS: Mapping[str, NeuronKind] = {
    "IFNode": _kind(_if),
    "LIFNode": _kind(_lif, _leak),
    "ParametricLIFNode": _kind(_lif, _leak),
    "KLIFNode": _kind(_klif, _leak_by_k),
    "CUBALIFNode": _kind(_cuba, c="i"),
    "SimpleIFNode": _kind(_if),
    "SimpleLIFNode": _kind(_lif, _leak),
    "HalfThresholdIFNode": _kind(_if),
    "ActivationAwareIFNode": _kind(_aware),
    "SlidingPSN": _kind(_make_sliding),
    "NonSpikingIFNode": _kind(_integrator),
    "NonSpikingLIFNode": _kind(_integrator, _leak),
    f"{MULTI}IFNode": _kind(_if),
    f"{MULTI}LIFNode": _kind(_lif, _leak),
    f"{MULTI}ParametricLIFNode": _kind(_lif, _leak),
}
"""Class → what it is here. 0.0.0.0.14 has the first four, with equal equations; 0.0.0.0.12 the
first three, and those of many ticks a call."""

NONLINEAR = "its potential moves by the {} of itself; use LIFNode"
SEVERAL = "a membrane of several coupled quantities has no op; use LIFNode or CUBALIFNode"
GATES = "a cell with gates has no op; use LIFNode in a LinearRecurrentContainer"
RANDOM = "it draws random numbers at every tick"

REFUSED: Mapping[str, str] = {
    "": "it has no exact counterpart",
    **dict.fromkeys(
        ("GeneralNode", f"{MULTI}GeneralNode"), "0.0.0.0.12 itself fails in its forward"
    ),
    "QIFNode": NONLINEAR.format("square"),
    **dict.fromkeys(("EIFNode", f"{MULTI}EIFNode"), NONLINEAR.format("exponential")),
    "IzhikevichNode": NONLINEAR.format("square"),
    "RAFNode": SEVERAL,
    "ComplementaryLIFNode": SEVERAL,
    "GatedLIFNode": "its input is weighted again at each of its T ticks; use ParametricLIFNode",
    "LIAFNode": "what it passes on is its potential through a function, not spikes; use LIFNode",
    "ILIFNode": "its spike count is rounded half to even, which no op does; use LIFNode",
    "TernaryIFNode": "it fires negative spikes; use IFNode",
    "TernaryLIFNode": "it fires negative spikes; use LIFNode",
    "STBIFNode": "it takes spikes back; use IFNode",
    "MPBNLIFNode": "it normalises its potential; put batch norm before a LIFNode",
    "PSN": "its T x T weights read ticks to come, others at each tick; use SlidingPSN",
    "MaskedPSN": "its weights are others at each of its T ticks; use SlidingPSN",
    "NoisyCUBALIFNode": RANDOM,
    "NoisyILCCUBALIFNode": RANDOM,
    "NoisyNonSpikingIFNode": RANDOM,
    "ILCIFNode": "it adds up over the neurons of a layer as well; use IFNode",
    "ILCLIFNode": "it adds up over the neurons of a layer as well; use LIFNode",
    "ILCCUBALIFNode": "it adds up over the neurons of a layer as well; use CUBALIFNode",
    "DSRIFNode": "it is the mean over all ticks at once; use IFNode",
    "DSRLIFNode": "it is the mean over all ticks at once; use LIFNode",
    "FewSpikeNode": "its threshold and weight are others at each tick; use IFNode",
    "FlexSN": "its dynamics are code of the user's own",
    "OTTTLIFNode": "it passes on a trace beside its spikes; use LIFNode",
    "SLTTLIFNode": "it is made for learning while it runs; use LIFNode",
    "OutlierAwareThresholdNode": "its threshold is another at each tick; use IFNode",
    "HGNode": "its threshold and weight are others at each tick; use IFNode",
    **{f"Spiking{cell}": GATES for cell in ("LSTM", "GRU", "VanillaRNN")},
    **{f"Spiking{cell}Cell": GATES for cell in ("LSTM", "GRU", "VanillaRNN")},
}
"""Class → why no op expresses it."""


def _find_objection(module: nn.Module) -> str:
    decode = getattr(module, "decode", None)
    if decode in ("max-mem", "max-abs-mem"):
        return f"decode='{decode}' takes the largest potential of all ticks; use 'mean-mem'"
    return ""


LIBRARY = Library(
    package="spikingjelly",
    name="SpikingJelly",
    version=VERSION,
    known=("0.0.0.0.12", "0.0.0.0.14", "2.0."),
    folder=folder_of(base),
    kinds=KINDS,
    refused=REFUSED,
    named=find_name,
    objection=_find_objection,
    forward=forward,
    rest=rest,
    spikes=spikes,
    building=allow_missing_cupy,
)
