"""Real values in formats of their own: registers, tables, graded events. Never: synapses."""

from __future__ import annotations

from math import prod

import numpy as np

from snncc.ir import Factor, IntegerArithmetic, Node, Overflow, Quantity
from snncc.ir.ops import Function, Graded, Norm, Requantize

from ..program import Layer
from ..storage import Constant, narrowest
from ..target import TABLE_BITS
from ..value_steps import Loop, Normalise
from .context import Context
from .elements import spread_loop
from .parameter_codes import current_shifts, parameter_codes
from .scalar_neurons import ROUNDED
from .signal_uses import refusal

Parameters = tuple[tuple[str, Constant], ...]


def register_step(context: Context, node: Node, target: str) -> Loop:
    """A value counted in another unit."""
    value, parameters = _rescale(context, node, "value")
    return spread_loop(context, node, target, value, parameters)


def table_step(context: Context, node: Node, op: Function, target: str) -> Loop:
    """A function from its table: which segment, and how far along it."""
    a = context.numbers[node.name][0]
    index, value = node.formats["index"], node.formats["value"]
    assert isinstance(index, Quantity) and isinstance(value, Quantity)
    if max(index.bits, value.bits) > TABLE_BITS:
        message = f"a table has an index and values of {TABLE_BITS} bits at most"
        raise refusal("C005", node, f"{message}, found {index} and {value}")
    if index.overflow is not Overflow.SATURATE:
        raise refusal("C004", node, f"its index is {index}, but a table has no values beyond")
    table = op.table(a)
    kind = narrowest(int(table.min()), int(table.max()))
    assert kind is not None, "values of 16 bits fit 32"
    name = context.tables.keep(f"{node.name}_table", kind, table)
    rescaled, parameters = _rescale(context, node, "index")
    shift = index.bits - (len(table) - 1).bit_length() + 1
    lines = (
        f"const uint32_t place = (uint32_t)(({rescaled}) - ({index.low}));",
        f"const uint32_t knot = place >> {shift}, part = place & {(1 << shift) - 1}u;",
        f"const int32_t first = {name}[knot], rise = {name}[knot + 1] - first;",
    )
    text = f"first + ((rise * (int32_t)part + {1 << shift >> 1}) >> {shift})"
    return spread_loop(context, node, target, text, parameters, lines)


def _largest(op: Norm, added: int) -> float:
    """The largest epsilon that 32 bits hold, where its own is so large."""
    return 0.9 * op.epsilon * (1 << 31) / added


def norm_step(context: Context, node: Node, op: Norm, target: str) -> Normalise:
    """Rows normalised, with the exact roots and quotients of the reference.

    Raises:
        LoweringRefused: C002, squares are not proven to fit 64 bits.
    """
    a, format = context.numbers[node.name][0], node.formats["value"]
    assert isinstance(a, IntegerArithmetic) and isinstance(format, Quantity)
    *lead, size = context.network.shapes[node.name]
    low, high = context.facts.limits(node.inputs[0])
    softening = np.broadcast_to(a.compute_epsilon(op.epsilon, size), (*lead, 1)).reshape(-1)
    reach = size * float(high.max() - low.min())
    worst, added = reach * reach * size, int(softening.max())
    if added >= 1 << 31:
        message = f"its epsilon is {added:,} in squares of codes, beyond 32 bits"
        raise refusal("C002", node, f"{message}; use one of {_largest(op, added):.2g} or less")
    if worst >= 1 << 62:
        raise refusal("C002", node, f"its squares may reach {worst:.3g}, beyond 64 bits")
    assert isinstance(format.unit, int), "norms count in powers of two"
    return Normalise(
        node.name,
        context.values(node.inputs[0], node.name),
        target,
        prod(lead),
        size,
        context.tables.make_constant(f"{node.name}_softening", "int32_t", softening),
        format.unit,
        _fit(node, "value", "x"),
    )


def lower_graded(context: Context, node: Node, op: Graded) -> tuple[tuple[Loop, ...], Layer]:
    """What a population of graded events puts out, and the state it keeps; unread ones drop out."""
    given = (
        parameter_codes(context, node, op.threshold, "v"),
        parameter_codes(context, node, op.reset_amount, "v"),
    )
    finer = np.left_shift(1, current_shifts(context, node))
    values = zip(("threshold", "amount", "finer"), (*given, finer), strict=True)
    plain = context.tables.make_constant
    parameters = tuple((n, plain(f"{node.name}_{n}", "int32_t", codes)) for n, codes in values)
    value = f"const int64_t x = {_fit(node, 'v', '(int64_t)x0 * finer')};"
    fires = f"x {op.compare} threshold"
    left = {"subtract": "x - amount", "value": "amount"}.get(op.reset)
    state = _fit(node, "v", f"({fires} ? {left} : x)" if left else "x")
    read = tuple(each for each in parameters if each[0] != "amount")
    out = spread_loop(context, node, f"{node.name}_values", f"{fires} ? x : 0", read, (value,))
    known = parameters if left else parameters[2:]
    kept = spread_loop(context, node, f"{node.name}_v_now", state, known, (value,))
    size = context.facts.size(node.name)
    return (out, kept), Layer(node.name, op.keyword, size, 0, 0, 0, "one value at a time", "graded")


def _rescale(context: Context, node: Node, role: str) -> tuple[str, Parameters]:
    a, format = context.numbers[node.name][0], node.formats["scale"]
    assert isinstance(a, IntegerArithmetic) and isinstance(format, Factor)
    multiplier = np.broadcast_to(a.multiplier(role, "scale"), context.network.shapes[node.name])
    if np.any(multiplier >= 1 << 31):
        raise refusal("C005", node, "its input is coarser than its format by more than 31 bits")
    assert isinstance(node.op, Requantize | Function), "only these rescale"
    scale = context.tables.make_constant(f"{node.name}_scale", "int32_t", multiplier)
    low, high = context.facts.limits(node.inputs[0])
    worst = int(np.max(np.maximum(-low, high) * multiplier.reshape(-1), initial=0))
    short = worst + (1 << format.frac) < 1 << 31
    product = "x0 * scale" if short else "(int64_t)x0 * scale"
    name = ROUNDED[format.rounding] + ("32" if short else "")
    rounded = f"{name}({product}, {format.frac})" if format.frac else product
    known = (worst >> format.frac) + 1 if short else None
    return _fit(node, role, rounded, known), (("scale", scale),)


def _fit(node: Node, role: str, value: str, known: int | None = None) -> str:
    """C of what a role's format holds of a value; `known`: an int32_t of that size at most."""
    format = node.formats[role]
    assert isinstance(format, Quantity)
    if format.bits > 32:
        raise refusal("C005", node, f"role '{role}' has {format.bits} bits, at most 32 are kept")
    match format.overflow:
        case Overflow.TRAP:
            raise refusal("C004", node, f"role '{role}' traps")
        case Overflow.WRAP if format.signed:
            return f"snncc_wrap({value}, {format.bits}u)"
        case Overflow.WRAP:
            return f"({value}) & {(1 << format.bits) - 1}"
        case _ if known is not None and format.low <= -known and known <= format.high:
            return value
        case _:
            low = "INT32_MIN" if format.low == -(1 << 31) else str(format.low)
            fit = "snncc_fit" if known is None else "snncc_fit32"
            return f"{fit}({value}, {low}, {format.high})"
