"""Neurons per sensor channel by einsum, weights shared over channels by matmul."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Channels(nn.Module):
    def __init__(self, channels=5, each=4):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels, each))
        self.mix = nn.Parameter(torch.randn(channels, each, 3))
        self.shared = nn.Parameter(torch.randn(3, 2))
        self.enc = snn.Leaky(beta=0.6, threshold=torch.full((channels, 1), 0.7))
        self.mid = snn.Leaky(beta=0.7)
        self.out = snn.Leaky(beta=0.8)

    def forward(self, x):
        a = b = c = None
        rec = []
        for t in range(x.shape[0]):
            s, a = self.enc(torch.einsum("bc,cn->bcn", x[t], self.weight), a)
            s, b = self.mid(torch.einsum("bcn,cnk->bck", s, self.mix), b)
            s, c = self.out(s @ self.shared, c)
            rec.append(s.transpose(1, 2).flatten(1))
        return torch.stack(rec)


def build():
    return Channels()
