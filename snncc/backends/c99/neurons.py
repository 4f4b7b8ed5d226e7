"""Which arithmetic neurons get: int16 lanes where that is proven to be equal, else scalar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from snncc.ir import Factor, Node, Overflow, Quantity, Rounding
from snncc.ir.ops import IF, LIF, CubaLIF, Spiking
from snncc.ir.passes import worst_case

from .codes import factor, observed, shifts, whole
from .neuron_scalar import scalar
from .program import Constant, Memory, Packed, Scalar, Whole
from .tables import Grid
from .target import LANE_BITS
from .wiring import refused

if TYPE_CHECKING:
    from .lower import Lowering

MOST_SHIFT = 14  # SSAT16 cuts to 18 - shift bits, of which it needs four
SMLA_FRAC = 15  # a factor of SMLABB is an int16
SMULW_FRAC = 16  # SMULWB divides by 2**16


def arithmetic_of(
    lowering: Lowering, node: Node, grid: Grid, lanes: bool
) -> tuple[Packed | Scalar, tuple[Memory, ...], bool]:
    """Arithmetic and states of a population, and whether it stays at rest without input.

    Raises:
        LoweringRefused: C004 a trapping state is not proven to fit, C005 a format is too wide.
    """
    _check_formats(lowering, node)
    packed = _packed(lowering, node, grid) if lanes else None
    if packed is None:
        return scalar(lowering, node, grid)
    first = _begins(lowering, node, packed[1], packed[2])
    op = node.op
    assert isinstance(op, Spiking)
    bias = whole(lowering, node, op.bias, "v")
    names = ("rest",) if packed[0].current_decay is None else ("rest", "current")
    memories = tuple(
        Memory(
            f"{node.name}_{name}",
            "int16_t",
            grid.lanes,
            grid.spread(first if name == "rest" else bias).reshape(-1),
            packed=True,
        )
        for name in names
    )
    return packed[0], memories, True


def _check_formats(lowering: Lowering, node: Node) -> None:
    for role, format in node.formats.items():
        if isinstance(format, Factor):
            if format.frac > 31:
                raise refused("C005", node, f"role '{role}' has {format.frac} fraction bits")
            continue
        if format.bits > 32:
            raise refused(
                "C005", node, f"role '{role}' has {format.bits} bits, at most 32 are kept"
            )
        if format.overflow is Overflow.TRAP:
            a = lowering.numbers[node.name][0]
            worst = float(np.max(worst_case(lowering.network, node, lowering.facts.bounds, a)))
            if worst > format.high:
                message = (
                    f"role '{role}' traps beyond {format.high:,} and may reach {worst:,.0f}; "
                    "saturate, or widen it"
                )
                raise refused("C004", node, message)


def _simple(node: Node, op: Spiking) -> bool:
    """What int16 lanes can express at all, whatever the numbers."""
    formats = [f for f in node.formats.values() if isinstance(f, Quantity)]
    factors = [f for f in node.formats.values() if isinstance(f, Factor)]
    once = op.spikes == 1 and not op.refractory
    order = op.reset_order if op.reset != "none" else "now"
    ordered = order in ("now", "before-decay", "after-decay")
    ordered = ordered or (order == "after-input" and op.reset == "subtract")
    return (
        once
        and ordered
        and all(f.bits == LANE_BITS and f.signed for f in formats)
        and all(f.overflow is not Overflow.WRAP for f in formats)
        and all(f.rounding is Rounding.TOWARD_ZERO for f in factors)
    )


def _one_factor(lowering: Lowering, node: Node, role: str) -> tuple[int, int] | None:
    """A decay shared by all neurons in its shortest form: odd code, fraction bits."""
    codes, format = factor(lowering, node, getattr(node.op, role), role)
    if not np.all(codes == codes[0]):
        return None
    code, frac = int(codes[0]), format.frac
    while frac and code % 2 == 0:
        code, frac = code // 2, frac - 1
    if frac == SMULW_FRAC and 0 < code < 1 << SMULW_FRAC:
        return code, frac
    return (code, frac) if 0 <= code < 1 << SMLA_FRAC and frac <= SMLA_FRAC else None


def _faded(values: Whole, decay: tuple[int, int] | None) -> Whole:
    """values x decay, rounded toward zero."""
    if decay is None:
        return values
    product = values * decay[0]
    return np.asarray(np.sign(product) * (np.abs(product) >> decay[1]))


def _packed(
    lowering: Lowering, node: Node, grid: Grid
) -> tuple[Packed, Whole, tuple[int, int] | None] | None:
    """The int16 arithmetic, the reset amounts and the decay; None where it is not equal."""
    op = node.op
    if not isinstance(op, IF | LIF | CubaLIF) or not _simple(node, op):
        return None
    if observed(lowering, node) or (isinstance(op, CubaLIF) and op.current_order == "old"):
        return None
    leaks = getattr(op, "decay", 1.0) != 1.0
    decay = _one_factor(lowering, node, "decay") if leaks else None
    fades = _one_factor(lowering, node, "current_decay") if isinstance(op, CubaLIF) else None
    if (leaks and decay is None) or (isinstance(op, CubaLIF) and fades is None):
        return None
    shift = shifts(lowering, node)
    threshold = whole(lowering, node, op.threshold, "v")
    amount = whole(lowering, node, op.reset_amount, "v")
    bias = whole(lowering, node, op.bias, "v")
    strict = op.compare == ">"
    # A neuron at rest must not fire, nor may an empty lane.
    quiet = np.all(threshold >= 0) if strict else np.all(threshold > 0)
    if not np.all(shift == shift[0]) or shift[0] > MOST_SHIFT or not quiet:
        return None
    late = op.reset == "value" and op.reset_order == "after-decay"
    late = late or (op.reset == "subtract" and op.reset_order in ("after-decay", "after-input"))
    kept = amount if late or op.reset != "value" else _faded(amount, decay)
    added = np.zeros_like(bias) if fades is not None else bias
    if op.reset == "subtract" and np.any(amount < 0):
        return None
    if not _fits(threshold, amount, added, decay, op.reset, late):
        return None
    if fades is not None and not _fits(threshold, 0 * amount, bias, fades, "none", late):
        return None
    constant = lowering.tables.constant
    return (
        Packed(
            shift=int(shift[0]),
            decay=None if decay is None else decay[0],
            frac=0 if decay is None else decay[1],
            current_decay=None if fades is None else fades[0],
            current_frac=0 if fades is None else fades[1],
            strict=strict,
            threshold=constant(f"{node.name}_threshold", "lanes", threshold, grid, 0x7FFF),
            reset=op.reset,  # type: ignore[arg-type]
            amount=constant(f"{node.name}_amount", "lanes", kept, grid, 0x7FFF)
            if op.reset != "none"
            else Constant(),
            marking=op.reset == "subtract" and bool(np.all(amount > 0)),
            late=late,
            bias=constant(f"{node.name}_drive", "lanes", bias, grid, 0),
        ),
        amount,
        decay,
    )


def _fits(
    threshold: Whole,
    amount: Whole,
    bias: Whole,
    decay: tuple[int, int] | None,
    reset: str,
    late: bool,
) -> bool:
    """Whether what a tick leaves for the next, bias included, fits int16 for every potential."""
    half = 1 << (LANE_BITS - 1)
    ends = [_faded(np.full_like(threshold, v), decay) for v in (-half, half - 1)]
    if reset == "subtract":
        # Only what fired is reduced, and that lay at or above the threshold.
        first = _faded(threshold, decay) - amount if late else _faded(threshold - amount, decay)
        ends.append(first)
    return all(bool(np.all((-half <= e + bias) & (e + bias < half))) for e in ends)


def _begins(lowering: Lowering, node: Node, amount: Whole, decay: tuple[int, int] | None) -> Whole:
    """What tick 0 begins with: the initial potential after its reset, its decay and the bias."""
    op = node.op
    assert isinstance(op, Spiking)
    first = whole(lowering, node, op.initial, "v")
    threshold = whole(lowering, node, op.threshold, "v")
    fired = first > threshold if op.compare == ">" else first >= threshold
    order = op.reset_order if op.reset != "none" else "now"
    fired = fired & (order != "now")
    bias = whole(lowering, node, op.bias, "v")
    early = order == "before-decay"
    half = 1 << (LANE_BITS - 1)
    if op.reset == "value":
        kept = _faded(amount, decay) if early else amount
        faded = np.where(fired, kept, _faded(first, decay))
    elif early:
        faded = _faded(np.clip(first - amount * fired, -half, half - 1), decay)
    else:
        faded = _faded(first, decay) - amount * fired
    return faded if isinstance(op, CubaLIF) else faded + bias
