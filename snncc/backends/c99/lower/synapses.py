"""Which kernel of C weights outside populations get: gathered rows, walks or dot products."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from snncc.backends import advise_bits
from snncc.ir import Integers, Node, Output, Use
from snncc.ir.ops import BlockDense, Conv, Dense, Sparse, Weighted

from ..event_steps import RowSums
from ..program import Layer
from ..storage import BYTES, Constant, CType, narrowest
from ..target import (
    ACCUMULATOR_BITS,
    DENSE_SYNAPSE,
    DENSE_TARGET,
    EVENT_GATHERED,
    EVENT_SPREAD,
    GATHERED_LEAST,
    LANE_BITS,
    PRODUCT,
    SOURCE,
    WINDOW,
)
from ..value_steps import ConvWalk, DenseWalk, Dot, SparseWalk, Spread, Walk
from .constant_arrays import Grid
from .context import Context
from .gathered_rows import (
    blocks_of,
    choose_layout,
    codes_of,
    cost_of_events,
    gather_rows,
    has_short_sums,
    has_small_weights,
)
from .signal_uses import refusal


def lower_synapses(
    context: Context, node: Node, target: str
) -> tuple[RowSums | Spread | Dot, Layer]:
    """Synapses outside a population: their step, and their line of the report.

    Of the forms that a layer has, the one that costs least at the expected rate of its source.
    """
    weights, _ = codes_of(context, node)
    check_sums(context, node)
    source = context.facts.source(node.inputs[0])
    form, reason = _choose_form(context, node, source)
    line = Layer(
        node.name, node.op.keyword, 0, int(weights.size), int(weights.size), 0, "event", reason
    )
    if form == "gathered":
        return _lower_row_sums(context, node, source, target), line
    layout = choose_layout(weights)
    line = replace(line, method=form, flash_bytes=int(weights.size) * BYTES[layout])
    if form == "dense":
        return _dot(context, node, weights, layout, source, target), line
    read = context.events if context.facts.binary(source) else context.values
    walk = _walk(context, node, weights, layout)
    reading, size = read(source, node.name), context.facts.size(node.name)
    return Spread(node.name, reading, target, size, walk, _make_bias(context, node)), line


def is_summed(context: Context, node: Node) -> bool:
    """Whether a layer's sums are made one by one in memory, and so in 32 bits."""
    if not isinstance(node.op, Dense | BlockDense):
        return False
    return _choose_form(context, node, context.facts.source(node.inputs[0]))[0] == "event"


def _choose_form(context: Context, node: Node, source: Use) -> tuple[str, str]:
    """How the synapses of a layer are computed, "gathered", "event" or "dense", and why."""
    adjoining = isinstance(node.op, Dense | BlockDense)
    outputs, inputs = _count_ends(context, node)
    one = round(PRODUCT + SOURCE / outputs, 1) if adjoining else EVENT_SPREAD
    cost, said = one, f"values: {one} instructions per synapse"
    events = context.network[source.source].op.output is Output.EVENTS and not source.state
    if events or context.facts.is_countable(source):
        cost, said = cost_of_events(context, source, one)
    if isinstance(node.op, Conv) and is_pointwise(context, node):
        one, dense = _weigh_points(context, node)
        return "dense", f"values: {one} instructions per synapse; dense {dense}"
    if not adjoining:
        return "event", f"{said}; its only form"
    dense = round(DENSE_SYNAPSE + DENSE_TARGET / inputs, 1)
    if _is_gathered(context, node, source):
        gathering, told = cost_of_events(context, source, EVENT_GATHERED)
        if gathering <= min(cost, dense):
            return "gathered", f"{told}; dense {dense}"
    return "dense" if cost > dense else "event", f"{said}; dense {dense}"


def _count_ends(context: Context, node: Node) -> tuple[int, int]:
    """Outputs and inputs of one block of a layer."""
    shapes = context.network.shapes
    return shapes[node.name][-1], shapes[node.inputs[0].source][-1]


def _is_gathered(context: Context, node: Node, source: Use) -> bool:
    """Whether eight sums at a time, of 16 bits, are equal and have enough to do."""
    wide = context.network.shapes[node.name][-1] >= GATHERED_LEAST
    listed = context.facts.is_countable(source) and not source.state
    short = has_small_weights(context, node) and has_short_sums(context, node)
    return wide and listed and short


def _lower_row_sums(context: Context, node: Node, source: Use, target: str) -> RowSums:
    blocks, size = blocks_of(context, node), context.facts.size(node.name)
    grid = Grid(blocks, size // blocks)
    gather, bias, _ = gather_rows(context, node, source, grid, node.name)
    half = 1 << (LANE_BITS - 1)
    lanes = (bias + half) % (2 * half) - half  # sums are kept to 16 bits, and so is what they add
    constant = context.tables.constant(f"{node.name}_bias", "lanes", lanes, grid, 0)
    return RowSums(node.name, target, size, blocks, grid.groups, (gather,), constant)


def _make_bias(context: Context, node: Node) -> Constant:
    """What each sum begins with."""
    _, bias = codes_of(context, node)
    whole = np.broadcast_to(bias, context.network.shapes[node.name])
    return context.tables.make_constant(f"{node.name}_bias", "int32_t", whole)


def is_pointwise(context: Context, node: Node) -> bool:
    """Whether a convolution is best computed as a dense layer of each pixel."""
    op = node.op
    if not isinstance(op, Conv) or op.groups != 1 or any(step != 1 for step in op.stride):
        return False
    single = prod(context.network.tensors[op.weight.name].shape[2:]) == 1
    whole = not any(before or after for before, after in op.padding)
    source = context.facts.source(node.inputs[0])
    if not single or not whole or context.facts.is_countable(source):
        return False
    one, dense = _weigh_points(context, node)
    return dense < one


def _weigh_points(context: Context, node: Node) -> tuple[float, float]:
    """Instructions per synapse of walking each value of a pixel, and of dot products."""
    outputs, inputs = (
        context.network.shapes[name][0] for name in (node.name, node.inputs[0].source)
    )
    return (
        round(PRODUCT + WINDOW / outputs, 1),
        round(DENSE_SYNAPSE + DENSE_TARGET / inputs, 1),
    )


def _dot(
    context: Context,
    node: Node,
    weights: Integers,
    layout: CType,
    source: Use,
    target: str,
) -> Dot:
    table = context.tables.keep(f"{node.name}_weights", layout, weights)
    if isinstance(node.op, Conv):
        outputs, pixels = int(weights.shape[0]), prod(context.network.shapes[node.name][1:])
        reading, inputs = context.values(source, node.name), int(weights.shape[1])
        _, bias = codes_of(context, node)
        each = np.broadcast_to(bias.reshape(-1), outputs)
        begin = context.tables.make_constant(f"{node.name}_bias", "int32_t", each)
        sizes = pixels, inputs, outputs
        return Dot(node.name, reading, target, *sizes, table, False, begin, across=True)
    repeats = blocks_of(context, node)
    outputs, inputs = weights.shape[-2:]
    return Dot(
        node.name,
        context.values(source, node.name),
        target,
        repeats,
        int(inputs),
        int(outputs),
        table,
        isinstance(node.op, BlockDense),
        _make_bias(context, node),
    )


def _walk(context: Context, node: Node, weights: Integers, layout: CType) -> Walk:
    keep, name = context.tables.keep, node.name
    if isinstance(node.op, Sparse):
        op, tensors = node.op, context.network.tensors
        targets, columns = (tensors[ref.name].values for ref in (op.rows, op.columns))
        order = np.lexsort((targets, columns))
        sources = context.facts.size(node.inputs[0].source)
        starts = np.searchsorted(columns[order], np.arange(sources + 1))
        return SparseWalk(
            keep(f"{name}_weights", layout, weights[order]),
            keep(f"{name}_starts", _index_type(len(order)), starts),
            keep(f"{name}_targets", _index_type(op.size - 1), targets[order].astype(np.int64)),
        )
    if isinstance(node.op, Conv):
        return _conv_walk(context, node, node.op, weights, layout)
    table = keep(f"{name}_weights", layout, np.swapaxes(weights, -1, -2))
    outputs, inputs = (int(n) for n in weights.shape[-2:])
    blocked = isinstance(node.op, BlockDense)
    return DenseWalk(table, blocks_of(context, node), inputs, outputs, blocked)


def _index_type(last: int) -> CType:
    found = narrowest(0, last)
    assert found is not None, "no table has 2**31 entries"
    return found


def _conv_walk(
    context: Context, node: Node, op: Conv, weights: Integers, layout: CType
) -> ConvWalk:
    shapes = context.network.shapes
    out, into = weights.shape[:2]
    flat = len(op.stride) == 1

    def pad_pair(pair: tuple[int, ...], missing: int) -> tuple[int, int]:
        return (missing, pair[0]) if flat else (pair[0], pair[1])

    kernel = pad_pair(weights.shape[2:], 1)
    # [groups, out, in, height, width] to [in channels, height, width, out per group]
    grouped = weights.reshape(op.groups, out // op.groups, into, *kernel)
    order = grouped.transpose(0, 2, 3, 4, 1)
    return ConvWalk(
        context.tables.keep(f"{node.name}_weights", layout, order),
        pad_pair(shapes[node.inputs[0].source][1:], 1),
        pad_pair(shapes[node.name][1:], 1),
        kernel,
        pad_pair(op.stride, 1),
        pad_pair(tuple(before for before, _ in op.padding), 0),
        pad_pair(op.dilation, 1),
        int(into),
        int(out // op.groups),
    )


def check_sums(context: Context, node: Node) -> None:
    """Every partial sum fits 32 bits, in whatever order the synapses come.

    Raises:
        LoweringRefused: C002, it does not.
    """
    assert isinstance(node.op, Weighted)
    weights, bias = codes_of(context, node)
    low, high = context.facts.limits(node.inputs[0])
    reach = np.maximum(np.abs(low), np.abs(high)).reshape(
        1, *context.network.shapes[node.inputs[0].source]
    )
    sums = node.op.apply(reach, np.abs(weights), context.network.tensors) + np.abs(bias)
    worst = int(np.max(sums, initial=0))
    if worst >= 1 << (ACCUMULATOR_BITS - 1):
        advice = advise_bits(node, worst, 1 << (ACCUMULATOR_BITS - 1))
        message = f"a sum of its synapses may reach {worst:,}, beyond 32 bits; {advice}"
        raise refusal("C002", node, message)
