"""The passes that SpiNNaker 2 wants, in order. Never: a pass."""

from __future__ import annotations

from snncc.backends import Settings
from snncc.ir import UsageError
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

STATE_BITS = 32  # binary32


def passes(settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
    """All passes up to float32 states over whole weights; lowering lays the chip's ticks.

    Raises:
        UsageError: states of another width are asked for.
    """
    if settings.state_bits != STATE_BITS:
        raise UsageError("SpiNNaker 2's states are float32; leave out --state-bits")
    return (
        Canonicalize(),
        FoldNorm(),
        FoldBias(),
        Prune(),
        Gates(),
        ResetNow(),
        Quantize(weight_bits=settings.weight_bits, fraction_bits=0, meet="together", ranges=ranges),
        SinglePrecision(),
        SplitSigns(),
        AtThreshold(),
        WarmStart(hop=HOP_TICKS),
    )
