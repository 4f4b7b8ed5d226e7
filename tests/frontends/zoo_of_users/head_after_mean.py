"""A linear head on the mean spikes of all ticks, and dropout that eval() switches off."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(10, 16)
        self.drop = nn.Dropout(0.3)
        self.lif = snn.Alpha(alpha=0.9, beta=0.6, reset_mechanism="subtract")
        self.head = nn.Linear(16, 4)

    def forward(self, x):
        exc, inh, mem = self.lif.reset_mem()
        rec = []
        for t in range(x.shape[0]):
            s, exc, inh, mem = self.lif(self.drop(self.fc1(x[t])), exc, inh, mem)
            rec.append(s)
        return self.head(torch.stack(rec).mean(0))


def build():
    return Head()
