"""One neuron object in two layers, with a potential for each."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.out = nn.Linear(6, 8), nn.Linear(8, 8)
        self.lif = snn.Leaky(beta=0.9, threshold=0.3)

    def forward(self, x):
        mem = late = torch.zeros(x.shape[1], 8)
        rec = []
        for t in range(x.shape[0]):
            s, mem = self.lif(self.fc(x[t]), mem)
            s, late = self.lif(self.out(s.to(x)), late)
            rec.append(s)
        return torch.stack(rec)


def build():
    return Net()
