"""Which passes a build for lava runs, and in which order. Never: a pass."""

from __future__ import annotations

from snncc.backends import Settings
from snncc.ir import Network, UsageError
from snncc.ir.ops import Norm
from snncc.ir.passes import (
    Canonicalize,
    EvenRange,
    FoldBias,
    FoldNorm,
    HardReset,
    Pass,
    Prune,
    Quantize,
    Ranges,
    RoundConstants,
    Unshare,
)

from .lower.paths import refusal
from .lower.populations import simplify
from .netx import BIAS_EXPONENT
from .rules import OTHERWISE
from .settings import choice, number
from .target import (
    ALIGN_BITS,
    BIAS_BITS,
    DECAY_BITS,
    FRACTION_BITS,
    INPUT_BITS,
    INPUT_BITS_MAX,
    SHIFT_BITS,
    STATE_BITS,
    WEIGHT_BITS,
)


def passes(network: Network, settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
    """All passes up to integers; lowering lays the ticks, as populations may share a step.

    Raises:
        UsageError: states of 16 bits are asked for, or an option has a value that it cannot have.
        LoweringRefused: L002, L003, neurons that Loihi does not have, and norms: what is behind
            them would be refused in their place.
    """
    settings.require_narrow(WEIGHT_BITS, "Loihi")
    if settings.state_bits < STATE_BITS:
        raise UsageError(f"Loihi's states have {STATE_BITS} bits; leave out --state-bits")
    for node in network:
        if isinstance(node.op, Norm):
            raise refusal("L003", node, f"{node.op.keyword} has no form in synapses; {OTHERWISE}")
        if node.op.states:
            simplify(node)
    return (
        Canonicalize(),
        Unshare(),
        FoldNorm(),
        FoldBias(),
        Prune(),
        *((HardReset(),) if choice(settings.options, "reset", "exact", "zero") == "zero" else ()),
        Quantize(
            weight_bits=settings.weight_bits,
            layers=settings.layers,
            state_bits=STATE_BITS,
            widest_bits=STATE_BITS,
            decay_bits=DECAY_BITS,
            input_bits=number(settings.options, "input-bits", INPUT_BITS, 2, INPUT_BITS_MAX),
            fraction_bits=FRACTION_BITS,
            units="population" if settings.weight_bits >= WEIGHT_BITS else "register",
            meet="inputs",
            shift_bits=SHIFT_BITS,
            sum_bits=STATE_BITS - 1,
            ranges=ranges,
        ),
        EvenRange(),
        RoundConstants(
            grid=1 << ALIGN_BITS,
            bias_bits=BIAS_BITS,
            bias_grid=1 << BIAS_EXPONENT
            if choice(settings.options, "netx", "0", "1") == "1"
            else 1,
        ),
    )
