"""A batch norm of its own for every tick, as batch-norm-through-time has."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, ticks=70):
        super().__init__()
        self.fc = nn.Linear(6, 8)
        self.lif = snn.Leaky(beta=0.9)
        self.norms = nn.ModuleList(nn.BatchNorm1d(8) for _ in range(ticks))
        for norm in self.norms:
            norm.running_var.uniform_(0.1, 1)

    def forward(self, x):
        mem, rec = self.lif.reset_mem(), []
        for frame, norm in zip(x, self.norms):
            spk, mem = self.lif(norm(self.fc(frame)), mem)
            rec.append(spk)
        return torch.stack(rec)


def build():
    return Net()
