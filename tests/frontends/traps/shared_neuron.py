"""One neuron object in two layers: one potential for both."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.out = nn.Linear(6, 8), nn.Linear(8, 8)
        self.lif = snn.Leaky(beta=0.9, threshold=0.3, init_hidden=True)

    def forward(self, x):
        self.lif.reset_mem()
        rec = []
        for t in range(x.shape[0]):
            s = self.lif(self.fc(x[t]))
            s = self.lif(self.out(s))
            rec.append(s)
        return torch.stack(rec)


def build():
    return Net()
