"""Current-based neurons with learned decays and thresholds for each neuron, float32 by name."""

# ruff: noqa

import snntorch as snn
import torch
from torch import nn


class Cuba(nn.Module):
    def __init__(self):
        super().__init__()
        g = torch.Generator().manual_seed(0)
        rand = lambda n: torch.rand(n, generator=g)
        self.fc1 = nn.Linear(10, 17)
        self.n1 = snn.Synaptic(
            alpha=rand(17),
            beta=rand(17),
            threshold=rand(17) + 0.1,
            learn_alpha=True,
            learn_beta=True,
            learn_threshold=True,
        )
        self.fc2 = nn.Linear(17, 5)
        self.n2 = snn.Synaptic(
            alpha=rand(5), beta=rand(5), reset_mechanism="zero", reset_delay=False
        )

    def forward(self, x):
        T, B = x.shape[0], x.shape[1]
        syn1 = torch.zeros((B, 17), dtype=torch.float32)
        mem1 = torch.zeros((B, 17), dtype=torch.float)
        syn2, mem2 = torch.zeros(B, 5).float(), torch.zeros(B, 5).to(torch.float32)
        out = torch.zeros(T, B, 5, dtype=torch.float32)
        for t in range(T):
            s, syn1, mem1 = self.n1(self.fc1(x[t].float()), syn1, mem1)
            s, syn2, mem2 = self.n2(self.fc2(s), syn2, mem2)
            out[t, :, :] = s
        return out


def build():
    return Cuba()
