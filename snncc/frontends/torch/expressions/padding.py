"""Zeros around a signal, as windows of one value of which some lie outside; no PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from snncc.ir import Op, Shape

from .expr import Apply, Expr, Weaver

Around = Sequence[tuple[int, int]]
"""Zeros before and after, for each axis."""


def zeros_around(weaver: Weaver, shape: Shape, pads: Around) -> list[Op]:
    """The ops that put zeros around a signal of that shape."""
    ops: list[Op] = []
    for axis in range(len(shape) - 2):
        ops += _pad_axis(weaver, shape, axis, pads[axis])
        shape = (*shape[:axis], shape[axis] + sum(pads[axis]), *shape[axis + 1 :])
    last = tuple(pads[-2:])
    if not any(n for pair in last for n in pair):
        return ops
    if len(shape) != 1:
        return [*ops, _pool(weaver, last)]
    whole = shape[0] + sum(pads[0])
    return [
        weaver.op("reshape", shape=(1, *shape)),
        _pool(weaver, ((0, 0), *last)),
        weaver.op("reshape", shape=(whole,)),
    ]


def _pad_axis(weaver: Weaver, shape: Shape, axis: int, pads: tuple[int, int]) -> list[Op]:
    if not any(pads):
        return []
    out = (*shape[:axis], shape[axis] + sum(pads), *shape[axis + 1 :])
    flat = weaver.op("reshape", shape=(prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])))
    return [flat, _pool(weaver, (pads, (0, 0))), weaver.op("reshape", shape=out)]


def _pool(weaver: Weaver, pads: Around) -> Op:
    once = (1, 1)
    return weaver.op("sum_pool", kernel=once, stride=once, padding=tuple(pads))


def pad_signal(weaver: Weaver, expr: Expr, pads: Around) -> Expr:
    """A signal with zeros around it."""
    for op in zeros_around(weaver, expr.shape, pads):
        expr = weaver.apply_op(op, (expr,))
    return expr


def strip_padding(expr: Expr, axes: int) -> tuple[Expr, Around]:
    """A signal without the zeros around its last `axes` axes, and how many these are."""
    none = ((0, 0),) * axes
    if not isinstance(expr, Apply) or expr.op.keyword != "sum_pool":
        return expr, none
    kernel, pads = getattr(expr.op, "kernel", ()), getattr(expr.op, "padding", ())
    if set(kernel) != {1} or any(sum(pair) for pair in pads[: len(pads) - axes]):
        return expr, none
    return expr.args[0], tuple(pads)[len(pads) - axes :]
