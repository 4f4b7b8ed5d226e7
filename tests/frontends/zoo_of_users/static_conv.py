"""An image presented at every tick; the convolution runs once, before the loop."""

# ruff: noqa

import snntorch as snn
import torch
import torch.nn.functional as F
from torch import nn


class Image(nn.Module):
    def __init__(self, steps=20):
        super().__init__()
        self.steps = steps
        self.conv = nn.Conv2d(1, 4, 3)
        self.lif1 = snn.Leaky(beta=torch.rand(4, 1, 1))
        self.fc = nn.Linear(4 * 3 * 3, 5)
        self.lif2 = snn.Leaky(beta=0.9)

    def forward(self, x):
        mem1, mem2 = self.lif1.reset_mem(), self.lif2.reset_mem()
        current = self.conv(x.unsqueeze(1))
        count = 0
        for _ in range(self.steps):
            spk, mem1 = self.lif1(current, mem1)
            spk, mem2 = self.lif2(self.fc(F.max_pool2d(spk, 2).flatten(1)), mem2)
            count += spk
        return count / self.steps


def build():
    return Image()
