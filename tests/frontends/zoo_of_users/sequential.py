"""nn.Sequential of layers and neurons; the last returns its membrane potential too."""

# ruff: noqa

import snntorch as snn
from torch import nn


def build():
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(3 * 4, 20),
        snn.Leaky(beta=0.9, init_hidden=True),
        nn.Dropout(0.5),
        nn.Linear(20, 6),
        snn.Synaptic(alpha=0.7, beta=0.8, init_hidden=True, output=True),
    )
