"""Small networks as users of four libraries write them, one factory each, for handwritten digits.

They are trained by `benchmarks/checkpoints.py`; nothing of the zoo is in here.
"""

from __future__ import annotations

import norse.torch as norse
import sinabs.layers as sinabs
import snntorch
import torch
from sinabs.activation import SingleSpike
from spikingjelly.activation_based import functional, layer, neuron, surrogate
from torch import Tensor, nn

PIXELS, SIDE, CLASSES = 64, 8, 10


class Dense(nn.Module):
    """snnTorch: leaky neurons with reset by subtraction, states by hand; x `[T, B, 64]`."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(PIXELS, 96), nn.Linear(96, CLASSES)
        self.hidden, self.out = snntorch.Leaky(beta=0.9), snntorch.Leaky(beta=0.9)

    def forward(self, x: Tensor) -> Tensor:
        v, w = self.hidden.reset_mem(), self.out.reset_mem()
        spikes = []
        for now in x:
            fired, v = self.hidden(self.first(now), v)
            answer, w = self.out(self.second(fired), w)
            spikes.append(answer)
        return torch.stack(spikes).sum(0)


class Convolutional(nn.Module):
    """SpikingJelly: convolutions in multi-step mode, hard reset; x `[T, B, 1, 8, 8]`."""

    def __init__(self) -> None:
        super().__init__()
        grad = surrogate.ATan()
        self.layers = nn.Sequential(
            layer.Conv2d(1, 8, 3, padding=1),
            neuron.LIFNode(tau=2.0, surrogate_function=grad),
            layer.Conv2d(8, 16, 3, stride=2, padding=1),
            neuron.LIFNode(tau=2.0, surrogate_function=grad),
            layer.Flatten(),
            layer.Linear(16 * 4 * 4, CLASSES),
            neuron.LIFNode(tau=2.0, surrogate_function=grad),
        )
        functional.set_step_mode(self, "m")

    def forward(self, x: Tensor) -> Tensor:
        functional.reset_net(self)
        answer: Tensor = self.layers(x)
        return answer.mean(0)


class Recurrent(nn.Module):
    """Norse: recurrent neurons with currents read rows of pixels; x `[T, B, 8]`."""

    def __init__(self) -> None:
        super().__init__()
        fast = norse.LIFParameters(
            tau_mem_inv=torch.tensor(500.0), v_th=torch.tensor(0.3), alpha=torch.tensor(20.0)
        )
        self.hidden, self.read = norse.LIFRecurrent(SIDE, 100, fast), nn.Linear(100, CLASSES)
        self.out = norse.LI(norse.LIParameters(tau_mem_inv=torch.tensor(400.0)))

    def forward(self, x: Tensor) -> Tensor:
        spikes, _ = self.hidden(x)
        answer, _ = self.out(self.read(spikes))
        return answer[-1]


class Leaky(nn.Module):
    """Sinabs: leaky neurons behind an input of spikes; x `[B, T, 64]`."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(PIXELS, 80),
            sinabs.LIF(8.0, spike_fn=SingleSpike, norm_input=False),
            nn.Linear(80, CLASSES),
            sinabs.LIF(8.0, spike_fn=SingleSpike, norm_input=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        for each in self.layers:
            if isinstance(each, sinabs.LIF):
                each.reset_states()
        answer: Tensor = self.layers(x)
        return answer.sum(1)
