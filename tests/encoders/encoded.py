"""Models behind encoders, and models with an encoder of their own; no tests."""

import torch
from torch import Tensor, nn

from snncc.encoders import Chain
from snncc.encoders.modules import Encoding, make_module

CHANNELS = 3


class Spiking(nn.Module):
    """A layer of leaky neurons behind what may be an encoder."""

    def __init__(self, encoder: nn.Module, inputs: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.encoder, self.layer = encoder, nn.Linear(inputs, 4)
        nn.init.uniform_(self.layer.weight, 0.1, 0.9)

    def forward(self, x: Tensor) -> Tensor:
        encoded, v, found = self.encoder(x), torch.zeros(x.shape[1], 4), []
        for now in encoded:
            v = 0.75 * v + self.layer(now)
            spikes = (v >= 1.0).to(v)
            v = v - spikes
            found.append(spikes)
        return torch.stack(found)


def build(text: str) -> Spiking:
    """A model with an encoder of its own."""
    encoder = Chain.parse(text).encoders[0]
    module: Encoding = make_module(encoder)
    return Spiking(module, encoder.infer_shape((CHANNELS,))[0])


def plain() -> Spiking:
    """A model that takes what a delta encoder puts out."""
    return Spiking(nn.Identity(), 2 * CHANNELS)
