"""A neuron of the user's own, described to the importer; docs/own-neurons.md shows this file."""

import torch
from torch import nn

from snncc.frontends import neuron


@neuron(
    "lif",
    states={"v": "v"},
    fields=lambda self: {
        "decay": 1 - 1 / self.tau,
        "gain": 1 / self.tau,
        "threshold": self.threshold,
        "compare": ">=",
        "reset": "value",
        "reset_amount": 0.0,
        "reset_order": "now",
    },
)
class Euler(nn.Module):
    """A membrane by Euler's method, with a threshold that is learned for each neuron."""

    def __init__(self, size: int, tau: float) -> None:
        super().__init__()
        self.tau, self.threshold = tau, nn.Parameter(torch.full((size,), 0.4))

    def forward(self, current, v=None):
        v = torch.zeros_like(current) if v is None else v
        v = v + (current - v) / self.tau
        spikes = (v >= self.threshold).to(v)
        return spikes, v * (1 - spikes)


class Classifier(nn.Module):
    """Two layers of them."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.first = nn.Linear(12, 24), Euler(24, tau=2.0)
        self.outer, self.second = nn.Linear(24, 4), Euler(4, tau=4.0)

    def forward(self, x):
        u = v = None
        rows = []
        for current in x:
            spikes, u = self.first(4 * self.inner(current), u)
            spikes, v = self.second(4 * self.outer(spikes), v)
            rows.append(spikes)
        return torch.stack(rows)
