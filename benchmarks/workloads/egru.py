"""The EGRU that was published on SpiNNaker 2, by its size, with random weights; no measurement."""

import torch

from snncc.zoo.models.egru import EGRU, EGRUConfig

VALUES, UNITS = 750, (1350, 1350, 750)  # of a symbol's embedding, and of the layers
KEPT = 0.05  # of all weights, after pruning
GAIN = 4.0  # the weights that are kept make up for the others, so that units fire


def pruned() -> EGRU:
    """Three layers of 24.2 million weights, 5 % of them kept; embedding and read-out are outside.

    Sizes: EvNN 0.2, benchmarks/lm/models.py and its README; share: Nazeer et al. 2023,
    arXiv:2312.09084.
    """
    torch.manual_seed(0)
    model = EGRU(EGRUConfig(channels=VALUES, classes=1, hidden=UNITS, threshold=0.1))
    with torch.no_grad():
        for name, weights in model.layers.named_parameters():
            if weights.ndim == 2:
                assert name.endswith("weight")
                weights *= (torch.rand_like(weights) < KEPT) * GAIN
    return model.eval()
