"""Weights that are computed from parameters: weight norm, a mask, a transposed tie."""

# ruff: noqa

import snntorch as snn
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import weight_norm


class Computed(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = weight_norm(nn.Linear(8, 10))
        self.b = nn.Linear(10, 10, bias=False)
        self.register_buffer("mask", (torch.rand(10, 10) < 0.5).float())
        self.lif1, self.lif2, self.lif3 = (snn.Leaky(beta=b) for b in (0.5, 0.7, 0.9))

    def forward(self, x):
        m1, m2, m3 = (n.reset_mem() for n in (self.lif1, self.lif2, self.lif3))
        rec = []
        for frame in x.split(1, dim=0):
            s, m1 = self.lif1(self.a(frame.squeeze(0)), m1)
            s, m2 = self.lif2(F.linear(s, self.b.weight * self.mask), m2)
            s, m3 = self.lif3(torch.mm(s, torch.softmax(self.b.weight, dim=0)), m3)
            rec.append(s[None])
        return torch.cat(rec)


def build():
    return Computed()
