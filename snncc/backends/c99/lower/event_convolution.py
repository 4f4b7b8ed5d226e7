"""Convolutions of events as rows that each event adds to the pixels it reaches. Pure."""

from __future__ import annotations

from math import prod

import numpy as np

from snncc.ir import Integers, Node
from snncc.ir.ops import Conv

from ..event_steps import Products, Runs, Scatter, Settle
from ..program import Layer
from ..storage import BYTES, CType, narrowest
from ..target import EVENT_SCATTERED, GATHERED_LEAST, LANE_BITS, LANES, PRODUCT
from ..value_steps import Loop
from .constant_arrays import Grid, Tables, lane_rows
from .context import Context
from .element_order import merge_loop
from .gathered_rows import (
    choose_layout,
    codes_of,
    cost_of_events,
    has_short_sums,
    has_small_weights,
)
from .taps import Axis, axes


def is_scattered(context: Context, node: Node) -> bool:
    """Whether eight output channels at a time, in sums of 16 bits, are equal and have work."""
    op = node.op
    if not isinstance(op, Conv) or op.groups != 1 or not has_adjacent_taps(node):
        return False
    source = context.facts.source(node.inputs[0])
    listed = context.facts.is_countable(source) and not source.state
    wide = context.network.shapes[node.name][0] >= GATHERED_LEAST
    return listed and wide and has_small_weights(context, node) and has_short_sums(context, node)


def has_adjacent_taps(node: Node) -> bool:
    """Whether a convolution's taps stand in a row: those without gaps do."""
    return isinstance(node.op, Conv) and all(step == 1 for step in node.op.dilation)


def grid_of(context: Context, node: Node) -> Grid:
    """How the sums of a convolution lie in lanes: a block for each pixel."""
    channels, *pixels = context.network.shapes[node.name]
    return Grid(prod(pixels), channels, across=True)


def scatter_steps(context: Context, node: Node) -> tuple[tuple[Scatter, Settle], Layer]:
    """The sums in lanes, then the values in order, which drop out where nothing reads them."""
    op = node.op
    assert isinstance(op, Conv)
    weights, bias = codes_of(context, node)
    grid = grid_of(context, node)
    source = context.facts.source(node.inputs[0])
    down, along = find_axes(context, node, op)
    taps = weights.reshape(*weights.shape[:2], down.kernel, along.kernel)
    taps = taps[:, :, down.order][..., along.order].transpose(1, 2, 3, 0)
    lead = [(0, 0)] * 3
    lanes = np.pad(taps, [*lead, (0, LANES * grid.groups - grid.outputs)])
    rows = context.tables.keep(f"{node.name}_rows", "rows", lane_rows(lanes))
    name = f"{node.name}_lanes"
    reading = context.events(source, node.name)
    runs = runs_of(context.tables, node.name, down, along)
    scatter = Scatter(node.name, reading, name, rows, grid.groups, runs)
    added = wrap_bias(bias.reshape(-1), grid.outputs)
    settle = Settle(
        node.name,
        context.wiring.lanes(node.name, grid.lanes, node.name),
        f"{node.name}_values",
        grid.blocks,
        grid.outputs,
        context.tables.constant(f"{node.name}_bias", "lanes", added, Grid(1, grid.outputs), 0),
    )
    said = cost_of_events(context, source, EVENT_SCATTERED)[1]
    reason = f"{said}; its only form"
    sizes = int(weights.size), int(lanes.size)
    line = Layer(node.name, op.keyword, 0, *sizes, 0, "event", reason)
    return (scatter, settle), line


def lower_products(context: Context, node: Node) -> tuple[tuple[Products | Loop, ...], Layer]:
    """Sums of 32 bits, and, where they are in another order, the values in that of the signal."""
    op, shapes = node.op, context.network.shapes
    assert isinstance(op, Conv)
    weights, bias = codes_of(context, node)
    channels, *pixels = shapes[node.name]
    groups, out, size = op.groups, channels // op.groups, prod(pixels)
    down, along = find_axes(context, node, op)
    apart = weights.reshape(groups, out, -1, down.kernel, along.kernel)
    taps = apart[:, :, :, down.order][..., along.order].transpose(0, 2, 3, 4, 1)
    source = context.facts.source(node.inputs[0])
    binary = context.facts.binary(source)
    reading = (context.events if binary else context.values)(source, node.name)
    layout = choose_layout(weights)
    table = context.tables.keep(f"{node.name}_weights", layout, taps)
    runs = runs_of(context.tables, node.name, down, along)
    each = np.broadcast_to(bias.reshape(-1), channels)
    begin = context.tables.make_constant(f"{node.name}_bias", "int32_t", each)
    native = out == 1 or size == 1
    target = f"{node.name}_values" if native else f"{node.name}_sums"
    into = int(weights.shape[1])
    step = Products(node.name, reading, target, table, groups, into, out, runs, begin)
    said = f"values: {PRODUCT} instructions per synapse"
    if binary:
        said = cost_of_events(context, source, PRODUCT)[1]
    sizes = int(weights.size), int(weights.size) * BYTES[layout]
    line = Layer(node.name, op.keyword, 0, *sizes, 0, "event", f"{said}; its only form")
    if native:
        context.facts.summed.add(node.name)
        return (step,), line
    sums = context.wiring.sums(node.name, node.name)
    strides, leap = (size * out, 1, out), (size * out, size, 1)
    extents, to = (groups, out, size), f"{node.name}_values"
    loop = Loop(node.name, (sums,), to, extents, (0,), (strides,), 0, leap, "x0")
    return (step, merge_loop(loop)), line


def find_axes(context: Context, node: Node, op: Conv) -> tuple[Axis, Axis]:
    """The two axes of a convolution."""
    shapes, kernel = context.network.shapes, context.network.tensors[op.weight.name].shape[2:]
    before = tuple(least for least, _ in op.padding)
    size, positions = shapes[node.inputs[0].source][1:], shapes[node.name][1:]
    return axes(size, positions, kernel, op.stride, before)


def wrap_bias(bias: Integers, outputs: int) -> Integers:
    """Biases `[outputs]` as 16-bit sums keep them: without the upper bits."""
    half = 1 << (LANE_BITS - 1)
    return (np.broadcast_to(bias, outputs) + half) % (2 * half) - half


def runs_of(tables: Tables, name: str, down: Axis, along: Axis) -> Runs:
    """The runs of two axes, with their tables."""

    def table(label: str, axis: Axis) -> str:
        numbers = axis.runs
        kind: CType | None = narrowest(0, int(numbers.max(initial=0)))
        assert kind is not None, "no axis has 2**31 positions"
        return tables.keep(f"{name}_{label}", kind, numbers)

    return Runs(
        table("lines", down),
        table("columns", along),
        (down.size, along.size),
        (down.positions, along.positions),
        (down.kernel, along.kernel),
    )
