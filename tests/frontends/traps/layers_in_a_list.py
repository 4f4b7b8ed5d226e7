"""Layers in a Python list: PyTorch does not know them, nor save them."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(6, 8), nn.Linear(8, 8)]
        self.lif = snn.Leaky(beta=0.9)

    def forward(self, x):
        mem = torch.zeros(x.shape[1], 8)
        rec = []
        for t in range(x.shape[0]):
            now = x[t]
            for layer in self.layers:
                now = layer(now)
            s, mem = self.lif(now, mem)
            rec.append(s)
        return torch.stack(rec)


def build():
    return Net()
