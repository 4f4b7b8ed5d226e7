"""States inside the neurons (init_hidden), the module is called once per tick."""

# ruff: noqa

import snntorch as snn
from torch import nn


class OneTick(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.ModuleList([nn.Linear(8, 16), nn.Linear(16, 16), nn.Linear(16, 4)])
        self.spikers = nn.ModuleList([snn.Leaky(beta=b, init_hidden=True) for b in (0.5, 0.7, 0.9)])

    def forward(self, x):
        for layer, spiker in zip(self.body, self.spikers):
            x = spiker(layer(x))
        return x


def build():
    return OneTick()
