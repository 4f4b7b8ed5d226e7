"""Ops without weights or state: element loops and pools. Never: anything with synapses."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from snncc.ir import Factor, Node, Shape, Use, values_of
from snncc.ir.ops import (
    Affine,
    AvgPool,
    Concat,
    MatMul,
    MaxPool,
    Product,
    Relu,
    Slice,
    Sum,
    SumPool,
    Transpose,
)

from ..event_steps import PoolEvents
from ..program import Step
from ..storage import Constant
from ..value_steps import Loop, MatrixProduct, PoolWindow
from .context import Context
from .element_order import contiguous, merge_loop
from .event_convolution import runs_of
from .scalar_neurons import ROUNDED
from .signal_uses import refusal
from .taps import axes as axes_of


def element_steps(context: Context, node: Node, target: str) -> tuple[Step, ...]:
    """The steps of a stateless node without weights; they fill the wire `target`."""
    shape, op = context.network.shapes[node.name], node.op
    sources = [context.network.shapes[use.source] for use in node.inputs]
    whole = (0,) * len(shape)
    match op:
        case Sum() | Product():
            sign = " + " if isinstance(op, Sum) else " * "
            text = sign.join(f"x{k}" for k in range(len(sources)))
            wide = isinstance(op, Product) and len(sources) > 2  # two of them may exceed all
            text = f"(int64_t){text}" if wide else text
            return (_loop(context, node, target, shape, whole, node.inputs, text),)
        case MatMul():
            return (_matrix_product(context, node, target),)
        case Transpose():
            return (_transpose(context, node, op, target),)
        case Relu():
            text = "x0 > 0 ? x0 : 0"
            return (_loop(context, node, target, shape, whole, node.inputs, text),)
        case Affine():
            return (_affine(context, node, op, target),)
        case Concat():
            starts = np.cumsum([0, *(s[op.axis] for s in sources)])[:-1]
            return tuple(
                _loop(
                    context,
                    node,
                    target,
                    source,
                    _start_at(shape, op.axis, int(start)),
                    (use,),
                    "x0",
                )
                for source, start, use in zip(sources, starts, node.inputs, strict=True)
            )
        case Slice():
            begin = _start_at(shape, op.axis, op.start)
            return (_loop(context, node, target, shape, whole, node.inputs, "x0", begin),)
        case SumPool() | AvgPool() | MaxPool():
            return (_pool(context, node, op, target),)
        case _:
            raise refusal("C007", node, f"{op.keyword} has no form in C here")


def spread_loop(
    context: Context,
    node: Node,
    target: str,
    expression: str,
    parameters: tuple[tuple[str, Constant], ...],
    statements: tuple[str, ...] = (),
) -> Loop:
    """A loop over all elements of a node with one input, which has the same shape."""
    shape = context.network.shapes[node.name]
    whole = (0,) * len(shape)
    loop = _loop(context, node, target, shape, whole, node.inputs, expression, None, parameters)
    return replace(loop, statements=statements)


def _matrix_product(context: Context, node: Node, target: str) -> MatrixProduct:
    left, right = (context.network.shapes[use.source] for use in node.inputs)
    first, second = (context.values(use, node.name) for use in node.inputs)
    batch, terms = prod(left[:-2]), left[-1]
    return MatrixProduct(node.name, first, second, target, batch, left[-2], terms, right[-1])


def _transpose(context: Context, node: Node, op: Transpose, target: str) -> Loop:
    shapes = context.network.shapes
    steps = contiguous(shapes[node.inputs[0].source])
    shape = shapes[node.name]
    loop = Loop(
        node.name,
        (context.values(node.inputs[0], node.name),),
        target,
        shape,
        (0,),
        (tuple(steps[axis] for axis in op.order),),
        0,
        contiguous(shape),
        "x0",
    )
    return merge_loop(loop)


def _start_at(shape: Shape, axis: int, start: int) -> tuple[int, ...]:
    return tuple(start if k == axis else 0 for k in range(len(shape)))


def _loop(
    context: Context,
    node: Node,
    target: str,
    extents: Shape,
    to: tuple[int, ...],
    uses: tuple[Use, ...],
    expression: str,
    begin: tuple[int, ...] | None = None,
    parameters: tuple[tuple[str, Constant], ...] = (),
) -> Loop:
    """Loops over `extents`, written from index `to` on, read from `begin` on."""
    shapes = context.network.shapes
    leap = contiguous(shapes[node.name])
    strides, offsets = [], []
    for use in uses:
        source = shapes[use.source]
        steps = (0,) * (len(extents) - len(source)) + contiguous(source)
        sizes = (1,) * (len(extents) - len(source)) + source
        strides.append(tuple(0 if n == 1 else s for n, s in zip(sizes, steps, strict=True)))
        first = begin or (0,) * len(extents)
        offsets.append(sum(k * s for k, s in zip(first, steps, strict=True)))
    loop = Loop(
        node.name,
        tuple(context.values(use, node.name) for use in uses),
        target,
        extents,
        tuple(offsets),
        tuple(strides),
        sum(k * s for k, s in zip(to, leap, strict=True)),
        leap,
        expression,
        parameters,
    )
    return merge_loop(loop)


def _affine(context: Context, node: Node, op: Affine, target: str) -> Loop:
    shape, a = context.network.shapes[node.name], context.numbers[node.name][0]
    format = node.formats["scale"]
    assert isinstance(format, Factor)
    scale = np.rint(values_of(op.scale, context.network.tensors) * 2.0**format.frac)
    shift = np.zeros(()) if op.shift == 0.0 else a.quantity(op.shift, "shift")
    found = []
    for name, codes in (("scale", scale), ("shift", shift)):
        spread = np.broadcast_to(codes, shape).astype(np.int64)
        found.append((name, context.tables.make_constant(f"{node.name}_{name}", "int32_t", spread)))
    product = "(int64_t)x0 * scale"
    rounded = f"{ROUNDED[format.rounding]}({product}, {format.frac})" if format.frac else product
    text = f"{rounded} + shift"
    whole = (0,) * len(shape)
    return _loop(context, node, target, shape, whole, node.inputs, text, parameters=tuple(found))


def _pool(
    context: Context, node: Node, op: SumPool | AvgPool | MaxPool, target: str
) -> PoolWindow | PoolEvents:
    axes = len(op.kernel)
    size = context.network.shapes[node.inputs[0].source]
    if axes not in (1, 2):
        raise refusal("C007", node, f"pools over {axes} axes have no form in C here, one or two do")
    source = context.facts.source(node.inputs[0])
    if context.fires(source) and not source.state:
        positions = context.network.shapes[node.name][len(size) - axes :]
        before = tuple(least for least, _ in op.padding)
        window = axes_of(size[len(size) - axes :], positions, op.kernel, op.stride, before)
        return PoolEvents(
            node.name,
            context.events(source, node.name),
            target,
            runs_of(context.tables, node.name, *window),
            isinstance(op, MaxPool),
        )
    flat = axes == 1

    def pad_pair(values: tuple[int, ...], missing: int) -> tuple[int, int]:
        return (missing, values[0]) if flat else (values[0], values[1])

    return PoolWindow(
        node.name,
        context.values(node.inputs[0], node.name),
        target,
        prod(size[: len(size) - axes]),
        pad_pair(size[len(size) - axes :], 1),
        pad_pair(context.network.shapes[node.name][len(size) - axes :], 1),
        pad_pair(op.kernel, 1),
        pad_pair(op.stride, 1),
        pad_pair(tuple(before for before, _ in op.padding), 0),
        isinstance(op, MaxPool),
    )
