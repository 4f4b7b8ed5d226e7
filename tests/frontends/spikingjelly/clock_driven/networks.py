"""Networks for SpikingJelly 0.0.0.0.12, whose neurons know their mode by their class; no tests."""

from __future__ import annotations

import torch
from spikingjelly.clock_driven import functional, layer, neuron, surrogate
from torch import Tensor, nn

from tests.frontends.layers import normed, strong


def single() -> nn.Module:
    """Called once per tick."""
    return nn.Sequential(
        strong(6, 10),
        neuron.IFNode(v_threshold=0.5, surrogate_function=surrogate.ATan()),
        strong(10, 8),
        neuron.LIFNode(tau=3.0, v_threshold=0.4, v_reset=-0.1),
        strong(8, 4),
        neuron.ParametricLIFNode(init_tau=2.5, decay_input=False, v_threshold=0.4),
    )


def multi() -> nn.Module:
    """Made for kernels of graphics processors, with layers of single ticks in both containers."""
    return nn.Sequential(
        layer.SeqToANNContainer(nn.Conv2d(2, 4, 3, padding=1), normed(4), nn.MaxPool2d(2)),
        neuron.MultiStepLIFNode(tau=2.0, v_threshold=0.4, detach_reset=True, backend="cupy"),
        layer.SeqToANNContainer(nn.Flatten(), strong(36, 8)),
        neuron.MultiStepParametricLIFNode(init_tau=2.0, v_reset=None, backend="cupy"),
        layer.MultiStepContainer(strong(8, 6), neuron.LIFNode(v_threshold=0.3)),
        neuron.MultiStepIFNode(v_threshold=0.7, v_reset=-0.2),
    )


class Attention(nn.Module):
    """Spiking self-attention in the multi-step form, written into in place."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.ModuleList(nn.Linear(8, 8, bias=False) for _ in range(3))
        self.norms = nn.ModuleList(nn.BatchNorm1d(8) for _ in range(3))
        self.fired = nn.ModuleList(
            neuron.MultiStepLIFNode(tau=2.0, v_threshold=0.2, backend="cupy") for _ in range(3)
        )
        self.joined = neuron.MultiStepLIFNode(tau=2.0, v_threshold=0.5, backend="cupy")
        self.head = nn.Linear(8, 3)

    def _part(self, index: int, x: Tensor) -> Tensor:
        ticks, batch, places, width = x.shape
        y = self.qkv[index](x.flatten(0, 1)).transpose(-1, -2)
        y = self.norms[index](y).transpose(-1, -2).reshape(ticks, batch, places, width)
        return self.fired[index](4 * y).reshape(ticks, batch, places, 2, 4).permute(0, 1, 3, 2, 4)

    def forward(self, x: Tensor) -> Tensor:
        functional.reset_net(self)
        q, k, v = (self._part(index, x) for index in range(3))
        attended = (q @ k.transpose(-2, -1) * 0.25) @ v
        out = self.joined(attended.transpose(2, 3).flatten(3))
        out += x
        return self.head(out.mean(2)).mean(0)


class Potentials(nn.Module):
    """All potentials of neurons that never fire are the score."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.outer = strong(6, 8), nn.Linear(8, 3)
        self.fired = neuron.MultiStepLIFNode(v_threshold=0.4)
        self.read = neuron.MultiStepIFNode(v_threshold=1e6, v_reset=None)

    def forward(self, x: Tensor) -> Tensor:
        self.read(self.outer(self.fired(self.inner(x))))
        return self.read.v_seq.mean(0)


class Recurrent(nn.Module):
    """A container that feeds spikes back, and a filter behind it."""

    def __init__(self) -> None:
        super().__init__()
        hidden = nn.Sequential(strong(6, 8), neuron.LIFNode(v_threshold=0.5))
        self.net = nn.Sequential(
            layer.LinearRecurrentContainer(hidden, in_features=6, out_features=8),
            layer.SynapseFilter(tau=4.0),
            layer.Dropout(0.5),
            strong(8, 4),
            neuron.IFNode(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


def compiled() -> nn.Module:
    """Neurons of `cext`, which CUDA computes where there is some."""
    from spikingjelly.cext import neuron as cext

    return nn.Sequential(
        strong(6, 8),
        cext.MultiStepIFNode(detach_reset=True),
        strong(8, 6),
        cext.MultiStepLIFNode(tau=2.0, v_threshold=0.4, v_reset=0.1),
        strong(6, 4),
        cext.MultiStepIFNode(v_threshold=0.5),
    )


class CompiledTicks(nn.Module):
    """Single ticks of the same."""

    def __init__(self) -> None:
        super().__init__()
        from spikingjelly.cext import neuron as cext

        self.net = nn.Sequential(
            strong(6, 8), cext.LIFNode(tau=3.0, v_threshold=0.2), strong(8, 4), cext.IFNode()
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([self.net(tick) for tick in x])


def chosen() -> nn.Module:
    """A class of the user's own that only chooses parameters."""

    class Slow(neuron.MultiStepLIFNode):
        def __init__(self) -> None:
            super().__init__(tau=4.0, v_threshold=0.3, v_reset=None)

    return nn.Sequential(strong(6, 5), Slow())


# --- refused --------------------------------------------------------------------------------------


def exponential() -> nn.Module:
    return nn.Sequential(strong(6, 5), neuron.MultiStepEIFNode())


def changed() -> nn.Module:
    class Eager(neuron.MultiStepLIFNode):
        def neuronal_charge(self, x: Tensor) -> None:
            self.v = self.v + 2 * x

    return nn.Sequential(strong(6, 5), Eager())


def smooth() -> nn.Module:
    return nn.Sequential(
        strong(6, 5), neuron.LIFNode(surrogate_function=surrogate.Sigmoid(spiking=False))
    )
