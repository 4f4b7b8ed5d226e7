"""(B, T, N) data, a linear layer over all ticks at once, then the loop; the mean rate comes out."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Rates(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(6, 18)
        self.lif = snn.Leaky(beta=torch.rand(18), learn_beta=True)
        self.read = nn.Linear(18, 4)
        self.out = snn.Leaky(beta=0.9)

    def forward(self, x):
        current = self.embed(x).permute(1, 0, 2)
        mem, mem_out = self.lif.reset_mem(), self.out.reset_mem()
        spikes = []
        for t in range(current.shape[0]):
            s, mem = self.lif(current[t], mem)
            s, mem_out = self.out(self.read(s), mem_out)
            spikes += [s]
        return torch.stack(spikes, 1).mean(1)


def build():
    return Rates()
