"""A loop of exactly num_steps ticks over (T, B, N) data."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Fixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.num_steps = 12
        self.fc = nn.Linear(6, 9)
        self.lif = snn.Leaky(beta=0.9)

    def forward(self, x):
        mem = self.lif.reset_mem()
        rec = []
        for step in range(self.num_steps):
            s, mem = self.lif(self.fc(x[step]), mem)
            rec.append(s)
        return torch.stack(rec)


def build():
    return Fixed()
