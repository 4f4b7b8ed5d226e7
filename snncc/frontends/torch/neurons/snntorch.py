"""The neurons of snnTorch 0.9 and 1.0 as ops, each equation with its source; no other library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import cast

import snntorch
import torch
from torch import Tensor, nn

from snncc.ir import ImportRefused, Op

from ..expressions.expr import Expr
from ..operations.layers import convolve_bordered, project
from .library import (
    Fire,
    Library,
    NeuronKind,
    Site,
    SpikeFunction,
    class_among,
    comparison,
    folder_of,
)

VERSION = version("snntorch")

RESETS = {0: "subtract", 1: "value", 2: "none"}
"""`reset_mechanism_val` (snnTorch 1.0.0, _neurons/neurons.py, SpikingNeuron.reset_dict) → reset."""
STATE_FUNCTIONS = {"_base_sub": 0, "_base_zero": 1, "_base_int": 2}


def _number(site: Site, name: str) -> Tensor:
    value = getattr(site.module, name)
    assert isinstance(value, Tensor), f"{name} is not a tensor"
    return value.detach().double()


def _unit(site: Site, name: str) -> Tensor:
    """A decay, clamped to [0, 1] as the library does at run time."""
    return _number(site, name).clamp(0, 1)


def _reset(
    site: Site, zero: str, subtract: str = "after-decay", none: str = "now"
) -> dict[str, object]:
    """The fields of a spiking op that say what happens after a spike.

    Args:
        zero: reset order of the delayed reset to zero, which differs from class to class.
        subtract: of the delayed reset by subtraction.
        none: where nothing is reset.
    """
    module = site.module
    kind = int(cast("Tensor", module.reset_mechanism_val))
    threshold = _number(site, "threshold")
    order = zero if RESETS[kind] == "value" else subtract
    if not getattr(module, "reset_delay", True):
        # Subtraction: u = ...; spk = u > th; mem = u - (spk - R) th. Zero: mem = u - (spk - R) u,
        # where R is always 0, because a potential that fired is 0 and the threshold is positive.
        order = "rechecked" if RESETS[kind] == "subtract" else "now"
        if RESETS[kind] == "value" and bool((threshold < 0).any()):
            raise ImportRefused("reset to zero without delay, and a threshold below zero")
    if "mem" in site.initial and RESETS[kind] == "value" and order == "now":
        raise ImportRefused("reset to zero without delay, and a potential that starts above zero")
    initial = site.initial.get("mem")
    return {
        "bias": 0.0,
        "threshold": site.param(threshold, "threshold"),
        # snnTorch 1.0.0, surrogate.py: all compare with `>`; a user's own may compare with `>=`.
        "compare": comparison(cast("SpikeFunction", module.spike_grad)),
        "reset": RESETS[kind],
        "reset_amount": site.param(threshold, "threshold") if RESETS[kind] == "subtract" else 0.0,
        "reset_order": order if RESETS[kind] != "none" else none,
        "spikes": 1,
        "refractory": 0,
        "initial": 0.0 if initial is None else site.param(initial, "initial"),
    }


def _leaky(site: Site) -> Op:
    """mem = beta mem + I - R th; or, reset to zero, beta (1 - R) mem + I. R: mem before > th.

    snnTorch 1.0.0, _neurons/leaky.py, Leaky._base_sub and _base_zero.
    """
    decay = site.param(_unit(site, "beta"), "decay")
    return site.loom.weaver.op("lif", decay=decay, **_reset(site, zero="before-decay"))


def _rleaky(site: Site) -> Op:
    """As Leaky with recurrent current; reset to zero gives (1 - R) (beta mem + I).

    snnTorch 1.0.0, _neurons/rleaky.py, RLeaky._base_zero.
    """
    decay = site.param(_unit(site, "beta"), "decay")
    return site.loom.weaver.op("lif", decay=decay, **_reset(site, zero="after-input"))


def _synaptic(site: Site) -> Op:
    """syn = alpha syn + I; mem = beta mem + syn - R th; or (1 - R) (beta mem + syn).

    snnTorch 1.0.0, _neurons/synaptic.py and rsynaptic.py, _base_sub and _base_zero.
    """
    if "syn" in site.initial:
        raise ImportRefused("a synaptic current that does not start at zero")
    return site.loom.weaver.op(
        "cuba_lif",
        decay=site.param(_unit(site, "beta"), "decay"),
        current_decay=site.param(_unit(site, "alpha"), "current_decay"),
        current_order="new",
        **_reset(site, zero="after-input"),
    )


def _lapicque(site: Site) -> Op:
    """mem = (1 - dt / (R C)) mem + I dt / C; resets as RLeaky.

    snnTorch 1.0.0, _neurons/lapicque.py, Lapicque._base_state_function.
    """
    R, C, dt = (_number(site, name) for name in ("R", "C", "time_step"))
    decay = site.param(1 - dt / (R * C), "decay")
    return site.loom.weaver.op("lif", decay=decay, **_reset(site, zero="after-input"))


def _alpha(site: Site) -> Op:
    """syn_exc = alpha syn_exc + I; syn_inh = beta syn_inh - I; mem = tau (syn_exc + syn_inh).

    tau = ln alpha / (ln beta - ln alpha) + 1. snnTorch 1.0.0, _neurons/alpha.py.
    """
    if site.initial:
        raise ImportRefused("an alpha neuron that does not start at rest")
    rise, fall = _unit(site, "alpha"), _unit(site, "beta")
    gain = rise.log() / (fall.log() - rise.log()) + 1
    return site.loom.weaver.op(
        "alpha_lif",
        rise=site.param(rise, "rise"),
        fall=site.param(fall, "fall"),
        gain=site.param(gain, "gain"),
        **_reset(site, zero="after-input", subtract="after-input", none="after-input"),
    )


def _current(site: Site, current: Expr, states: Mapping[str, Expr]) -> Expr:
    return current


def _scale(site: Site, current: Expr, states: Mapping[str, Expr]) -> Expr:
    """Lapicque's input: I R (1 / (R C)) dt, in that order, so that rounding is the library's."""
    R, C, dt = (_number(site, name) for name in ("R", "C", "time_step"))
    for factor in (R, 1 / (R * C), dt):
        if bool((factor != 1).any()):
            current = site.loom.weaver.apply("product", (current, site.signal(factor)))
    return current


def _recurrent(site: Site, current: Expr, states: Mapping[str, Expr]) -> Expr:
    """The input, and the spikes of the tick before through the recurrent connections."""
    recurrent, spikes = cast("nn.Module", site.module.recurrent), states["spk"]
    if isinstance(recurrent, nn.Linear):
        back = project(site.loom.weaver, spikes, recurrent.weight, recurrent.bias)
    elif isinstance(recurrent, nn.Conv2d):
        back = convolve_bordered(site.loom.weaver, spikes, recurrent)
    else:  # RecurrentOneToOne
        V = cast("Tensor", recurrent.V).detach()
        back = site.loom.weaver.apply("product", (spikes, site.signal(V)))
    return site.loom.weaver.apply("sum", (current, back))


def _grade(site: Site) -> Tensor | float:
    return _number(site, "graded_spikes_factor")


def _kind(
    keys: str, op: Callable[[Site], Op], drive: Callable[..., Expr] = _current, **states: str
) -> NeuronKind:
    names = tuple(keys.split())
    signals = {"spk": "", "mem": "v", "syn": "i", **states}
    return NeuronKind(names, {key: signals[key] for key in ("spk", *names)}, op, drive, _grade)


KINDS: Mapping[str, NeuronKind] = {
    "Leaky": _kind("mem", _leaky),
    "Synaptic": _kind("syn mem", _synaptic),
    "RLeaky": _kind("spk mem", _rleaky, _recurrent),
    "RSynaptic": _kind("spk syn mem", _synaptic, _recurrent),
    "Lapicque": _kind("mem", _lapicque, _scale),
    "Alpha": _kind("syn_exc syn_inh mem", _alpha, syn_exc="e", syn_inh="h"),
}
"""Class → what it is here. The classes are equal in 0.9.4 and 1.0.0, file by file."""


REFUSED: Mapping[str, str] = {
    "": "it has no exact counterpart",
    "LeakyParallel": "its potential stays above zero, and a matrix mixes the neurons; use Leaky",
    "StateLeaky": "it never fires, and is computed over all ticks at once; use Leaky",
    "LinearLeaky": "it never fires, and is computed over all ticks at once; use Linear and Leaky",
    "DeltaLeaky": "it fires where its potential moves, not where it crosses a threshold",
    "SLSTM": "its potential is the output of an LSTM cell",
    "SConv2dLSTM": "its potential is the output of an LSTM cell",
    "AssociativeLeaky": "its state is a matrix, computed over all ticks at once",
}
"""Class → why no op expresses it."""


def _find_name(module: nn.Module) -> str | None:
    bases = (snntorch.SpikingNeuron, snntorch.LeakyParallel)
    return class_among(module, bases, "snntorch")


def _find_objection(module: nn.Module) -> str:
    """Why a neuron of a known class cannot be expressed; empty if it can."""
    loaded = int(cast("Tensor", module.reset_mechanism_val))
    if loaded not in RESETS:
        known = ", ".join(f"{number} ({reset})" for number, reset in RESETS.items())
        return f"reset_mechanism_val is {loaded}, expected {known}"
    built = STATE_FUNCTIONS.get(getattr(module.state_function, "__name__", ""), loaded)
    if module.inhibition:
        return "inhibition=True lets one neuron silence all others, which no op here expresses"
    if module.state_quant:
        return "state_quant rounds the states in a way of its own; quantize with snncc instead"
    if loaded != built:
        return (
            f"it was built with reset '{RESETS[built]}', and its reset_mechanism was set to "
            f"'{RESETS[loaded]}' later, by the weights or by hand, which does not change what it "
            "computes: build it with the reset it was trained with"
        )
    if _find_name(module) == "RSynaptic" and not module.reset_delay:
        return "RSynaptic(reset_delay=False) cannot run: snnTorch itself fails in its forward"
    return ""


def _forward(module: nn.Module, kind: NeuronKind, fire: Fire) -> Callable[..., object]:
    """As in the library: states passed are kept, and what is kept of another shape starts over."""

    def forward(input_: Tensor, *given: Tensor | None, **named: Tensor | None) -> object:
        passed = {**dict(zip(kind.keys, given, strict=False)), **named}
        if module.init_hidden and any(v is not None for v in passed.values()):
            raise TypeError("states are passed although init_hidden=True")
        for key, state in passed.items():
            if state is not None:
                setattr(module, key, state)
        states: dict[str, Tensor] = {}
        for key in kind.keys:
            kept = getattr(module, key)
            states[key] = kept if kept.shape == input_.shape else torch.zeros_like(input_)
        spikes, after = fire(module, input_, states)
        for key, state in after.items():
            setattr(module, key, state)
        rest = tuple(spikes if key == "spk" else after[key] for key in kind.keys)
        if module.init_hidden and not module.output:
            return spikes
        return (*rest,) if kind.keys[0] == "spk" else (spikes, *rest)

    return forward


def _rest(model: nn.Module) -> None:
    for module in model.modules():
        kind = KINDS.get(_find_name(module) or "")
        for key in kind.keys if kind else ():
            setattr(module, key, torch.zeros(0))


def _spikes(module: nn.Module, returned: object) -> tuple[Tensor]:
    first = returned[0] if isinstance(returned, tuple) else returned
    assert isinstance(first, Tensor), "a neuron returned no tensor"
    # Graded spikes are compared with silence only; what they count is the next node's matter.
    return (first != 0,)


LIBRARY = Library(
    package="snntorch",
    name="snnTorch",
    version=VERSION,
    known=("0.9.", "1.0."),
    folder=folder_of(snntorch),
    kinds=KINDS,
    refused=REFUSED,
    named=_find_name,
    objection=_find_objection,
    forward=_forward,
    rest=_rest,
    spikes=_spikes,
)
