"""init_hidden neurons whose potential is read as an attribute; a learned state to start from."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Attribute(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(8, 12), nn.Linear(12, 3)
        self.start = nn.Parameter(torch.rand(12) * 0.8)
        self.lif1 = snn.Leaky(beta=0.8)
        self.lif2 = snn.Leaky(beta=0.9, reset_mechanism="none", init_hidden=True)

    def forward(self, x):
        self.lif2.reset_mem()
        mem = self.start.unsqueeze(0).expand(x.shape[1], -1)
        for frame in x:
            spk, mem = self.lif1(self.fc1(frame), mem)
            self.lif2(self.fc2(spk))
        return self.lif2.mem


def build():
    return Attribute()
