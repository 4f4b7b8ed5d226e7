"""A model with six things in the way, each of another kind, on lines of their own; no tests."""

import torch
from spikingjelly.activation_based import neuron
from torch import Tensor, nn


class Wave(nn.Module):
    """A function of the user's own."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.sin(x)


class Planted(nn.Module):
    """Six things in the way."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.enter, self.first = nn.Linear(6, 8), neuron.QIFNode()
        self.gate, self.second = nn.GELU(), neuron.LIFNode(v_threshold=0.1)
        self.wave, self.third = Wave(), neuron.LIFNode(v_threshold=0.2)
        self.pool = nn.MaxPool1d(kernel_size=2, stride=1, dilation=2)
        self.fourth, self.leave = neuron.LIFNode(v_threshold=0.3), nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        first = self.first(8 * self.enter(x))
        second = self.second(self.gate(first - 0.5) + first)
        third = self.third(self.wave(second) + second)
        fourth = self.fourth(self.pool(third[:, None]).flatten(1))
        share = fourth / (second.sum(-1, keepdim=True) + 1)
        ranked: Tensor = self.leave(share).sort(-1)
        return ranked
