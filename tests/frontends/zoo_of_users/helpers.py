"""State in a dataclass, the tick in a function outside the class, detached now and then."""

# ruff: noqa

from dataclasses import dataclass

import snntorch as snn
import torch
from torch import nn


@dataclass
class State:
    hidden: torch.Tensor
    output: torch.Tensor


def start(net, batch):
    return State(torch.zeros(batch, 13), torch.zeros(batch, 4))


def tick(net, x, state, t):
    if t % 2 == 0:
        state = State(state.hidden.detach(), state.output.detach())
    spikes, hidden = net.lif1(scaled(net.fc1(x)), state.hidden)
    spikes, output = net.lif2(net.fc2(spikes), state.output)
    return spikes, State(hidden, output)


def scaled(current, gain=1.5):
    return (current * gain + 0.1) / 1.25 - 0.05


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(9, 13), nn.Linear(13, 4)
        self.lif1, self.lif2 = snn.Leaky(0.8, reset_delay=False), snn.Leaky(0.9, reset_delay=False)

    def forward(self, x):
        state = start(self, x.shape[1])
        spikes = []
        for t in range(x.shape[0]):
            s, state = tick(self, x[t], state, t)
            spikes.append(s)
        return torch.stack(spikes).sum(0)


def build():
    return Net()
