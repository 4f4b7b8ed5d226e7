"""What a call of a Sinabs 3.1 layer does around its dynamics: ticks, folded batches, states.

And what of a layer both the call and the op must know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import torch
from sinabs import activation, layers
from torch import Tensor, nn

from .library import Fire, NeuronKind


def number(value: object) -> Tensor:
    """A parameter, float64."""
    return torch.as_tensor(value, dtype=torch.float64).detach()


def find_decay(module: nn.Module, state: str) -> Tensor | None:
    """What is left of a state after a tick; None where the layer has no such state."""
    value = getattr(module, f"alpha_{state}_calculated")
    return None if value is None else number(value)


def gain_of(module: nn.Module) -> Tensor:
    """What the potential takes of its input, the decay of a synaptic current included."""
    gain = 1 - number(find_decay(module, "mem")) if module.norm_input else torch.ones(())
    fade = find_decay(module, "syn")
    return gain.double() if fade is None else gain * fade


def subtracts(module: nn.Module) -> bool:
    """Whether a spike takes something off the potential, rather than put it to zero."""
    return isinstance(cast("object", module.reset_fn), activation.MembraneSubtract)


def rises(module: nn.Module) -> bool:
    """Whether a spike subtracts the threshold as it has risen, which differs from tick to tick."""
    own = getattr(module.reset_fn, "subtract_value", None)
    return isinstance(module, layers.ALIF) and subtracts(module) and own is None


def forward(module: nn.Module, kind: NeuronKind, fire: Fire) -> Callable[..., object]:
    """As in the library: `[batch, ticks, ...]`, or both merged; states are kept in the layer."""
    gain, adaptive = (
        gain_of(module),
        isinstance(module, layers.ALIF) and find_decay(module, "syn") is not None,
    )
    connected = cast("Callable[[Tensor], Tensor] | None", getattr(module, "rec_connect", None))
    kept: dict[str, Tensor] = {}

    def carry(name: str, x: Tensor) -> Tensor:
        return kept[name] if name in kept and kept[name].shape == x.shape else torch.zeros_like(x)

    def add_recurrent(x: Tensor, back: Tensor) -> Tensor:
        drive = x * gain
        if connected is not None:
            drive = drive + back
        if adaptive:  # the gain is that of the current too (alif_forward_single)
            drive = kept["current"] = carry("current", drive) * gain + drive
        return drive + carry("owed", drive) if rises(module) else drive

    def run(input_data: Tensor) -> Tensor:
        x = _unmerge(module, input_data)
        kept.pop("current", None)  # a call of ALIF does not hand it on to the next
        states = {key: _state(module, key, x) for key in kind.keys}
        back = torch.zeros_like(x[:, 0])
        rows: list[Tensor] = []
        for tick in range(x.shape[1]):
            fired, states = fire(module, add_recurrent(x[:, tick], back), states)
            rows.append(fired)
            if connected is not None:
                back = connected(fired).reshape(fired.shape) * gain
            if rises(module):  # the op took off b0; what the threshold has risen by is still owed
                kept["owed"] = fired * states["b"] * -number(find_decay(module, "mem"))
        for key, state in states.items():
            setattr(module, key, state)
        out = torch.stack(rows, 1)
        return out.flatten(0, 1) if isinstance(module, layers.SqueezeMixin) else out

    return run


def _state(module: nn.Module, key: str, x: Tensor) -> Tensor:
    kept = cast("Tensor", getattr(module, key))
    return kept if kept.shape == x[:, 0].shape else torch.zeros_like(x[:, 0])


def _unmerge(module: nn.Module, x: Tensor) -> Tensor:
    """`[batch, ticks, ...]`, from `[batch * ticks, ...]` where the layer is a Squeeze one."""
    if not isinstance(module, layers.SqueezeMixin):
        return x
    folded = cast("int", module.batch_size), cast("int", module.num_timesteps)
    return x.reshape(*folded, *x.shape[1:])


def rest(model: nn.Module) -> None:
    """Puts the layers of a model to the state before tick 0."""
    for module in model.modules():
        if isinstance(module, layers.StatefulLayer):
            for key, _ in [*module.named_buffers(recurse=False, remove_duplicate=False)]:
                setattr(module, key, torch.zeros(0))


def set_batch(model: nn.Module, samples: int) -> None:
    """Layers that fold batch and ticks into one axis are built for one size of batch."""
    for module in model.modules():
        if isinstance(module, layers.SqueezeMixin):
            vars(module).update(batch_size=samples, num_timesteps=-1)
        elif isinstance(module, layers.UnflattenTime):
            vars(module).update(batch_size=samples)


def spikes(module: nn.Module, returned: object) -> Sequence[Tensor]:
    """The spikes of a call, one tensor `[batch, ...]` for each tick."""
    return _unmerge(module, cast("Tensor", returned)).unbind(1)
