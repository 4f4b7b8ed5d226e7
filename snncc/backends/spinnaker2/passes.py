"""The passes that SpiNNaker 2 wants, in order. Never: a pass."""

from __future__ import annotations

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.ir import LoweringRefused, Network, PassError, RuleViolation, Single, UsageError
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

from .chip.target import HOP_TICKS
from .lower import require_applications
from .settings import KERNELS, one_of

STATE_BITS = 32  # binary32


def passes(network: Network, settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
    """The passes for the kernel that the settings choose, or that the network needs.

    The network after them tells which it was: states in float32 are for the applications, whole
    numbers for our own kernel.

    Raises:
        UsageError: states of another width are asked for, or there is no such kernel.
    """
    kernel = one_of(settings, "kernel", KERNELS)
    own = C99Backend().passes(network, settings, ranges)
    if kernel == "own":
        return own
    stock = _stock(settings, ranges, strict=kernel == "auto")
    if kernel == "auto":
        try:
            for step in stock:
                network = step(network)
            require_applications(network, settings)
        except (LoweringRefused, PassError, RuleViolation):
            return own
    return stock


def for_own_kernel(network: Network, settings: Settings) -> bool:
    """Whether a network after these passes is for our own kernel: all its states are whole."""
    formats = [format for node in network for format in node.formats.values()]
    single = any(isinstance(format, Single) for format in formats)
    return network.quantized and not single and settings.options.get("kernel") != "stock"


def _stock(settings: Settings, ranges: Ranges, *, strict: bool) -> tuple[Pass, ...]:
    """Up to float32 states over whole weights; lowering lays the chip's ticks."""
    if settings.state_bits != STATE_BITS:
        raise UsageError(
            "the applications of SpiNNaker 2 keep states in float32; leave out --state-bits, or "
            "build with --option kernel=own"
        )
    return (
        Canonicalize(),
        FoldNorm(),
        FoldBias(),
        Prune(),
        Gates(),
        ResetNow(),
        Quantize(
            weight_bits=settings.weight_bits,
            fraction_bits=0,
            meet="inputs",
            shift_bits=0,
            strict=strict,
            ranges=ranges,
        ),
        SinglePrecision(),
        SplitSigns(),
        AtThreshold(),
        WarmStart(hop=HOP_TICKS),
    )
