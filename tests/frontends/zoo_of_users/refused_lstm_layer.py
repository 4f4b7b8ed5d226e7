"""A gated unit by nn.LSTM over the whole sequence, spikes behind it."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Mixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(6, 8)
        self.lif = snn.Leaky(beta=0.9)

    def forward(self, x):
        y, _ = self.lstm(x)
        mem, rec = self.lif.reset_mem(), []
        for frame in y:
            s, mem = self.lif(frame, mem)
            rec.append(s)
        return torch.stack(rec)


def build():
    return Mixed()
