"""Spikes fed back by concatenation, and a history of two ticks in a list."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Feedback(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6 + 10 + 10, 10)
        self.lif = snn.Leaky(beta=0.7, threshold=0.6)

    def forward(self, x):
        mem = self.lif.reset_mem()
        history = [torch.zeros(x.shape[1], 10) for _ in range(2)]
        rec = []
        for frame in x:
            spk, mem = self.lif(self.fc(torch.cat((frame, *history), dim=1)), mem)
            history = [spk, history[0]]
            rec.append(spk)
        return torch.stack(rec)


def build():
    return Feedback()
