"""Depthwise, dilated and strided 1d convolutions, a pool, and a Lapicque output."""

# ruff: noqa

import snntorch as snn
import torch
import torch.nn.functional as F
from torch import nn


class Audio(nn.Module):
    def __init__(self):
        super().__init__()
        self.depth = nn.Conv1d(4, 8, 3, groups=4, dilation=2, padding="same")
        self.point = nn.Conv1d(8, 6, 1, stride=2)
        self.lif = snn.Leaky(beta=0.5, threshold=0.3)
        self.fc = nn.Linear(6 * 4, 5)
        self.lap = snn.Lapicque(R=2.0, C=3.0, time_step=0.5)

    def forward(self, x):
        m = l = None
        out = []
        for frame in x.unbind(0):
            y, m = self.lif(self.point(F.relu(self.depth(frame))), m)
            y = F.avg_pool1d(y, 2)
            y, l = self.lap(self.fc(y.flatten(1)), l)
            out.append(y)
        return torch.stack(out)


def build():
    return Audio()
