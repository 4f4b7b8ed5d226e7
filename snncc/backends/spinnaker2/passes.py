"""The passes of spinnaker2 in order, and whether py-spinnaker2's applications or our kernel run."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.ir import Network, UsageError
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
from .settings import KERNELS, choose

STATE_BITS = 32  # binary32
OWN_SUM_BITS = 31  # what enters a part is known by its bits alone, and so up to twice as large
WEIGHT_BITS = 8  # of a code: seven and a sign, in synapses of py-spinnaker2's applications


def ways(settings: Settings) -> tuple[Settings, ...]:
    """The settings for py-spinnaker2's applications, and those for our kernel if it may be that.

    Raises:
        UsageError: the option `kernel` names none of `KERNELS`.
    """
    if choose(settings, "kernel", KERNELS) != "auto":
        return (settings,)
    own = replace(settings, options=MappingProxyType({**settings.options, "kernel": "own"}))
    return (own,) if settings.widest_weight_bits > WEIGHT_BITS else (settings, own)


def for_own_kernel(settings: Settings) -> bool:
    """Whether the settings ask for our own kernel.

    Raises:
        UsageError: the option `kernel` names none of `KERNELS`.
    """
    return choose(settings, "kernel", KERNELS) == "own"


def passes(network: Network, settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
    """The passes for the kernel that the settings ask for; the applications', if they do not say.

    Raises:
        UsageError: the option `kernel` names none of `KERNELS`, or states of another width are
            asked for.
    """
    if for_own_kernel(settings):
        steps = C99Backend().passes(network, settings, ranges)
        return tuple(
            replace(step, sum_bits=OWN_SUM_BITS) if isinstance(step, Quantize) else step
            for step in steps
        )
    strict = choose(settings, "kernel", KERNELS) == "auto"
    return _stock(settings, ranges, strict=strict)


def _stock(settings: Settings, ranges: Ranges, *, strict: bool) -> tuple[Pass, ...]:
    """Up to float32 states over whole weights; lowering lays the chip's ticks.

    With `strict` a network is refused whose weak weights our own kernel would keep.
    """
    if settings.state_bits != STATE_BITS:
        raise UsageError(
            "the applications of SpiNNaker 2 keep states in float32; leave out --state-bits, or "
            "build with --option kernel=own"
        )
    settings.require_narrow(WEIGHT_BITS, "a synapse of SpiNNaker 2's applications")
    return (
        Canonicalize(),
        FoldNorm(),
        FoldBias(),
        Prune(),
        Gates(),
        ResetNow(),
        Quantize(
            weight_bits=settings.weight_bits,
            layers=settings.layers,
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
