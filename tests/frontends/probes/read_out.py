"""Models that read their scores out in ways of their own; no tests."""

from __future__ import annotations

import torch
from spikingjelly.activation_based import functional, neuron
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, log_softmax

from tests.frontends.layers import strong

INTEGRATOR = {"v_threshold": float("inf"), "step_mode": "m", "store_v_seq": True}


class Scores(nn.Module):
    """Two layers; a subclass makes a score of the spikes or of the potentials."""

    def __init__(self, last: nn.Module | None = None) -> None:
        super().__init__()
        self.inner, self.outer = strong(6, 8), strong(8, 4)
        self.one = neuron.LIFNode(v_threshold=0.4, step_mode="m")
        self.two = last or neuron.LIFNode(v_threshold=0.4, step_mode="m")

    def spikes(self, x: Tensor) -> Tensor:
        functional.reset_net(self)
        return self.two(self.outer(self.one(self.inner(x))))


class Potentials(Scores):
    """The last neurons never fire."""

    def __init__(self) -> None:
        super().__init__(neuron.LIFNode(tau=4.0, **INTEGRATOR))

    def potentials(self, x: Tensor) -> Tensor:
        self.spikes(x)
        return self.two.v_seq


class Infinite(Potentials):
    """The threshold is infinite; the last potential is the score."""

    def forward(self, x: Tensor) -> Tensor:
        self.spikes(x)
        return self.two.v


class BothOfIt(Potentials):
    """Spikes that never come are added to the potentials."""

    def forward(self, x: Tensor) -> Tensor:
        return self.spikes(x) + self.two.v_seq


class NonSpiking(Scores):
    """The library's own read-out, whose potential is taken as an attribute."""

    def __init__(self) -> None:
        super().__init__(neuron.NonSpikingLIFNode(tau=3.0))

    def forward(self, x: Tensor) -> Tensor:
        self.spikes(x)
        return self.two.v


class LargestPotential(Potentials):
    """The largest potential of all ticks, of classes relative to each other."""

    def forward(self, x: Tensor) -> Tensor:
        return log_softmax(self.potentials(x).max(0).values, dim=1)


class LargestOfAll(Potentials):
    """The largest potential of all ticks."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.amax(self.potentials(x), dim=0)


class AnySpike(Scores):
    """Whether a neuron ever fired."""

    def forward(self, x: Tensor) -> Tensor:
        return self.spikes(x).max(0)[0]


class Relative(Scores):
    """Mean rates relative to each other."""

    def forward(self, x: Tensor) -> Tensor:
        return self.spikes(x).mean(0).softmax(-1)


class Chosen(Scores):
    """The class itself."""

    def forward(self, x: Tensor) -> Tensor:
        return self.spikes(x).sum(0).softmax(1).argmax(1)


class Probable(Scores):
    """Mean rates as probabilities."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.spikes(x).mean(0))


class WithLosses(Scores):
    """Losses and measures are returned beside the scores, in front of them."""

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        spikes = self.spikes(x)
        score = spikes.mean(0)
        target = torch.zeros(len(score), dtype=torch.long)
        return {
            "loss": cross_entropy(score, target) + 1e-3 * spikes.mean() ** 2,
            "rate": spikes.mean(),
            "penalty": sum(p.abs().sum() for p in self.parameters()),
            "score": score,
        }


class RelativeInside(Potentials):
    """Softmax at every tick is part of the network."""

    def forward(self, x: Tensor) -> Tensor:
        return self.potentials(x).softmax(-1).mean(0)


class LargestInside(Scores):
    """The largest of each pair of spikes, and of two branches at one tick."""

    def forward(self, x: Tensor) -> Tensor:
        functional.reset_net(self)
        spikes = self.one(self.inner(x))
        pairs = spikes.unflatten(-1, (4, 2)).amax(-1)
        branches = torch.stack([pairs, -spikes[..., 4:]]).max(0)[0]
        return self.two(self.outer(torch.cat([branches, branches.neg()], dim=-1)))


# --- refused --------------------------------------------------------------------------------------


class Subtracting(Scores):
    """An infinite threshold is subtracted."""

    def __init__(self) -> None:
        super().__init__(neuron.LIFNode(v_reset=None, **INTEGRATOR))

    def forward(self, x: Tensor) -> Tensor:
        return self.spikes(x) + self.two.v_seq


class LogAtEveryTick(Potentials):
    """A logarithm at every tick."""

    def forward(self, x: Tensor) -> Tensor:
        return log_softmax(self.potentials(x), dim=-1)


class Ranked(Scores):
    """The two best classes."""

    def forward(self, x: Tensor) -> Tensor:
        return self.spikes(x).mean(0).topk(2, dim=1)[0]


class LayerAfterLargest(Potentials):
    """A layer after the largest of all ticks."""

    def forward(self, x: Tensor) -> Tensor:
        return self.potentials(x).amax(0) @ torch.ones(4, 2)
