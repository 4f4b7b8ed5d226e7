"""The neurons of Sinabs 3.1 as ops, each equation with its source; no other library.

The equations are those of `sinabs/layers/functional`: a = exp(-1 / tau_mem), c = exp(-1 / tau_syn),
g = 1 - a with norm_input and 1 without. What fires is reset, and clipped at min_v_mem, within the
tick. Time constants count ticks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import cast

import sinabs
import torch
from sinabs import activation, layers
from torch import Tensor, nn

from snncc.ir import Op

from .expr import Expr
from .neurons import Fire, Library, NeuronKind, Site, class_among, folder_of

UNLIMITED = (1 << 15) - 1
"""Most spikes of a tick where the library sets no limit; what an int16 holds."""


def _number(value: object) -> Tensor:
    return torch.as_tensor(value, dtype=torch.float64).detach()


def _fade(module: nn.Module, state: str) -> Tensor | None:
    """What is left of a state after a tick; None where the layer has no such state."""
    value = getattr(module, f"alpha_{state}_calculated")
    return None if value is None else _number(value)


def _gain(module: nn.Module) -> Tensor:
    """What the potential takes of its input, the decay of a synaptic current included."""
    gain = 1 - _number(_fade(module, "mem")) if module.norm_input else torch.ones(())
    fade = _fade(module, "syn")
    return gain.double() if fade is None else gain * fade


def _threshold(module: nn.Module) -> Tensor:
    return _number(module.b0 if isinstance(module, layers.ALIF) else module.spike_threshold)


def _spiking(site: Site) -> dict[str, object]:
    """The fields of a spiking op that all layers share.

    sinabs 3.1.3, activation/spike_generation.py and reset_mechanism.py.
    """
    module, low = site.module, cast("Tensor | float | None", site.module.min_v_mem)
    threshold, amount = _threshold(module), _amount(module)
    floor = {} if low is None else {"floor": site.param(_number(low), "floor")}
    return {
        "bias": 0.0,
        "threshold": site.param(threshold, "threshold"),
        "compare": ">=",
        "reset": "value" if amount is None else "subtract",
        "reset_amount": 0.0 if amount is None else site.param(amount, "reset_amount"),
        "reset_order": "now",
        "spikes": _most(module),
        "refractory": 0,
        "initial": _initial(site),
        **floor,
    }


def _initial(site: Site) -> object:
    return site.param(site.initial["v_mem"], "initial") if "v_mem" in site.initial else 0.0


def _most(module: nn.Module) -> int:
    """Spikes of a tick: one, as many as the threshold fits into the potential, or up to a limit."""
    if module.spike_fn is activation.SingleSpike:
        return 1
    most = getattr(module.spike_fn, "max_num_spikes_per_bin", None)
    return UNLIMITED if most is None else int(most)


def _subtracts(module: nn.Module) -> bool:
    return isinstance(cast("object", module.reset_fn), activation.MembraneSubtract)


def _amount(module: nn.Module) -> Tensor | None:
    """What a spike subtracts; None where it resets to zero."""
    if not _subtracts(module):
        return None
    own = cast("float | None", getattr(module.reset_fn, "subtract_value", None))
    return _threshold(module) if own is None else _number(own)


def _rises(module: nn.Module) -> bool:
    """Whether a spike subtracts the threshold as it has risen, which differs from tick to tick."""
    own = getattr(module.reset_fn, "subtract_value", None)
    return isinstance(module, layers.ALIF) and _subtracts(module) and own is None


def _lif(site: Site) -> Op:
    """i = c (i + I), or I without tau_syn; v = a v + g i; n = trunc(v / th), or v >= th.

    The recurrent classes add what rec_connect makes of the last spikes to I. sinabs 3.1.3,
    layers/functional/lif.py, lif_forward_single and lif_recurrent.
    """
    decay = site.param(_number(_fade(site.module, "mem")), "decay")
    return _charged(site, "lif", {"decay": decay})


def _iaf(site: Site) -> Op:
    """v = v + I, or LIF's current with tau_syn; n = trunc(v / th), or v >= th.

    sinabs 3.1.3, layers/iaf.py: lif_forward_single with a = 1 and norm_input=False.
    """
    return _charged(site, "if", {})


def _charged(site: Site, keyword: str, leak: Mapping[str, object]) -> Op:
    fade = _fade(site.module, "syn")
    if fade is None:
        return site.loom.weaver.op(keyword, **leak, **_spiking(site))
    return site.loom.weaver.op(
        "cuba_lif",
        **{"decay": 1.0, **leak},
        current_decay=site.param(fade, "current_decay"),
        current_order="new",
        **_spiking(site),
    )


def _alif(site: Site) -> Op:
    """As LIF with th = b0 + adapt_scale b; then b = d b + (1 - d) n.

    d = exp(-1 / tau_adapt). Where a spike subtracts th itself, the op subtracts b0, and what b adds
    to it is taken off the input of the next tick. sinabs 3.1.3, layers/functional/alif.py,
    alif_forward_single.
    """
    module, fade = site.module, _number(_fade(site.module, "adapt"))
    step = _number(module.adapt_scale) * (1 - fade)
    return site.loom.weaver.op(
        "alif",
        decay=site.param(_number(_fade(module, "mem")), "decay"),
        adaptation_decay=site.param(fade, "adaptation_decay"),
        adaptation_step=site.param(step, "adaptation_step"),
        **_spiking(site),
    )


def _leak(site: Site) -> Op:
    """v = a v + g I, which is the output.

    sinabs 3.1.3, layers/exp_leak.py: lif_forward_single without spike_fn.
    """
    decay = site.param(_number(_fade(site.module, "mem")), "decay")
    return site.loom.weaver.op("li", decay=decay, bias=0.0, initial=_initial(site))


def _current(site: Site, current: Expr, states: Mapping[str, Expr]) -> Expr:
    return current


def _one(site: Site) -> float:
    return 1.0


def _kind(op: Callable[[Site], Op], **states: str) -> NeuronKind:
    return NeuronKind(tuple(states), {"spk": "", **states}, op, _current, _one)


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


def _named(module: nn.Module) -> str | None:
    return class_among(module, BASES, "sinabs")


def _objection(module: nn.Module) -> str:
    """Why a neuron of a known class cannot be expressed; empty if it can."""
    low = cast("Tensor | float | None", module.min_v_mem)
    if isinstance(module, layers.ExpLeak):
        return "" if low is None else "min_v_mem clips its output; leave it out"
    fires = (activation.SingleSpike, activation.MultiSpike)
    if module.spike_fn not in fires and not isinstance(module.spike_fn, activation.MaxSpike):
        return f"its spike_fn {module.spike_fn} is none of sinabs.activation"
    reset = cast("object", module.reset_fn)
    if not _subtracts(module) and not isinstance(reset, activation.MembraneReset):
        return f"its reset_fn {reset} is none of sinabs.activation"
    if getattr(reset, "reset_value", 0.0):
        return "MembraneReset adds its reset_value to all neurons, not to those alone that fired"
    threshold, amount = _threshold(module), _amount(module)
    if low is None:
        return ""
    if bool((_number(low) > 0).any()):
        return "its min_v_mem is above zero, where its potential starts"
    if bool((_number(low) >= threshold).any()):
        return "its min_v_mem is not below its threshold, so that silent neurons are lifted to it"
    if amount is not None and bool((amount > threshold).any()):
        return "a spike subtracts more than the threshold, and min_v_mem clips what is left"
    return ""


def _forward(module: nn.Module, kind: NeuronKind, fire: Fire) -> Callable[..., object]:
    """As in the library: `[batch, ticks, ...]`, or both merged; states are kept in the layer."""
    gain, adaptive = _gain(module), kind.op is _alif and _fade(module, "syn") is not None
    connected = cast("Callable[[Tensor], Tensor] | None", getattr(module, "rec_connect", None))
    kept: dict[str, Tensor] = {}

    def carried(name: str, x: Tensor) -> Tensor:
        return kept[name] if name in kept and kept[name].shape == x.shape else torch.zeros_like(x)

    def driven(x: Tensor, back: Tensor) -> Tensor:
        drive = x * gain
        if connected is not None:
            drive = drive + back
        if adaptive:  # the gain is that of the current too (alif_forward_single)
            drive = kept["current"] = carried("current", drive) * gain + drive
        return drive + carried("owed", drive) if _rises(module) else drive

    def forward(input_data: Tensor) -> Tensor:
        x = _unmerged(module, input_data)
        kept.pop("current", None)  # a call of ALIF does not hand it on to the next
        states = {key: _state(module, key, x) for key in kind.keys}
        back = torch.zeros_like(x[:, 0])
        spikes: list[Tensor] = []
        for tick in range(x.shape[1]):
            fired, states = fire(module, driven(x[:, tick], back), states)
            spikes.append(fired)
            if connected is not None:
                back = connected(fired).reshape(fired.shape) * gain
            if _rises(module):  # the op took off b0; what the threshold has risen by is still owed
                kept["owed"] = fired * states["b"] * -_number(_fade(module, "mem"))
        for key, state in states.items():
            setattr(module, key, state)
        out = torch.stack(spikes, 1)
        return out.flatten(0, 1) if isinstance(module, layers.SqueezeMixin) else out

    return forward


def _state(module: nn.Module, key: str, x: Tensor) -> Tensor:
    kept = cast("Tensor", getattr(module, key))
    return kept if kept.shape == x[:, 0].shape else torch.zeros_like(x[:, 0])


def _unmerged(module: nn.Module, x: Tensor) -> Tensor:
    """`[batch, ticks, ...]`, from `[batch * ticks, ...]` where the layer is a Squeeze one."""
    if not isinstance(module, layers.SqueezeMixin):
        return x
    folded = cast("int", module.batch_size), cast("int", module.num_timesteps)
    return x.reshape(*folded, *x.shape[1:])


def _rest(model: nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, layers.StatefulLayer):
            for key in module._buffers:  # pyright: ignore[reportPrivateUsage]
                setattr(module, key, torch.zeros(0))


def _sized(model: nn.Module, samples: int) -> None:
    """Layers that fold batch and ticks into one axis are built for one size of batch."""
    for module in model.modules():
        if isinstance(module, layers.SqueezeMixin):
            vars(module).update(batch_size=samples, num_timesteps=-1)
        elif isinstance(module, layers.UnflattenTime):
            vars(module).update(batch_size=samples)


def _spikes(module: nn.Module, returned: object) -> Sequence[Tensor]:
    return _unmerged(module, cast("Tensor", returned)).unbind(1)


LIBRARY = Library(
    package="sinabs",
    name="Sinabs",
    version=version("sinabs"),
    known=("3.1.",),
    folder=folder_of(sinabs),
    kinds=KINDS,
    refused=REFUSED,
    named=_named,
    objection=_objection,
    forward=_forward,
    rest=_rest,
    spikes=_spikes,
    sized=_sized,
    states=frozenset({"v_mem", "i_syn", "b", "spike_threshold"}),
)
