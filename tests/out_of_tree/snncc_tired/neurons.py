"""Neurons that tire, for models in PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from snncc.frontends import neuron


def _fields(module: Tired) -> dict[str, object]:
    return {
        "decay": module.decay,
        "threshold": module.threshold,
        "jump": module.jump,
        "limit": module.limit,
        "compare": ">=",
        "reset": "subtract",
        "reset_amount": module.threshold,
        "reset_order": "now",
    }


@neuron("tired_lif", states={"v": "v", "n": "n"}, fields=_fields)
class Tired(nn.Module):
    """A leaky neuron whose threshold rises by `jump` for each recent spike."""

    def __init__(self, decay: float, jump: float, limit: int) -> None:
        super().__init__()
        self.decay, self.jump, self.limit = decay, jump, limit
        self.threshold = 1.0

    def forward(
        self, current: Tensor, v: Tensor | None = None, n: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        v = torch.zeros_like(current) if v is None else v
        n = torch.zeros_like(current) if n is None else n
        v = self.decay * v + current
        spikes = (v >= self.threshold + self.jump * n).to(v)
        v = v - self.threshold * spikes
        rested = torch.clamp(n - 1, min=0)
        n = torch.where(spikes > 0, torch.clamp(n + spikes, max=self.limit), rested)
        return spikes, v, n


class Layer(nn.Module):
    """Weights and tired neurons."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.weights, self.neurons = nn.Linear(6, 5), Tired(0.875, 0.25, 3)

    def forward(self, x: Tensor) -> Tensor:
        v: Tensor | None = None
        n: Tensor | None = None
        spikes = []
        for current in x:
            fired, v, n = self.neurons(2 * self.weights(current), v, n)
            spikes.append(fired)
        return torch.stack(spikes)
