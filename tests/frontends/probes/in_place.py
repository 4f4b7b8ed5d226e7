"""Models that write into tensors and attributes as they run; no tests."""

from __future__ import annotations

import snntorch as snn
import torch
from spikingjelly.activation_based import functional, neuron
from torch import Tensor, nn

from tests.frontends.layers import strong


class Two(nn.Module):
    """Two layers of neurons; a subclass writes the loop."""

    def __init__(self, step_mode: str = "s") -> None:
        super().__init__()
        self.inner, self.outer = strong(6, 8), strong(8, 8)
        self.one = neuron.LIFNode(tau=2.0, v_threshold=0.5, step_mode=step_mode)
        self.two = neuron.LIFNode(tau=2.0, v_threshold=0.5, step_mode=step_mode)

    def step(self, x: Tensor) -> Tensor:
        return self.two(self.outer(self.one(self.inner(x))))


class Summed(Two):
    """The first tick's spikes become the sum of all."""

    def forward(self, x: Tensor) -> Tensor:
        functional.reset_net(self)
        out = self.step(x[0])
        for now in x[1:]:
            out += self.step(now)
        return out / len(x)


class Joined(Two):
    """A residual of all ticks at once, added in place, twice."""

    def __init__(self) -> None:
        super().__init__("m")

    def forward(self, x: Tensor) -> Tensor:
        functional.reset_net(self)
        first = self.one(self.inner(x))
        out = self.two(self.outer(first))
        out += first
        out *= 0.5
        return out


class Accumulated(Two):
    """Called once per tick, it returns a sum that it goes on writing into."""

    total: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        spikes = self.step(x)
        if self.total is None:
            self.total = torch.zeros_like(spikes)
        self.total += spikes
        return self.total


class Traced(Two):
    """A trace of the spikes, kept as an attribute that is written in place."""

    def forward(self, x: Tensor) -> Tensor:
        functional.reset_net(self)
        self.trace = torch.zeros(x.shape[1], 8)
        rows = []
        for now in x:
            self.trace *= 0.5
            self.trace += self.step(now)
            rows.append(self.trace.clone())
        return torch.stack(rows)


class Charged(Two):
    """Potentials are set as attributes before the first tick, as a number and as a tensor."""

    def forward(self, x: Tensor) -> Tensor:
        self.one.v, self.two.v = 0.25, torch.full((x.shape[1], 8), 0.1)
        return torch.stack([self.step(now) for now in x])


class Emptied(nn.Module):
    """The potential of a neuron that keeps it is set by hand before the first tick."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.one = strong(6, 8), snn.Leaky(beta=0.9, init_hidden=True)

    def forward(self, x: Tensor) -> Tensor:
        self.one.mem = torch.zeros(x.shape[1], 8)
        return torch.stack([self.one(self.inner(now)) for now in x])


class Decayed(Two):
    """The potential is scaled by hand between two ticks."""

    def forward(self, x: Tensor) -> Tensor:
        functional.reset_net(self)
        rows = []
        for now in x:
            rows.append(self.step(now))
            self.one.v *= 0.9
        return torch.stack(rows)
