"""Recurrent populations: all to all, one to one, and a hand-made loop through a linear layer."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(12, 15)
        self.all = snn.RLeaky(beta=0.8, linear_features=15, reset_mechanism="zero")
        self.one = snn.RSynaptic(alpha=0.5, beta=0.7, all_to_all=False, V=torch.rand(15))
        self.back = nn.Linear(15, 15)
        self.out = snn.Leaky(beta=0.9)

    def forward(self, x):
        spk, mem = self.all.reset_mem()
        spk2, syn2, mem2 = self.one.reset_mem()
        out, mem3 = torch.zeros(x.shape[1], 15), None
        rec = []
        for t in range(len(x)):
            spk, mem = self.all(self.fc(x[t]) - 0.5 * self.back(out), spk, mem)
            spk2, syn2, mem2 = self.one(spk, spk2, syn2, mem2)
            out, mem3 = self.out(spk2, mem3)
            rec.append(out)
        return torch.stack(rec)


def build():
    return Recurrent()
