"""An LSTM cell precedes the neurons."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 8)
        self.lif = snn.Leaky(beta=0.9)
        self.cell = nn.LSTMCell(6, 6)

    def forward(self, x):
        mem = torch.zeros(x.shape[1], 8)
        rec = []
        for t in range(x.shape[0]):
            state = self.cell(x[t], state if t else None)
            s, mem = self.lif(self.fc(state[0]), mem)
            rec.append(s)
        return torch.stack(rec)


def build():
    return Net()
