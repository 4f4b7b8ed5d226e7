"""A neuron written by hand."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 8)
        self.lif = snn.Leaky(beta=0.9)

    def forward(self, x):
        mem = torch.zeros(x.shape[1], 8)
        rec = []
        for t in range(x.shape[0]):
            mem = 0.9 * mem + self.fc(x[t])
            s = (mem > 1).float()
            mem = mem - s
            s, _ = self.lif(s)
            rec.append(s)
        return torch.stack(rec)


def build():
    return Net()
