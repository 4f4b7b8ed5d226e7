"""Words of a large vocabulary in PyTorch: the rarer, the fewer numbers each; no model, no text."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

import torch
from torch import Tensor, nn

SHRINK = 4  # div_val of the published models


class AdaptiveEmbedding(nn.Module):
    """Values of words, which are sorted by frequency (Baevski and Auli 2019, arXiv 1809.10853).

    Cluster i, between two cutoffs, has width / 4**i numbers per word and a projection to all.
    forward(x) takes one-hot words `[batch, words]` and gives `[batch, width]`, scaled by
    sqrt(width), as in S4 (src/models/nn/adaptive_softmax.py, AdaptiveEmbedding).
    """

    def __init__(self, words: int, width: int, cutoffs: tuple[int, ...]) -> None:
        super().__init__()
        self.gain = sqrt(width)
        self.parts = tuple(pairwise((0, *cutoffs, words)))
        sizes = [width // SHRINK**index for index in range(len(self.parts))]
        self.emb_layers = nn.ModuleList(
            nn.Embedding(high - low, size)
            for (low, high), size in zip(self.parts, sizes, strict=True)
        )
        self.emb_projs = nn.ParameterList(torch.empty(width, size) for size in sizes)
        for layer, projection in zip(self.emb_layers, self.emb_projs, strict=True):
            nn.init.normal_(layer.get_parameter("weight"), std=1 / self.gain)
            nn.init.normal_(projection, std=projection.shape[1] ** -0.5)

    def tables(self) -> list[tuple[Tensor, Tensor]]:
        """Each cluster's numbers of words `[words, size]`, and projection `[width, size]`."""
        weights = (layer.get_parameter("weight") for layer in self.emb_layers)
        return list(zip(weights, self.emb_projs, strict=True))

    def forward(self, x: Tensor) -> Tensor:
        values = [
            x[..., low:high] @ weight @ projection.T
            for (low, high), (weight, projection) in zip(self.parts, self.tables(), strict=True)
        ]
        return torch.stack(values).sum(0) * self.gain


class AdaptiveScores(nn.Module):
    """Scores of all words and clusters, with the embedding's weights (Grave et al. 2017).

    forward(values, embedding) gives `[batch, words + clusters - 1]`: the most frequent words and
    the other clusters compete first, then the words of each cluster, as `log_probabilities` says.
    Only the first projection is not the embedding's (S4, ProjectedAdaptiveLogSoftmax).
    """

    def __init__(self, embedding: AdaptiveEmbedding, width: int) -> None:
        super().__init__()
        rare = embedding.parts[1:]
        self.cluster_weight = nn.Parameter(torch.randn(len(rare), width) * width**-0.5)
        self.cluster_bias = nn.Parameter(torch.zeros(len(rare)))
        self.out_proj = nn.Parameter(torch.randn(width, width) * width**-0.5)
        self.out_layers_biases = nn.ParameterList(
            torch.zeros(high - low) for low, high in embedding.parts
        )

    def forward(self, values: Tensor, embedding: AdaptiveEmbedding) -> Tensor:
        tables = embedding.tables()
        first = torch.cat([tables[0][0], self.cluster_weight])
        scores = [values @ self.out_proj @ first.T]
        scores += [values @ projection @ weight.T for weight, projection in tables[1:]]
        first_bias, *biases = self.out_layers_biases
        return torch.cat(scores, -1) + torch.cat([first_bias, self.cluster_bias, *biases])


def log_probabilities(scores: Tensor, cutoffs: tuple[int, ...]) -> Tensor:
    """Log-probabilities of words `[batch, words]` from what `AdaptiveScores` gives.

    The i-th cluster behind the frequent words competes with them as the i-th score from the end.
    """
    clusters = len(cutoffs)
    words = scores.shape[-1] - clusters
    sizes = [high - low for low, high in pairwise((0, *cutoffs, words))]
    first, *rare = scores.split([sizes[0] + clusters, *sizes[1:]], -1)
    first = first.log_softmax(-1)
    within = [
        first[..., -index - 1 :][..., :1] + part.log_softmax(-1) for index, part in enumerate(rare)
    ]
    return torch.cat([first[..., : sizes[0]], *within], -1)
