"""What SpikingJelly's `cext` computes with CUDA, in PyTorch: stands in for its `_C_neuron`.

Only what its neurons call in eval mode.

SpikingJelly 0.0.0.0.12, cext/csrc/neuron/neuron.cu: charge, fire where the potential is not below
the threshold, reset to `v_reset`.
"""

from __future__ import annotations

import torch
from torch import Tensor


def IF_hard_reset_forward(  # noqa: N802  # their name
    x: Tensor, v: Tensor, threshold: float, v_reset: float
) -> tuple[Tensor, Tensor]:
    """Spikes and potentials after one tick of integrate-and-fire neurons."""
    return _fire(v + x, threshold, v_reset)


def LIF_hard_reset_forward(  # noqa: N802
    x: Tensor, v: Tensor, threshold: float, v_reset: float, reciprocal_tau: float
) -> tuple[Tensor, Tensor]:
    """The same of leaky ones, whose input leaks too."""
    return _fire(v + (x - (v - v_reset)) * reciprocal_tau, threshold, v_reset)


def IF_hard_reset_fptt(  # noqa: N802
    x: Tensor, v: Tensor, threshold: float, v_reset: float
) -> tuple[Tensor, Tensor]:
    """All ticks `[T, ...]`, and the potentials after the last."""
    spikes: list[Tensor] = []
    for tick in x:
        spike, v = IF_hard_reset_forward(tick, v, threshold, v_reset)
        spikes.append(spike)
    return torch.stack(spikes), v


def LIF_hard_reset_fptt(  # noqa: N802
    x: Tensor, v: Tensor, threshold: float, v_reset: float, reciprocal_tau: float
) -> tuple[Tensor, Tensor]:
    """The same of leaky ones."""
    spikes: list[Tensor] = []
    for tick in x:
        spike, v = LIF_hard_reset_forward(tick, v, threshold, v_reset, reciprocal_tau)
        spikes.append(spike)
    return torch.stack(spikes), v


def _fire(charged: Tensor, threshold: float, v_reset: float) -> tuple[Tensor, Tensor]:
    spike = (charged >= threshold).to(charged.dtype)
    return spike, spike * v_reset + (1 - spike) * charged
