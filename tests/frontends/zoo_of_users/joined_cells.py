"""Two cells side by side; their states, which hold spikes too, are asked for and start as None."""

# ruff: noqa

import norse.torch as norse
import torch
from torch import nn


class Joined(nn.Module):
    def __init__(self):
        super().__init__()
        self.fast = norse.LIFRecurrentCell(6, 4, norse.LIFParameters(v_th=torch.tensor(0.3)))
        self.slow = norse.LSNNRecurrentCell(6, 4, norse.LSNNParameters(v_th=torch.tensor(0.3)))

    def forward(self, x, state):
        if state is None:
            fast_state = slow_state = None
        else:
            fast_state, slow_state = state
        fast, fast_state = self.fast(x, fast_state)
        slow, slow_state = self.slow(x, slow_state)
        return torch.cat((fast, slow), -1), (fast_state, slow_state)


def build():
    return Joined()
