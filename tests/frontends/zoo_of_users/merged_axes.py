"""Ticks and samples merged for the convolution, parted again for the neurons."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Merged(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, (3, 2), stride=(1, 2), padding=(1, 0))
        self.norm = nn.BatchNorm2d(4)
        self.lif = snn.Leaky(beta=0.6)
        self.fc = nn.Linear(4 * 5 * 3, 6)
        self.out = snn.Leaky(beta=0.9)

    def forward(self, x):
        T, B = x.shape[:2]
        y = self.norm(self.conv(x.flatten(0, 1)))
        y = y.view(T, B, *y.shape[1:])
        mem, mem_out, rec = None, None, []
        for t in range(T):
            s, mem = self.lif(y[t], mem)
            s, mem_out = self.out(self.fc(s.reshape(B, -1)), mem_out)
            rec.append(s.unsqueeze(0))
        return torch.cat(rec, dim=0)


def build():
    return Merged()
