"""Every class of Sinabs that is imported, with parameters drawn at random; no tests.

`neurons.py:LIF_7` is a module that makes one, with seed 7. Alphas of an even seed are powers of
two, so that sums are exact and potentials meet thresholds exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

import sinabs.layers as sl
import torch
from sinabs.activation import MaxSpike, MembraneReset, MembraneSubtract, MultiSpike, SingleSpike
from torch import Tensor, nn

SIZE = 6


class Layered(nn.Module):
    """One layer; before an integrator a neuron that fires."""

    def __init__(self, layer: nn.Module, front: nn.Module) -> None:
        super().__init__()
        self.layer, self.front = layer, front

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(self.front(x))


class Draw:
    """Parameters from a seed."""

    def __init__(self, seed: int) -> None:
        self.random, self.exact = Random(seed), seed % 2 == 0

    def number(self, low: float, high: float) -> float:
        value = self.random.uniform(low, high)
        return round(value * 8) / 8 if self.exact else value

    def leak(self, kind: str) -> dict[str, object]:
        if "IAF" in kind:
            return {}
        norm = self.random.choice([False, not self.exact])
        names = ("tau_mem", "tau_adapt") if "ALIF" in kind else ("tau_mem",)
        taus = {name: self.number(2.0, 9.0) for name in names}
        scale = {"adapt_scale": self.number(0.25, 1.5)} if "ALIF" in kind else {}
        return {**taus, **scale, "norm_input": norm, "train_alphas": self.exact}

    def firing(self, kind: str) -> dict[str, object]:
        if "Leak" in kind:
            return {}
        threshold = self.number(0.5, 1.5)
        subtract = MembraneSubtract(self.random.choice([threshold / 2, None]))
        tau = self.random.choice([None, self.number(2.0, 6.0)])
        return {
            "tau_syn": None if self.exact else tau,
            "spike_threshold": torch.tensor(threshold),
            "spike_fn": self.random.choice([MultiSpike, SingleSpike, MaxSpike(2)]),
            "reset_fn": self.random.choice([MembraneReset(), subtract]),
            "min_v_mem": self.random.choice([None, -self.number(0.25, 1.0)]),
        }


def made(kind: str, seed: int) -> nn.Module:
    draw, folded = Draw(seed), "Squeeze" in kind
    fields = {**draw.leak(kind), **draw.firing(kind)}
    if "Recurrent" in kind:
        fields["rec_connect"] = nn.Linear(SIZE, SIZE)
    if folded:
        fields["batch_size"] = 1
    layer = getattr(sl, kind, sl.alif.ALIFSqueeze)(**fields)
    for name in ("alpha_mem", "alpha_adapt"):
        if name in dict(layer.named_parameters()):
            getattr(layer, name).data.fill_(0.5)
    if "Leak" not in kind:
        return Layered(layer, nn.Identity())
    return Layered(layer, sl.IAFSqueeze(batch_size=1) if folded else sl.IAF())


def __getattr__(name: str) -> Callable[[], nn.Module]:
    kind, _, seed = name.rpartition("_")
    if not seed.isdigit():
        raise AttributeError(name)
    return partial(made, kind, int(seed))
