"""Batch norm over [ticks * batch, features], trained."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 8)
        self.lif = snn.Leaky(beta=0.9, threshold=0.3)
        self.norm = nn.BatchNorm1d(8)
        self.norm.running_mean.uniform_(-1, 1)
        self.norm.running_var.uniform_(0.2, 0.6)

    def forward(self, x):
        normed = self.norm(self.fc(x).flatten(0, 1)).unflatten(0, x.shape[:2])
        mem = torch.zeros(x.shape[1], 8)
        rec = []
        for t in range(x.shape[0]):
            s, mem = self.lif(normed[t], mem)
            rec.append(s)
        return torch.stack(rec)


def build():
    return Net()
