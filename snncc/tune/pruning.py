"""Which weights become zero: those of least magnitude, more of them from epoch to epoch."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

REACHED = 0.5
"""Share of the epochs after which as many weights are zero as were asked for."""


def choose_share(sparsity: float, epoch: int, epochs: int) -> float:
    """Share of weights that are zero in an epoch, from 0: s (1 - (1 - t)**3), t up to one.

    The schedule is that of Zhu and Gupta, "To prune, or not to prune" (2017).
    """
    t = min(1.0, (epoch + 1) / max(1.0, REACHED * epochs))
    return sparsity * (1 - (1 - t) ** 3)


def prune(weights: Mapping[str, Tensor], share: float) -> Mapping[str, Tensor]:
    """Sets the least weights to zero, in place; name → 1 where a weight is left, else 0.

    Magnitudes count in the mean square root of their tensor, so that one threshold does for all.

    Args:
        weights: by name; those of which each neuron has one alone, and biases, stay.
        share: of all weights that are zero then, those that were so before included.
    """
    matrices = {name: values for name, values in weights.items() if values[:1].numel() > 1}
    if not matrices:
        return {}
    scaled = {name: _scale(values.detach()) for name, values in matrices.items()}
    every = torch.cat([magnitudes.flatten() for magnitudes in scaled.values()])
    count = int(share * every.numel())
    if count < 1:
        return {name: (values != 0).to(values.dtype) for name, values in scaled.items()}
    limit = every.kthvalue(count).values
    masks = {name: (values > limit).to(values.dtype) for name, values in scaled.items()}
    keep_zero(matrices, masks)
    return masks


def keep_zero(weights: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> None:
    """Sets weights back to zero that are to stay so, in place."""
    with torch.no_grad():
        for name, mask in masks.items():
            weights[name].mul_(mask)


def _scale(values: Tensor) -> Tensor:
    return values.abs() / values.square().mean().sqrt().clamp(min=1e-30)
