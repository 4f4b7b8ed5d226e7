"""One tick per call, states handed in and out by the caller."""

# ruff: noqa

import snntorch as snn
from torch import nn


class Cell(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(8, 12), nn.Linear(12, 3)
        self.lif1, self.lif2 = snn.Leaky(beta=0.7), snn.Leaky(beta=0.8)

    def forward(self, x, mem1, mem2):
        spk1, mem1 = self.lif1(self.fc1(x), mem1)
        spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
        return mem1, spk1, mem2, spk2


def build():
    return Cell()
