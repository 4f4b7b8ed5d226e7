"""Layers in a ModuleDict, visited by name; outputs in a dict; data (B, T, N)."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Named(nn.Module):
    def __init__(self, sizes=(10, 14, 9, 4)):
        super().__init__()
        self.layers = nn.ModuleDict()
        for i, (n, m) in enumerate(zip(sizes[:-1], sizes[1:])):
            self.layers[f"linear{i}"] = nn.Linear(n, m, bias=i == 1)
            self.layers[f"spikes{i}"] = snn.Leaky(beta=0.6 + 0.1 * i, threshold=0.5)

    def forward(self, x):
        states = {}
        record = {name: [] for name in self.layers if name.startswith("spikes")}
        for t in range(x.shape[1]):
            out = x[:, t]
            for name, layer in self.layers.items():
                if name.startswith("spikes"):
                    out, states[name] = layer(out, states.get(name))
                    record[name].append(out)
                else:
                    out = layer(out)
        return {name: torch.stack(rows, dim=1) for name, rows in record.items()}


def build():
    return Named()
