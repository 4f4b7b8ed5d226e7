"""The neurons of Rockpool 3.1 as ops, each equation with its source; no other library.

Files are those of `rockpool/nn/modules/torch`; alpha = exp(-dt / tau_mem), beta = exp(-dt /
tau_syn), or what decays and bit shifts give. Several spikes may be fired in a tick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import cast

import rockpool
import torch
from rockpool.nn.modules import (
    ExpSynTorch,
    LIFBitshiftTorch,
    LIFNeuronTorch,
    RateTorch,
    UpDownTorch,
    aLIFTorch,
)
from rockpool.nn.modules.torch.lif_torch import LIFBaseTorch
from torch import Tensor, nn
from torch.nn import functional

from snncc.ir import Op

from ..expressions.expr import Expr
from .library import Fire, Library, NeuronKind, Site, class_among, folder_of


def _number(module: nn.Module, name: str) -> Tensor:
    return torch.as_tensor(getattr(module, name), dtype=torch.float64).detach()


def _alpha(module: nn.Module) -> Tensor:
    if isinstance(module, LIFBaseTorch):
        return _number(module, "alpha")
    return torch.exp(-cast("float", module.dt) / _number(module, "tau_mem"))


def _beta(module: nn.Module) -> Tensor:
    if isinstance(module, LIFBaseTorch):
        beta = _number(module, "beta")
        return beta[..., 0] if beta.ndim else beta
    return torch.exp(-cast("float", module.dt) / _number(module, "tau"))


def _has_bias(module: nn.Module) -> bool:
    return bool(_number(module, "bias").any())


def _describe_spiking(site: Site) -> dict[str, object]:
    """The fields of a spiking op: n = floor(v / th) where v >= th; v = v - n th (StepPWL)."""
    module = site.module
    threshold = site.param(_number(module, "threshold"), "threshold")
    return {
        "bias": site.param(_number(module, "bias"), "bias"),
        "threshold": threshold,
        "compare": ">=",
        "reset": "subtract",
        "reset_amount": threshold,
        "reset_order": "now",
        "spikes": int(_number(module, "max_spikes_per_dt")),
        "refractory": 0,
        "initial": 0.0,
    }


def _lif(site: Site) -> Op:
    """i = beta (i + I + w_rec s); v = alpha v + i + bias; n = floor(v / th); v = v - n th.

    A bias belongs to the potential alone: where there is one, i is a node of its own. rockpool
    3.1.0, lif_torch.py, LIFTorch.forward.
    """
    module = site.module
    decay = site.param(_alpha(module), "decay")
    if _has_bias(module):
        return site.loom.weaver.op("lif", decay=decay, **_describe_spiking(site))
    return site.loom.weaver.op(
        "cuba_lif",
        decay=decay,
        current_decay=site.param(_beta(module), "current_decay"),
        current_order="new",
        **_describe_spiking(site),
    )


def _neuron(site: Site) -> Op:
    """v = alpha v + I + bias; n = floor(v / th); v = v - n th.

    rockpool 3.1.0, lif_neuron_torch.py, LIFNeuronTorch.forward.
    """
    decay = site.param(_alpha(site.module), "decay")
    return site.loom.weaver.op("lif", decay=decay, **_describe_spiking(site))


def _synapse(site: Site) -> Op:
    """i = beta (i + I), which is the output.

    rockpool 3.1.0, exp_syn_torch.py, ExpSynTorch.forward.
    """
    decay = site.param(_beta(site.module), "decay")
    return site.loom.weaver.op("li", decay=decay, bias=0.0, initial=0.0)


def _current(site: Site, current: Expr, states: Mapping[str, Expr]) -> Expr:
    return current


def _return_one(site: Site) -> float:
    return 1.0


def _kind(op: Callable[[Site], Op], state: str) -> NeuronKind:
    return NeuronKind((state,), {"spk": "", state: "v"}, op, _current, _return_one)


KINDS: Mapping[str, NeuronKind] = {
    "LIFTorch": _kind(_lif, "vmem"),
    "LIFNeuronTorch": _kind(_neuron, "vmem"),
    "ExpSynTorch": _kind(_synapse, "isyn"),
}
"""Class → what it is here."""

REFUSED: Mapping[str, str] = {
    "": "it has no exact counterpart",
    "LIFBitshiftTorch": "it rounds its leaks as one chip does; use LIFTorch",
    "aLIFTorch": "its spikes drive a current of their own beside the synaptic one",
    "RateTorch": "it does not spike",
    "UpDownTorch": "it turns an analog signal into spikes; encode the data beforehand",
}
"""Class → why no op expresses it."""

BASES = (
    LIFBaseTorch,
    LIFNeuronTorch,
    ExpSynTorch,
    RateTorch,
    UpDownTorch,
    LIFBitshiftTorch,
    aLIFTorch,
)


def _find_name(module: nn.Module) -> str | None:
    return class_among(module, BASES, "rockpool")


def _find_objection(module: nn.Module) -> str:
    """Why a neuron of a known class cannot be expressed; empty if it can."""
    if bool(_number(module, "noise_std").any()):
        return "noise_std adds noise to its potential; set it to zero"
    if getattr(module, "n_synapses", 1) != 1:
        return f"{module.n_synapses} synapses with leaks of their own meet in each neuron"
    function = getattr(module, "spike_generation_fn", None)
    name = getattr(getattr(function, "__self__", None), "__name__", "StepPWL")
    if name not in ("StepPWL", "PeriodicExponential"):
        return f"its spike_generation_fn {name} is not one of Rockpool's"
    if function is not None and not bool((_number(module, "threshold") > 0).all()):
        return "its threshold is not above zero"
    return ""


def _forward(module: nn.Module, kind: NeuronKind, fire: Fire) -> Callable[..., object]:
    """As in the library: `[batch, ticks, neurons]`, each call from the module's own states."""
    synaptic = isinstance(module, LIFBaseTorch)
    gain = torch.ones(()) if isinstance(module, LIFNeuronTorch) else _beta(module)
    apart = synaptic and _has_bias(module)
    # Rockpool gives no public word for whether w_rec is in use.
    recurrent = synaptic and bool(module._has_rec)  # pyright: ignore[reportPrivateUsage]
    weights = cast("Tensor | None", module.w_rec if recurrent else None)

    def forward(input_data: Tensor) -> Tensor:
        x = input_data.expand(*input_data.shape[:-1], cast("int", module.size_in))
        states = {key: torch.zeros_like(x[:, 0]) for key in kind.keys}
        current, fired = torch.zeros_like(x[:, 0]), torch.zeros_like(x[:, 0])
        spikes: list[Tensor] = []
        for tick in range(x.shape[1]):
            drive = x[:, tick] * gain
            if weights is not None:
                drive = drive + functional.linear(fired, weights.T) * gain
            if apart:
                current = drive = current * gain + drive
            fired, states = fire(module, drive, states)
            spikes.append(fired)
        return torch.stack(spikes, 1)

    return forward


def _rest(model: nn.Module) -> None:
    for module in model.modules():
        for key in ("vmem", "isyn", "spikes"):
            if _find_name(module) in KINDS and key in dict(module.named_buffers(recurse=False)):
                setattr(module, key, torch.zeros_like(getattr(module, key)))


def _spikes(module: nn.Module, returned: object) -> Sequence[Tensor]:
    return cast("Tensor", returned).unbind(1)


LIBRARY = Library(
    package="rockpool",
    name="Rockpool",
    version=version("rockpool"),
    known=("3.1.",),
    folder=folder_of(rockpool),
    kinds=KINDS,
    refused=REFUSED,
    named=_find_name,
    objection=_find_objection,
    forward=_forward,
    rest=_rest,
    spikes=_spikes,
    states=frozenset({"vmem", "isyn", "spikes"}),
)
