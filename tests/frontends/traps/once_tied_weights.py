"""Two layers share one weight; in the file they differ."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.back = nn.Linear(6, 8), nn.Linear(8, 8)
        self.more = nn.Linear(8, 8)
        self.more.weight = self.back.weight
        self.lif = snn.Leaky(beta=0.9)

    def forward(self, x):
        mem = torch.zeros(x.shape[1], 8)
        rec = []
        for t in range(x.shape[0]):
            s, mem = self.lif(self.more(self.back(self.fc(x[t]))), mem)
            rec.append(s)
        return torch.stack(rec)


def build():
    return Net()


def saved(path):
    model = Net()
    state = dict(model.state_dict())
    state["more.weight"] = torch.randn(8, 8)
    torch.save(state, path)
