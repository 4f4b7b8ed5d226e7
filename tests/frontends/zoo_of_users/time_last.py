"""(B, C, T) recordings: ticks on the last axis; outputs collected in plain lists."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Recording(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(7, 15), nn.Linear(15, 4)
        self.lif1, self.lif2 = snn.Leaky(beta=0.9), snn.Leaky(beta=0.8)

    def forward(self, x):
        mem1, mem2 = self.lif1.reset_mem(), self.lif2.reset_mem()
        spk_rec, mem_rec = [], []
        for t in range(x.shape[-1]):
            spk1, mem1 = self.lif1(self.fc1(x[..., t]), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spk_rec.append(spk2)
            mem_rec.append(mem2)
        return spk_rec, mem_rec


def build():
    return Recording()
