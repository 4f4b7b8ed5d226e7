"""Layers as training leaves them, for the networks of several libraries; no tests."""

from __future__ import annotations

import torch
from torch import nn


def strong(inputs: int, outputs: int, gain: float = 3.0) -> nn.Linear:
    """A linear layer whose currents make neurons fire."""
    layer = nn.Linear(inputs, outputs)
    with torch.no_grad():
        layer.weight *= gain
        layer.bias += 0.2
    return layer


def normed(channels: int) -> nn.BatchNorm2d:
    """Batch norm as it is after training."""
    norm = nn.BatchNorm2d(channels)
    with torch.no_grad():
        norm.running_mean.uniform_(-0.2, 0.2)
        norm.running_var.uniform_(0.1, 0.5)
        norm.weight.uniform_(0.8, 2.0)
        norm.bias.uniform_(0.0, 0.4)
    return norm
