"""Modules of the user's own around neurons of several libraries; no tests."""

from __future__ import annotations

import norse.torch as nt
import sinabs.layers as sl
import snntorch as snn
import torch
from torch import Tensor, nn
from torch.nn import functional

FAST = nt.LIFParameters(tau_mem_inv=torch.tensor(300.0))


def leaky(threshold: float = 0.3) -> snn.Leaky:
    return snn.Leaky(beta=0.8, threshold=threshold)


class Each(nn.Module):
    """A loop over the ticks around a step that a subclass writes."""

    populations = 1

    def step(self, x: Tensor, mem: list[Tensor | None]) -> Tensor:
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        mem: list[Tensor | None] = [None] * self.populations
        return torch.stack([self.step(now, mem) for now in x])


class AddedTwice(Each):
    """Two residual additions, of spikes and of currents."""

    populations = 3

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.lif = nn.ModuleList(leaky() for _ in range(3))

    def step(self, x: Tensor, mem: list[Tensor | None]) -> Tensor:
        current = 2 * self.a(x)
        one, mem[0] = self.lif[0](current, mem[0])
        two, mem[1] = self.lif[1](self.b(one) + current, mem[1])
        three, mem[2] = self.lif[2](self.c(one + two), mem[2])
        return one + two + three


class Concatenated(Each):
    """Input, spikes and the last spikes side by side."""

    populations = 3

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(6, 8), nn.Linear(22, 5)
        self.one, self.two = leaky(), leaky()

    def step(self, x: Tensor, mem: list[Tensor | None]) -> Tensor:
        late = torch.zeros(len(x), 8) if mem[2] is None else mem[2]
        spikes, mem[0] = self.one(2 * self.a(x), mem[0])
        out, mem[1] = self.two(2 * self.b(torch.cat([x, spikes, late], dim=-1)), mem[1])
        mem[2] = spikes
        return out


class Multiplied(Each):
    """Spikes gate spikes: AND, and OR by what is left."""

    populations = 2

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(6, 8), nn.Linear(6, 8)
        self.one, self.two = leaky(), leaky()

    def step(self, x: Tensor, mem: list[Tensor | None]) -> Tensor:
        p, mem[0] = self.one(2 * self.a(x), mem[0])
        q, mem[1] = self.two(2 * self.b(x), mem[1])
        return torch.cat([p * q, p + q - p * q], dim=-1)


class Branches(Each):
    """Three branches of three libraries from one input; their spikes vote."""

    populations = 2

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.ModuleList(nn.Linear(6, 8) for _ in range(2))
        self.theirs, self.others = leaky(), nt.LIFCell(FAST)

    def step(self, x: Tensor, mem: list[Tensor | None]) -> Tensor:
        one, mem[0] = self.theirs(2 * self.weights[0](x), mem[0])
        two, mem[1] = self.others(4 * self.weights[1](x), mem[1])
        return 0.5 * (one + two)


class Siamese(Each):
    """The same weights and neurons for each half of the input, with potentials for each."""

    populations = 2

    def __init__(self) -> None:
        super().__init__()
        self.eye, self.lif = nn.Linear(3, 8), leaky()

    def step(self, x: Tensor, mem: list[Tensor | None]) -> Tensor:
        left, right = x.chunk(2, dim=-1)
        # None would let the second call begin with the potential of the first, as snnTorch has it.
        mem[:] = [torch.zeros(len(x), 8) if each is None else each for each in mem]
        p, mem[0] = self.lif(3 * self.eye(left), mem[0])
        q, mem[1] = self.lif(3 * self.eye(right), mem[1])
        return p - q


class Block(nn.Module):
    """A block that is called twice per tick, without a state."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return 2 * self.inner(x) + x


class CalledTwice(Each):
    """One block in two places."""

    populations = 2

    def __init__(self) -> None:
        super().__init__()
        self.a, self.block, self.one, self.two = nn.Linear(6, 8), Block(), leaky(), leaky()

    def step(self, x: Tensor, mem: list[Tensor | None]) -> Tensor:
        p, mem[0] = self.one(self.block(self.a(x)), mem[0])
        q, mem[1] = self.two(self.block(p), mem[1])
        return q


class ReadLateTwice(Each):
    """The last spikes come back by themselves, and through a layer whose bias is late as well."""

    populations = 3

    def __init__(self) -> None:
        super().__init__()
        self.a, self.back, self.lif = nn.Linear(6, 8), nn.Linear(8, 8), leaky()

    def step(self, x: Tensor, mem: list[Tensor | None]) -> Tensor:
        late = [torch.zeros(len(x), 8) if each is None else each for each in mem[1:]]
        spikes, mem[0] = self.lif(2 * self.a(x) + late[0] - 0.5 * late[1], mem[0])
        mem[1:] = [self.back(spikes), spikes]
        return spikes


class NormalisedOverTicks(nn.Module):
    """Batch norm that sees ticks and batch as one, between layers that want all ticks."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4)
        self.norm.running_mean.uniform_(-0.2, 0.2)
        self.norm.running_var.uniform_(0.1, 0.4)
        self.one, self.two, self.head = nt.LIF(FAST), sl.IAF(), nn.Linear(64, 5)

    def forward(self, x: Tensor) -> Tensor:
        ticks, batch = x.shape[:2]
        current = self.norm(self.conv(x.flatten(0, 1)))
        spikes, _ = self.one(2 * current.reshape(ticks, batch, 4, 4, 4))
        return self.two(self.head(spikes.flatten(2)).transpose(0, 1)).transpose(0, 1)


class Attending(Each):
    """Channels are scaled by a weight that is a function of weights alone."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.lif = nn.Linear(6, 8), leaky()
        self.importance = nn.Parameter(torch.randn(8))

    def step(self, x: Tensor, mem: list[Tensor | None]) -> Tensor:
        weight = functional.normalize(self.a.weight, dim=1) * self.importance.softmax(0)[:, None]
        spikes, mem[0] = self.lif(20 * functional.linear(x, weight, self.a.bias), mem[0])
        return spikes


# --- refused --------------------------------------------------------------------------------------


class Divided(Multiplied):
    """One signal is divided by another."""

    def step(self, x: Tensor, mem: list[Tensor | None]) -> Tensor:
        p, mem[0] = self.one(2 * self.a(x), mem[0])
        q, mem[1] = self.two(self.b(x) / (1 + p), mem[1])
        return q


class Sorted(Multiplied):
    """The strongest inputs come first."""

    def step(self, x: Tensor, mem: list[Tensor | None]) -> Tensor:
        p, mem[0] = self.one(2 * self.a(x.sort(dim=-1).values), mem[0])
        return p


class Competing(Multiplied):
    """Only the strongest neuron fires."""

    def step(self, x: Tensor, mem: list[Tensor | None]) -> Tensor:
        current = self.a(x)
        p, mem[0] = self.one(current * (current == current.amax(-1, keepdim=True)), mem[0])
        return p


class Plastic(Multiplied):
    """Weights that change as the network runs."""

    def step(self, x: Tensor, mem: list[Tensor | None]) -> Tensor:
        p, mem[0] = self.one(2 * self.a(x), mem[0])
        self.a.weight.data += 0.01 * p.mean(0)[:, None]
        return p


class Counting(Multiplied):
    """Something happens once enough spikes were counted."""

    def step(self, x: Tensor, mem: list[Tensor | None]) -> Tensor:
        p, mem[0] = self.one(2 * self.a(x), mem[0])
        if p.sum() > 1000:
            p = torch.zeros_like(p)
        return p


class Backward(nn.Module):
    """The last tick is read first."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.lif = nn.Linear(6, 8), nt.LIF(FAST)

    def forward(self, x: Tensor) -> Tensor:
        return self.lif(2 * self.a(x.flip(0)))[0]
