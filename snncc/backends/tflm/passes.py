"""Which passes a build for tflm runs, and in which order. Never: a pass."""

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

from .target import STATE_BITS_MAX, WEIGHT_BITS_MAX


def passes(settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
    """All passes up to integers: the same network as the C99 backend computes.

    Decays keep 15 bits whatever the state's width: a product that leaves 32 bits is computed in
    two parts (arithmetic.py). States of 16 bits need no second part and are the quicker choice.
    Wide ones have 30, in an int32: two bits are left for the sums of a state with a threshold, an
    input and another state, which no kernel computes beyond 32.
    """
    settings.require_narrow(WEIGHT_BITS_MAX, "TFLite-Micro")
    bits = min(settings.state_bits, STATE_BITS_MAX)
    return (
        Canonicalize(),
        FoldNorm(),
        MergeWeights(),
        FoldBias(),
        Prune(),
        Quantize(
            weight_bits=settings.weight_bits,
            layers=settings.layers,
            state_bits=bits,
            widest_bits=STATE_BITS_MAX,
            ranges=ranges,
        ),
    )
