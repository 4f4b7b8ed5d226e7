"""The passes that SpiNNaker 2 wants, in order. Never: a pass."""

from __future__ import annotations

from snncc.backends import Settings
from snncc.ir.passes import (
    AtThreshold,
    Canonicalize,
    FoldBias,
    FoldNorm,
    Gates,
    Pass,
    Prune,
    Quantize,
    Ranges,
    ResetNow,
    SinglePrecision,
    SplitSigns,
    WarmStart,
)

from .target import HOP_TICKS


def passes(settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
    """All passes up to float32 states over whole weights; lowering lays the chip's ticks."""
    return (
        Canonicalize(),
        FoldNorm(),
        FoldBias(),
        Prune(),
        Gates(),
        ResetNow(),
        Quantize(weight_bits=settings.weight_bits, fraction_bits=0, ranges=ranges),
        SinglePrecision(),
        SplitSigns(),
        AtThreshold(),
        WarmStart(hop=HOP_TICKS),
    )
