"""One image presented for 25 ticks, as tutorials do; flattened inside."""

# ruff: noqa

import snntorch as snn
import torch
import torch.nn as nn

num_steps = 25


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(16, 30)
        self.lif1 = snn.Leaky(beta=0.95)
        self.fc2 = nn.Linear(30, 10)
        self.lif2 = snn.Leaky(beta=0.95)

    def forward(self, x):
        mem1 = self.lif1.reset_mem()
        mem2 = self.lif2.reset_mem()
        spk2_rec, mem2_rec = [], []
        x = x.view(x.size(0), -1)
        for _ in range(num_steps):
            spk1, mem1 = self.lif1(self.fc1(x), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spk2_rec.append(spk2)
            mem2_rec.append(mem2)
        return torch.stack(spk2_rec), torch.stack(mem2_rec)


def build():
    return Net()
