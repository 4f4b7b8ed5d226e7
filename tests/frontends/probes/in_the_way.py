"""Models with several things in the way, and neurons written by hand; no tests."""

from __future__ import annotations

import snntorch as snn
import torch
from spikingjelly.activation_based import neuron
from torch import Tensor, nn

from snncc.frontends import neuron as described
from tests.frontends.layers import strong


class Wave(nn.Module):
    """A sine, which no op has."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.sin(x)


class Planted(nn.Module):
    """Four things in the way, one after the other, beside a measure that is not."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.gate, self.one = nn.Linear(6, 8), nn.GELU(), neuron.LIFNode()
        self.wave, self.outer, self.two = Wave(), nn.Linear(8, 8), neuron.LIFNode()
        self.pool, self.three = nn.MaxPool1d(2, 1, dilation=2), neuron.LIFNode()

    def forward(self, x: Tensor) -> Tensor:
        spikes = self.one(self.gate(self.inner(x)))
        self.measured = spikes.std()
        spikes = self.two(self.wave(self.outer(spikes)))
        return self.three(self.pool(spikes[:, None]).flatten(1)).erfinv()


def cured() -> nn.Module:
    """The same as the sentences say."""
    layers = nn.Linear(6, 8), nn.GELU(approximate="tanh"), neuron.LIFNode(v_threshold=0.1)
    rest = strong(8, 8), neuron.LIFNode(), nn.Unflatten(1, (1, 8)), nn.MaxPool1d(2, 1)
    return nn.Sequential(*layers, *rest, nn.Flatten(), neuron.LIFNode(v_threshold=0.3))


def two_neurons() -> nn.Module:
    layers = nn.Linear(6, 8), neuron.QIFNode(), nn.Linear(8, 4), neuron.EIFNode()
    return nn.Sequential(*layers)


class ByHand(nn.Module):
    """A membrane written into the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = strong(6, 8)

    def forward(self, x: Tensor) -> Tensor:
        v, rows = torch.zeros(x.shape[1], 8), []
        for now in x:
            v = 0.9 * v + self.inner(now)
            s = (v >= 1).to(v)
            v = v - s
            rows.append(s)
        return torch.stack(rows)


SOFT = {"compare": ">=", "reset": "subtract", "reset_amount": 1.0, "reset_order": "now"}


@described(
    "lif",
    states={"v": "v"},
    fields=lambda self: {"decay": 0.9, "threshold": 1.0, **SOFT},
    time_axis=1,
)
class Walking(nn.Module):
    """A membrane that walks along the ticks of `[B, T, N]` itself."""

    def forward(self, x: Tensor) -> Tensor:
        v, rows = torch.zeros_like(x[:, 0]), []
        for now in x.unbind(1):
            v = 0.9 * v + now
            s = (v >= 1).to(v)
            v = v - s
            rows.append(s)
        return torch.stack(rows, 1)


def walking() -> nn.Module:
    return nn.Sequential(strong(6, 8), Walking(), strong(8, 4), Walking())


class Slower(neuron.LIFNode):
    """A library's neuron with a step of its own, which may be described as any other."""

    def single_step_forward(self, x: Tensor) -> Tensor:
        self.v = 0.75 * self.v + x
        spikes = (self.v >= 1).to(x)
        self.v = self.v * (1 - spikes)
        return spikes


def undescribed() -> nn.Module:
    class Other(Slower):
        pass

    return nn.Sequential(nn.Linear(6, 4), Other())


def derived() -> nn.Module:
    fields = {"decay": 0.75, "threshold": 1.0, **SOFT, "reset": "value", "reset_amount": 0.0}
    described("lif", states={"v": "v"}, fields=lambda self: fields, hidden=True)(Slower)
    return nn.Sequential(strong(6, 8), Slower())


def built_with_another_reset() -> nn.Module:
    lif = snn.Leaky(beta=0.9, init_hidden=True)
    lif.reset_mechanism = "zero"
    return nn.Sequential(nn.Linear(6, 4), lif)


@described("if", states={"mem": "v"}, fields=lambda self: {}, hidden=True)
class Misnamed(nn.Module):
    """Its state has another name than its description says."""

    def __init__(self) -> None:
        super().__init__()
        self.v = 0.0

    def forward(self, x: Tensor) -> Tensor:
        return x


def misnamed() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 4), Misnamed())


class Fixed(nn.Module):
    """The batch that it was trained with is in the code."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.lif = nn.Linear(6, 8), neuron.LIFNode(step_mode="m")

    def forward(self, x: Tensor) -> Tensor:
        return self.lif(self.inner(x.view(-1, 128, 6)))


def misfit() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 8), neuron.LIFNode(), nn.Linear(9, 4), neuron.LIFNode())


class Kept(nn.Module):
    """Weights in a list and in a dictionary, which PyTorch does not widen."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = [torch.randn(8, 6), {"bias": torch.rand(8)}]
        self.lif = neuron.LIFNode(v_threshold=0.4)

    def forward(self, x: Tensor) -> Tensor:
        weight, rest = self.parts
        return self.lif(nn.functional.linear(x, 2 * weight, rest["bias"]))
