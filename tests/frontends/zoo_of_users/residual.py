"""Residual additions of spikes and of currents."""

# ruff: noqa

import snntorch as snn
from torch import nn


class Residual(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.a, self.b = nn.Linear(n, n), nn.Linear(n, n)
        self.lif_a, self.lif_b = snn.Leaky(beta=0.7), snn.Leaky(beta=0.7)

    def forward(self, s, states):
        ma, mb = states
        y, ma = self.lif_a(self.a(s), ma)
        z, mb = self.lif_b(self.b(y) + s, mb)
        return z + s, (ma, mb)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(7, 12)
        self.lif = snn.Leaky(beta=0.8)
        self.blocks = nn.ModuleList(Residual(12) for _ in range(2))
        self.head = nn.Linear(12, 3)
        self.out = snn.Leaky(beta=0.9)

    def forward(self, x):
        m, o = None, None
        states = [(None, None) for _ in self.blocks]
        total = 0
        for frame in x:
            s, m = self.lif(self.stem(frame), m)
            for i, block in enumerate(self.blocks):
                s, states[i] = block(s, states[i])
            spk, o = self.out(self.head(s), o)
            total = total + spk
        return total


def build():
    return Net()
