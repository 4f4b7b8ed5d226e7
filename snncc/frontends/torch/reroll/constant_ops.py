"""Ops with constants among their signals, as ops that have the constant as a parameter."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from snncc.ir import Op, Shape
from snncc.ir.ops import Concat

from ..expressions.expr import Apply, Array, Constant, Weaver
from ..expressions.padding import zeros_around


@dataclass(frozen=True)
class Step:
    """One op of a short chain; the first takes the expression's signals, the last has its name."""

    op: Op
    first: bool = False
    last: bool = False


def lower_expression(weaver: Weaver, expr: Apply, always: bool = False) -> tuple[Step, ...]:
    """The ops that compute an expression from those of its arguments that are signals.

    Args:
        always: whether there must be at least one, even where nothing is left to compute.

    Raises:
        ImportRefused: a constant appears where only a signal can.
    """
    weaver.origin = expr.origin
    constants = [a for a in expr.args if isinstance(a, Constant)]
    live = [a.shape for a in expr.args if not isinstance(a, Constant)]
    ops: list[Op] = []
    if not constants:
        ops = [expr.op]
    elif isinstance(expr.op, Concat):
        ops = _concatenate(weaver, expr, expr.op)
    elif expr.op.keyword not in ("sum", "product"):
        raise weaver.refuse(f"a constant is one of the inputs of '{expr.op.keyword}'")
    else:
        joined = np.broadcast_shapes(*live)
        if len(live) > 1:
            ops.append(expr.op)
        if expr.op.keyword == "sum":
            ops += _shift(weaver, joined, sum(c.values for c in constants), expr.shape)
        else:
            factor = np.prod(np.broadcast_arrays(*[c.values for c in constants]), axis=0)
            ops += _scale(weaver, joined, factor, expr.shape)
    if not ops and always:
        ops = [weaver.op("affine", scale=1.0, shift=0.0)]
    top = len(ops) - 1
    return tuple(Step(op, first=i == 0, last=i == top) for i, op in enumerate(ops))


def _shift(weaver: Weaver, shape: Shape, term: Array | int, out: Shape) -> list[Op]:
    ops = _spread(weaver, shape, out)
    if np.any(term):
        ops.append(weaver.op("affine", scale=1.0, shift=weaver.param(term, "shift")))
    return ops


def _scale(weaver: Weaver, shape: Shape, factor: Array, out: Shape) -> list[Op]:
    if shape != out and shape and shape[-1] == 1 and shape[:-1] == out[:-1]:
        return _fan_out(weaver, shape, factor, out)
    ops = _spread(weaver, shape, out)
    if np.any(factor != 1):
        ops.append(weaver.op("affine", scale=weaver.param(factor, "scale"), shift=0.0))
    return ops


def _fan_out(weaver: Weaver, shape: Shape, factor: Array, out: Shape) -> list[Op]:
    """Each value to several neurons, every one with a weight of its own: blocks of one input."""
    blocks, width = prod(out[:-1]), out[-1]
    weight = np.broadcast_to(factor, out).reshape(blocks, width, 1)
    if len(out) == 1:
        return [weaver.op("dense", weight=weaver.tensor(weight[0], "weight"))]
    op = weaver.op("block_dense", weight=weaver.tensor(weight, "weight"))
    if len(out) == 2:
        return [op]
    return [weaver.op("reshape", shape=(blocks, 1)), op, weaver.op("reshape", shape=out)]


def _spread(weaver: Weaver, shape: Shape, out: Shape) -> list[Op]:
    """Copies of a signal along the axes in which it has size 1."""
    if shape == out:
        return []
    size = prod(shape)
    columns = np.broadcast_to(np.arange(size).reshape(shape), out).ravel()
    copies = weaver.op(
        "sparse",
        weight=weaver.tensor(np.ones(columns.size), "ones"),
        rows=weaver.tensor(np.arange(columns.size), "rows"),
        columns=weaver.tensor(columns, "columns"),
        size=columns.size,
    )
    return [weaver.op("reshape", shape=(size,)), copies, weaver.op("reshape", shape=out)]


def _concatenate(weaver: Weaver, expr: Apply, op: Concat) -> list[Op]:
    """Signals one after the other, and constants among them: zeros there, then a shift."""
    ends = np.cumsum([a.shape[op.axis] for a in expr.args]).tolist()
    spans = [(end - a.shape[op.axis], end) for a, end in zip(expr.args, ends, strict=True)]
    live = [s for s, a in zip(spans, expr.args, strict=True) if not isinstance(a, Constant)]
    shift = np.zeros(expr.shape)
    for (start, stop), each in zip(spans, expr.args, strict=True):
        if isinstance(each, Constant):
            shift[(slice(None),) * op.axis + (slice(start, stop),)] = each.values
    ops: list[Op] = [op] if len(live) > 1 else []
    places = np.concatenate([np.arange(*span) for span in live])
    ops += _place_apart(weaver, places, op.axis, expr.shape)
    return ops + _shift(weaver, expr.shape, shift, expr.shape)


def _place_apart(weaver: Weaver, places: npt.NDArray[np.int64], axis: int, out: Shape) -> list[Op]:
    """A signal at these places of an axis, zeros at the others."""
    lead, size, rest = prod(out[:axis]), out[axis], prod(out[axis + 1 :])
    before = int(places[0])
    after = size - before - len(places)
    if np.array_equal(places, np.arange(before, size - after)):
        shape = (*out[:axis], len(places), *out[axis + 1 :])
        around = [(before, after) if k == axis else (0, 0) for k in range(len(out))]
        return zeros_around(weaver, shape, around)
    rows = np.arange(lead * size * rest).reshape(lead, size, rest)[:, places].ravel()
    apart = weaver.op(
        "sparse",
        weight=weaver.tensor(np.ones(rows.size), "ones"),
        rows=weaver.tensor(rows, "rows"),
        columns=weaver.tensor(np.arange(rows.size), "columns"),
        size=prod(out),
    )
    return [weaver.op("reshape", shape=(rows.size,)), apart, weaver.op("reshape", shape=out)]
