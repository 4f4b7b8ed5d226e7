"""What stands for the gradient where integers have none: rounding, and spikes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

import torch
from torch import Tensor

Surrogate: TypeAlias = Callable[[Tensor], Tensor]
"""Distance from the threshold, in thresholds → slope of the spike."""


def triangle(distance: Tensor) -> Tensor:
    """max(0, 1 - |x|), which the experiments of SLTT used (Meng et al., ICCV 2023)."""
    return torch.clamp(1 - distance.abs(), min=0)


def arctangent(distance: Tensor) -> Tensor:
    """1 / (1 + (pi x)**2) (Fang et al., ICCV 2021)."""
    return 1 / (1 + (torch.pi * distance) ** 2)


SURROGATES: Mapping[str, Surrogate] = {"arctangent": arctangent, "triangle": triangle}


class _Straight(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, exact: Tensor, smooth: Tensor) -> Tensor:
        return exact.clone()  # an input may not be returned as it is

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor]:
        return None, grads[0]


class _Spike(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, fires: Tensor, apart: Tensor, scale: Tensor, surrogate: Surrogate
    ) -> Tensor:
        ctx.save_for_backward(apart, scale)
        ctx.surrogate = surrogate
        return fires.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor, None, None]:
        apart, scale = ctx.saved_tensors
        slope: Tensor = ctx.surrogate(apart / scale)
        return None, grads[0] * slope / scale, None, None


_straight = cast("Callable[[Tensor, Tensor], Tensor]", _Straight.apply)
_spike = cast("Callable[[Tensor, Tensor, Tensor, Surrogate], Tensor]", _Spike.apply)


def pass_straight(exact: Tensor, smooth: Tensor) -> Tensor:
    """The exact values, with the gradient of the smooth ones, of the same shape.

    The straight-through estimator (Bengio, Leonard and Courville 2013).
    """
    return _straight(exact.detach(), smooth) if smooth.requires_grad else exact


def spike(fires: Tensor, apart: Tensor, threshold: Tensor, surrogate: Surrogate) -> Tensor:
    """Spikes 0 or 1, with the slope of a surrogate.

    Args:
        fires: the spikes.
        apart: potential minus threshold, in codes.
        threshold: in codes; its magnitude is the width of the surrogate, one code at least.
        surrogate: its slope.
    """
    if not apart.requires_grad:
        return fires
    return _spike(fires, apart, threshold.detach().abs().clamp(min=1), surrogate)
