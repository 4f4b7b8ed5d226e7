"""Which passes a build for c99 runs, and in which order. Never: a pass."""

from __future__ import annotations

from snncc.backends import Settings
from snncc.ir.passes import (
    Canonicalize,
    FoldBias,
    FoldNorm,
    MergeWeights,
    Pass,
    Prune,
    Quantize,
    Ranges,
)


def passes(settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
    """All passes up to integers; there is no retiming, as C computes a tick in order."""
    return (
        Canonicalize(),
        FoldNorm(),
        MergeWeights(),
        FoldBias(),
        Prune(),
        Quantize(
            weight_bits=settings.weight_bits,
            state_bits=settings.state_bits,
            layers=settings.layers,
            ranges=ranges,
        ),
    )
