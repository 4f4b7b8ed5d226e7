"""Convolutions with batch norm and pools over event frames, (T, B, C, H, W)."""

# ruff: noqa

import snntorch as snn
import torch
from snntorch import utils
from torch import nn


class Block(nn.Module):
    def __init__(self, i, o, pool):
        super().__init__()
        self.conv = nn.Conv2d(i, o, 3, padding=1, stride=1, bias=False)
        self.bn = nn.BatchNorm2d(o)
        self.bn.running_mean.uniform_(-0.2, 0.2)
        self.bn.running_var.uniform_(0.05, 0.2)
        self.lif = snn.Leaky(beta=0.5, init_hidden=True)
        self.pool = pool

    def forward(self, x):
        return self.pool(self.lif(self.bn(self.conv(x))))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            Block(2, 6, nn.MaxPool2d(2)), Block(6, 8, nn.AvgPool2d(2)), nn.AdaptiveAvgPool2d(1)
        )
        self.head = nn.Linear(8, 3)
        self.out = snn.Leaky(beta=0.9, init_hidden=True)

    def forward(self, x):
        utils.reset(self)
        return torch.stack([self.out(self.head(self.features(f).flatten(1))) for f in x])


def build():
    return Net()
