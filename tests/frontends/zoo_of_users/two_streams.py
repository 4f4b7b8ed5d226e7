"""Two halves of the input take their own way; slices, chunks, concatenation, a product as a gate."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Streams(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(5, 8), nn.Linear(4, 8)
        self.lif_l, self.lif_r = snn.Leaky(0.8, init_hidden=True), snn.Leaky(0.6, init_hidden=True)
        self.fc = nn.Linear(20, 6)
        self.out = snn.Leaky(0.9, init_hidden=True, output=True)

    def tick(self, x):
        l = self.lif_l(self.left(x[:, :5]))
        r = self.lif_r(self.right(x[:, [8, 7, 6, 5]]))
        first, second = l.chunk(2, dim=-1)
        gated = first * r[..., 4:]
        spikes, _ = self.out(self.fc(torch.cat([l, second - gated, r], dim=1)))
        return spikes

    def forward(self, x):
        for lif in (self.lif_l, self.lif_r, self.out):
            lif.reset_mem()
        spikes = [self.tick(x[:, t]) for t in range(x.size(1))]
        return sum(spikes) / len(spikes)


def build():
    return Streams()
