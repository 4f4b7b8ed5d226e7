"""Leaky neurons without a state of their own between ticks: when that is equal, and its numbers.

With d what a tick begins with, I the current and T rounding toward zero:
    v = fit(d + I 2**shift);  s = v compare threshold;  d = T(decay v) - amount s + bias
is, for the reset after the decay, the op's own v = fit(T(decay v') - amount s' + I + bias) told
from the other end; for the reset before the decay d = T(decay (v - amount s)) + bias.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np

from snncc.ir import Factor, Integers, Node, Overflow, Quantity, Rounding
from snncc.ir.ops import IF, LIF, CubaLIF, Spiking

from ..event_steps import Leaky
from ..storage import Constant, Layout, Reset
from ..target import LANE_BITS
from .constant_arrays import Grid
from .context import Context
from .parameter_codes import current_shifts, factor_codes, parameter_codes, reads_state

MOST_SHIFT = 14  # SSAT16 cuts to 18 - shift bits, of which it needs four
MOST_REACH = 30  # a shifted current that meets an int16 state must not leave int32
SMLA_FRAC = 15  # a factor of SMLABB is an int16
SMULW_FRAC = 16  # what one 32-bit factor of SMULWB leaves exact, see kernels.h


@dataclass(frozen=True, eq=False)
class _Numbers:
    """A neuron's parameters, one per neuron `[neurons]`, and what a decay does to them."""

    bits: int
    threshold: Integers
    amount: Integers
    bias: Integers
    decay: _Decay | None
    fades: _Decay | None
    early: bool  # reset before the decay

    @classmethod
    def of(cls, context: Context, node: Node, op: Leaking, bits: int) -> _Numbers | None:
        """The numbers; None where a decay has no short form."""
        leaks, fading = op.membrane.decay != 1.0, op.membrane.current_decay is not None
        decay = _decay(context, node, "decay", bits) if leaks else None
        fades = _decay(context, node, "current_decay", bits) if fading else None
        if (leaks and decay is None) or (fading and fades is None):
            return None
        named = (op.threshold, op.reset_amount, op.bias)
        threshold, amount, bias = (parameter_codes(context, node, value, "v") for value in named)
        late = op.reset_order in ("after-decay", "after-input")
        return cls(bits, threshold, amount, bias, decay, fades, not late)


@dataclass(frozen=True, eq=False)
class _Decay:
    """A factor in its shortest form: codes `[neurons]` over 2**frac."""

    codes: Integers
    frac: int

    def apply(self, values: Integers) -> Integers:
        """Values x decay, rounded toward zero."""
        product = values * self.codes
        return np.asarray(np.sign(product) * (np.abs(product) >> self.frac))


Leaking: TypeAlias = IF | LIF | CubaLIF


def leaky_of(
    context: Context, node: Node, grid: Grid, lanes: bool
) -> tuple[Leaky, Integers, Integers] | None:
    """The arithmetic of a population, what tick 0 begins with, and the bias, one per neuron.

    None where it is not equal. `lanes`: its current is int16.
    """
    op, bits = node.op, _bits(node)
    # Those whose equations are above; no op derives from one of them.
    if bits is None or not isinstance(op, Leaking) or not _is_plain(node, op):
        return None
    if reads_state(context, node) or op.membrane.current_order == "old":
        return None
    numbers, shift = _Numbers.of(context, node, op, bits), current_shifts(context, node)
    if numbers is None or not np.all(shift == shift[0]) or shift[0] > MOST_SHIFT:
        return None
    # A neuron at rest must not fire, nor may an empty lane.
    quiet = numbers.threshold >= (0 if op.compare == ">" else 1)
    if not np.all(quiet) or not _fits(op, numbers):
        return None
    low, high = context.facts.limits(node.inputs[0])
    reach = int(max(-low.min(), high.max())) << int(shift[0])
    if not lanes and reach >= 1 << MOST_REACH:
        return None
    cut = reach >= 1 << (bits - 1)
    leaky = _write_leaky(context, node, op, grid, numbers, int(shift[0]), cut)
    bias = parameter_codes(context, node, op.bias, "v")
    return leaky, _begins(context, node, op, numbers), bias


def _write_leaky(
    context: Context,
    node: Node,
    op: Leaking,
    grid: Grid,
    numbers: _Numbers,
    shift: int,
    cut: bool,
) -> Leaky:
    layout: Layout = "lanes" if numbers.bits == LANE_BITS else "int32_t"
    never = (1 << (numbers.bits - 1)) - 1

    def constant(name: str, values: Integers, fill: int = 0) -> Constant:
        label = f"{node.name}_{name}"
        return context.tables.constant(label, layout, values, grid, fill)

    def decay(name: str, of: _Decay | None) -> Constant | None:
        # Decays are in no lane's way: empty ones may share a neuron's.
        return None if of is None else constant(name, of.codes, 1)

    return Leaky(
        bits=numbers.bits,
        shift=shift,
        cut=cut,
        decay=decay("decay", numbers.decay),
        frac=0 if numbers.decay is None else numbers.decay.frac,
        current_decay=decay("fade", numbers.fades),
        current_frac=0 if numbers.fades is None else numbers.fades.frac,
        strict=op.compare == ">",
        threshold=constant("threshold", numbers.threshold, never),
        reset=cast("Reset", op.reset),
        amount=Constant() if op.reset == "none" else constant("amount", _put(op, numbers), never),
        marking=op.reset == "subtract" and bool(np.all(numbers.amount > 0)),
        late=not numbers.early,
        bias=constant("drive", numbers.bias),
    )


def _bits(node: Node) -> int | None:
    """Width of all of a neuron's states; None where there is none that the kernels have."""
    formats = [f for f in node.formats.values() if isinstance(f, Quantity)]
    factors = [f for f in node.formats.values() if isinstance(f, Factor)]
    widths = {f.bits for f in formats}
    known = len(widths) == 1 and widths <= {LANE_BITS, 2 * LANE_BITS}
    saturating = all(f.signed and f.overflow is not Overflow.WRAP for f in formats)
    truncating = all(f.rounding is Rounding.TOWARD_ZERO for f in factors)
    return widths.pop() if known and saturating and truncating else None


def _is_plain(node: Node, op: Spiking) -> bool:
    """Fires once a tick, never waits, has no floor, and is reset in one of the two places."""
    order = op.reset_order if op.reset != "none" else "now"
    placed = order in ("now", "before-decay", "after-decay")
    placed = placed or (order == "after-input" and op.reset == "subtract")
    return placed and op.spikes == 1 and not op.refractory and not op.floored


def _decay(context: Context, node: Node, role: str, bits: int) -> _Decay | None:
    codes, format = factor_codes(context, node, getattr(node.op, role), role)
    frac = format.frac
    while frac and not np.any(codes & 1):
        codes, frac = codes >> 1, frac - 1
    if bits > LANE_BITS:
        return _Decay(codes, frac)
    if np.all(codes == codes[0]):
        return _Decay(codes, frac) if frac <= SMULW_FRAC and codes[0] < 1 << frac else None
    short = frac <= SMLA_FRAC and np.all(codes < 1 << SMLA_FRAC)
    return _Decay(codes, frac) if short else None


def _put(op: Spiking, numbers: _Numbers) -> Integers:
    """What a reset subtracts, or puts in the place of the decayed potential."""
    if op.reset == "value" and numbers.early and numbers.decay is not None:
        return numbers.decay.apply(numbers.amount)
    return numbers.amount


def _fits(op: Spiking, numbers: _Numbers) -> bool:
    """Whether what a tick leaves for the next fits the state for every potential."""
    half = 1 << (numbers.bits - 1)
    faded = _identity if numbers.decay is None else numbers.decay.apply
    lowest, highest = np.full_like(numbers.bias, -half), np.full_like(numbers.bias, half - 1)
    ends = [faded(lowest), faded(highest)]
    match op.reset:
        case "subtract":
            # Only what fired is reduced, and that lay at or above the threshold.
            below = numbers.threshold - numbers.amount
            late = faded(numbers.threshold) - numbers.amount
            ends += [faded(below) if numbers.early else late, below]
        case "value":
            ends.append(_put(op, numbers))
        case _:
            pass
    bias = numbers.bias
    currents = [0 * bias]
    if numbers.fades is not None:
        currents = [numbers.fades.apply(end) + bias for end in (lowest, highest)]
        bias = 0 * bias
    fine = [end + bias for end in ends] + currents
    within = all(bool(np.all((-half <= end) & (end < half))) for end in fine)
    return within and bool(op.reset != "subtract" or np.all(numbers.amount >= 0))


def _identity(values: Integers) -> Integers:
    return values


def _begins(context: Context, node: Node, op: Leaking, numbers: _Numbers) -> Integers:
    """What tick 0 begins with `[neurons]`: the initial potential, reset, decayed, bias added."""
    first = parameter_codes(context, node, op.initial, "v")
    fired = first > numbers.threshold if op.compare == ">" else first >= numbers.threshold
    # Who is reset at once has been reset before tick 0.
    fired = fired & (op.reset != "none") & (op.reset_order != "now")
    faded = _identity if numbers.decay is None else numbers.decay.apply
    half = 1 << (numbers.bits - 1)
    if op.reset == "value":
        rest = np.where(fired, _put(op, numbers), faded(first))
    elif numbers.early:
        rest = faded(np.clip(first - numbers.amount * fired, -half, half - 1))
    else:
        rest = faded(first) - numbers.amount * fired
    return rest if numbers.fades is not None else rest + numbers.bias
