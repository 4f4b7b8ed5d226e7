"""The threshold is not among the weights; the file names another one beside them."""

# ruff: noqa

import torch
from spikingjelly.activation_based import functional, neuron
from torch import nn


class Net(nn.Module):
    def __init__(self, threshold=1.0):
        super().__init__()
        self.fc, self.lif = nn.Linear(6, 8), neuron.LIFNode(v_threshold=threshold)

    def forward(self, x):
        functional.reset_net(self)
        return torch.stack([self.lif(4 * self.fc(now)) for now in x])


def build():
    return Net()


def saved(path):
    model = Net(threshold=0.4)
    torch.save({"state_dict": model.state_dict(), "hyper_parameters": {"threshold": 0.4}}, path)
