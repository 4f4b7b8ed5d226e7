"""Networks of Rockpool's torch modules, as users write them, and such as are refused; no tests."""

from __future__ import annotations

import torch
from rockpool.nn.combinators import Residual, Sequential
from rockpool.nn.modules import (
    ExpSynTorch,
    LIFBitshiftTorch,
    LIFNeuronTorch,
    LIFTorch,
    LinearTorch,
    RateTorch,
    UpDownTorch,
    aLIFTorch,
)
from rockpool.nn.modules.torch.lif_torch import PeriodicExponential
from torch import Tensor, nn

QUICK = {"dt": 1e-3, "tau_mem": 0.006, "tau_syn": 0.004}


def dense(inputs: int, outputs: int) -> nn.Module:
    """A layer whose currents make neurons fire."""
    return LinearTorch((inputs, outputs), weight=torch.randn(inputs, outputs) + 0.1)


def feed_forward() -> nn.Module:
    return Sequential(dense(6, 9), LIFTorch(9, **QUICK), dense(9, 4), LIFTorch(4, **QUICK))


def recurrent() -> nn.Module:
    back = LIFTorch(9, has_rec=True, w_rec=torch.randn(9, 9) / 4, **QUICK)
    return Sequential(dense(6, 9), back, dense(9, 4), LIFTorch(4, **QUICK))


def biased() -> nn.Module:
    first = LIFTorch(9, bias=torch.linspace(-0.1, 0.2, 9), **QUICK)
    return Sequential(dense(6, 9), first, dense(9, 4), LIFTorch(4, **QUICK))


def biased_and_recurrent() -> nn.Module:
    bias, back = torch.linspace(-0.1, 0.2, 9), torch.randn(9, 9) / 4
    return Sequential(dense(6, 9), LIFTorch(9, bias=bias, has_rec=True, w_rec=back, **QUICK))


def a_parameter_per_neuron() -> nn.Module:
    many = LIFTorch(
        9,
        tau_mem=torch.empty(9).uniform_(0.003, 0.02),
        tau_syn=torch.empty(9, 1).uniform_(0.003, 0.02),
        threshold=torch.empty(9).uniform_(0.5, 1.5),
        dt=1e-3,
    )
    return Sequential(dense(6, 9), many, dense(9, 4), LIFTorch(4, **QUICK))


def decays() -> nn.Module:
    first = LIFTorch(9, leak_mode="decays", alpha=torch.tensor(0.8), beta=torch.tensor(0.5))
    return Sequential(dense(6, 9), first, dense(9, 4), LIFTorch(4, **QUICK))


def bit_shifts() -> nn.Module:
    first = LIFTorch(
        9, leak_mode="bitshifts", dash_mem=torch.tensor(2.0), dash_syn=torch.tensor(1.0)
    )
    return Sequential(dense(6, 9), first, dense(9, 4), ExpSynTorch(4, tau=0.01))


def neurons_alone() -> nn.Module:
    other = LIFNeuronTorch(4, tau_mem=0.005, bias=torch.full((4,), 0.05))
    return Sequential(dense(6, 9), LIFNeuronTorch(9, tau_mem=0.005), dense(9, 4), other)


def few_spikes() -> nn.Module:
    first = LIFTorch(9, max_spikes_per_dt=torch.tensor(2.0), **QUICK)
    second = LIFTorch(4, spike_generation_fn=PeriodicExponential, **QUICK)
    return Sequential(dense(6, 9), first, dense(9, 4), second)


def residual() -> nn.Module:
    inner = Residual(dense(9, 9), LIFTorch(9, **QUICK))
    return Sequential(dense(6, 9), LIFTorch(9, **QUICK), inner, dense(9, 4), LIFTorch(4, **QUICK))


class Mixed(nn.Module):
    """Modules of Rockpool in one of the user's own, with a convolution and batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv1d(1, 3, 3), nn.BatchNorm1d(3)
        self.norm.running_var.uniform_(0.1, 0.4)
        self.pool, self.one = nn.AvgPool1d(2), LIFTorch(6, **QUICK)
        self.head, self.two = nn.Linear(6, 4), LIFNeuronTorch(4, tau_mem=0.01)

    def forward(self, x: Tensor) -> Tensor:
        flat = self.pool(self.norm(self.conv(x.flatten(0, 1).unsqueeze(1))))
        spikes, _, _ = self.one(flat.flatten(1).unflatten(0, x.shape[:2]))
        out, _, _ = self.two(2 * self.head(spikes))
        return out.sum(1)


def mixed() -> nn.Module:
    return Mixed()


# --- refused --------------------------------------------------------------------------------------


def noisy() -> nn.Module:
    return Sequential(dense(6, 9), LIFTorch(9, noise_std=0.1, **QUICK))


def two_synapses() -> nn.Module:
    return Sequential(dense(6, 18), LIFTorch((18, 9), **QUICK))


def as_a_chip() -> nn.Module:
    return Sequential(dense(6, 9), LIFBitshiftTorch(9, dt=1e-3))


def adaptive() -> nn.Module:
    return Sequential(dense(6, 9), aLIFTorch(9, dt=1e-3))


def rates() -> nn.Module:
    return Sequential(dense(6, 9), RateTorch(9))


def analog() -> nn.Module:
    return Sequential(UpDownTorch(6), LIFTorch(12, **QUICK))


class Leaning(LIFTorch):
    """Neurons that add something of their own."""

    def forward(self, input_data: Tensor) -> Tensor:
        return super().forward(input_data + 0.1)


def derived() -> nn.Module:
    return Sequential(dense(6, 9), Leaning(9, **QUICK))
