"""Models whose parts are built otherwise: lazily, by TorchScript, out of constants; no tests."""

from __future__ import annotations

import snntorch as snn
import torch
from spikingjelly.activation_based import neuron
from torch import Tensor, nn

from tests.frontends.layers import normed, strong


def leaky() -> snn.Leaky:
    return snn.Leaky(beta=0.9, threshold=0.1, init_hidden=True)


def lazy() -> nn.Module:
    layers = nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(5)
    return nn.Sequential(*layers, leaky())


class LazyAtTheEnd(nn.Module):
    """Time is the last axis, which only the right layout tells from the values."""

    def __init__(self) -> None:
        super().__init__()
        self.weights, self.lif = nn.LazyLinear(5), leaky()

    def forward(self, x: Tensor) -> Tensor:
        self.lif.reset_mem()
        return torch.stack([self.lif(self.weights(now)) for now in x.unbind(-1)], dim=-1)


def lazy_shared() -> nn.Module:
    shared = nn.LazyLinear(7)
    return nn.Sequential(shared, leaky(), shared, leaky())


def scripted() -> nn.Module:
    part = nn.Sequential(strong(6, 8), nn.ReLU(), nn.Linear(8, 5))
    return nn.Sequential(torch.jit.script(part), leaky())


def scripted_image() -> nn.Module:
    part = nn.Sequential(nn.Conv2d(2, 4, 3, bias=False), normed(4), nn.AvgPool2d(2)).eval()
    return nn.Sequential(torch.jit.script(part), neuron.LIFNode(v_threshold=0.3))


def traced_by_jit() -> nn.Module:
    return nn.Sequential(torch.jit.trace(strong(6, 5), torch.zeros(2, 6)), leaky())


def frozen() -> nn.Module:
    part = torch.jit.freeze(torch.jit.script(nn.Sequential(strong(6, 5), nn.ReLU()).eval()))
    return nn.Sequential(part, leaky())


class Framed(nn.Module):
    """Constants around a signal: rows and columns that repeat, as re-parametrised nets pad."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.lif = nn.Conv2d(2, 3, 3), neuron.LIFNode(v_threshold=0.2)
        self.edge = nn.Parameter(torch.rand(3))

    def forward(self, x: Tensor) -> Tensor:
        y, edge = self.conv(x), self.edge.detach().view(1, -1, 1, 1)
        row = edge.expand(len(y), -1, 1, y.shape[3])
        y = torch.cat([row, y, row], dim=2)
        column = edge.expand(len(y), -1, y.shape[2], 1)
        return self.lif(torch.cat([column, y, 0 * column], dim=3))


class Between(nn.Module):
    """Constants before, between and behind two signals."""

    def __init__(self) -> None:
        super().__init__()
        self.weights, self.lif = strong(6, 4), neuron.LIFNode(v_threshold=0.4)

    def forward(self, x: Tensor) -> Tensor:
        one, two = torch.ones(len(x), 2), torch.full((len(x), 1), 0.5)
        return self.lif(torch.cat([one, x, two, 2 * self.weights(x), two], dim=1))


class Cropped(nn.Module):
    """It looks at the first twelve ticks alone."""

    def __init__(self) -> None:
        super().__init__()
        self.weights, self.lif = strong(6, 5), leaky()

    def forward(self, x: Tensor) -> Tensor:
        self.lif.reset_mem()
        return torch.stack([self.lif(self.weights(now)) for now in x[:12]])


class LastTicks(Cropped):
    """It returns the last eight ticks alone."""

    def forward(self, x: Tensor) -> Tensor:
        self.lif.reset_mem()
        return torch.stack([self.lif(self.weights(now)) for now in x])[-8:]
