"""What spiking models share: their neurons, and stateless layers over ticks and batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, cast

from torch import Tensor, nn

Layer: TypeAlias = Callable[[Tensor], Tensor]


def leaky(threshold: float = 1.0) -> nn.Module:
    """Neurons with tau 2 that reset to zero, as Spikformer and its successors have them.

    h = v + (x - v) / 2;  s = h >= threshold;  v = h (1 - s)
    (Zhou et al., ICLR 2023; SpikingJelly 2.0.0, activation_based/neuron, LIFNode.)
    """
    from spikingjelly.activation_based import neuron, surrogate

    made = neuron.LIFNode(
        tau=2.0,
        v_threshold=threshold,
        surrogate_function=surrogate.ATan(),
        detach_reset=True,
        step_mode="m",
    )
    return cast("nn.Module", made)


def make_fading(decay: float) -> nn.Module:
    """Neurons of one tick per call that reset to zero: v <- decay v + x, a spike where v >= 1."""
    from spikingjelly.activation_based import neuron, surrogate

    made = neuron.LIFNode(
        tau=1 / (1 - decay),
        decay_input=False,
        surrogate_function=surrogate.ATan(),
        detach_reset=True,
    )
    return cast("nn.Module", made)


def make_counting(limit: int) -> nn.Module:
    """Neurons of one tick per call that add up their input, and fire and lose `limit` at it."""
    from spikingjelly.activation_based import neuron

    return cast("nn.Module", neuron.IFNode(v_threshold=float(limit), v_reset=None))


def parts(owner: nn.Module, name: str, *kinds: str) -> tuple[Layer, ...]:
    """The layers `name` with each of `kinds` put in place of its star."""
    return tuple(owner.get_submodule(name.replace("*", kind)) for kind in kinds)


def apply_at_once(x: Tensor, *layers: Layer) -> Tensor:
    """Stateless layers on `[ticks, batch, ...]`, the ticks taken as further samples."""
    y = x.flatten(0, 1)
    for layer in layers:
        y = layer(y)
    return y.reshape(*x.shape[:2], *y.shape[1:])


def rest(model: nn.Module) -> None:
    """Takes all neurons of a model back to rest."""
    from spikingjelly.activation_based import functional

    functional.reset_net(model)
