"""A leaky read-out without reset: the class is read from its membrane potential, averaged."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Potential(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(10, 16)
        self.lif1 = snn.Leaky(beta=0.9)
        self.fc2 = nn.Linear(16, 3)
        self.li = snn.Leaky(beta=0.95, reset_mechanism="none")

    def forward(self, x):
        m1, m2 = self.lif1.reset_mem(), self.li.reset_mem()
        trace = []
        for frame in x:
            s, m1 = self.lif1(self.fc1(frame), m1)
            _, m2 = self.li(self.fc2(s), m2)
            trace.append(m2)
        return torch.stack(trace).mean(dim=0)


def build():
    return Potential()
