"""The weight is kept as [in, out], and multiplied from the right."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(6, 8))
        self.lif = snn.Leaky(beta=0.9)

    def forward(self, x):
        mem = torch.zeros(x.shape[1], 8)
        rec = []
        for t in range(x.shape[0]):
            s, mem = self.lif(x[t] @ self.w, mem)
            rec.append(s)
        return torch.stack(rec)


def build():
    return Net()
