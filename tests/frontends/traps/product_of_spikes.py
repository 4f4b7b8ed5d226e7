"""Two populations gate each other: spikes are multiplied."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 8)
        self.lif = snn.Leaky(beta=0.9, threshold=0.3)
        self.gate = snn.Leaky(beta=0.5, threshold=0.2)

    def forward(self, x):
        mem = late = torch.zeros(x.shape[1], 8)
        rec = []
        for t in range(x.shape[0]):
            s, mem = self.lif(self.fc(x[t]), mem)
            g, late = self.gate(self.fc(x[t]) + 0.2, late)
            s = s * g
            rec.append(s)
        return torch.stack(rec)


def build():
    return Net()
