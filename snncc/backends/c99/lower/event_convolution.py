"""Convolutions of events as rows that each event adds to the pixels it reaches. Pure."""

from __future__ import annotations

from math import prod

import numpy as np

from snncc.ir import Integers, Node
from snncc.ir.ops import Conv

from ..program import Layer, Runs, Scatter, Settle
from ..storage import CType
from ..target import EVENT_SCATTERED, GATHERED_LEAST, LANE_BITS, LANES
from .constant_arrays import Grid, Tables, lane_rows, narrowest
from .context import Context
from .gathered_rows import codes_of, cost_of_events, has_short_sums, has_small_weights
from .taps import Axis, axes


def is_scattered(context: Context, node: Node) -> bool:
    """Whether eight output channels at a time, in sums of 16 bits, are equal and have work."""
    op = node.op
    if not isinstance(op, Conv) or op.groups != 1 or any(step != 1 for step in op.dilation):
        return False
    source = context.facts.source(node.inputs[0])
    listed = context.facts.is_countable(source) and not source.state
    wide = context.network.shapes[node.name][0] >= GATHERED_LEAST
    return listed and wide and has_small_weights(context, node) and has_short_sums(context, node)


def grid_of(context: Context, node: Node) -> Grid:
    """How the sums of a convolution lie in lanes: a block for each pixel."""
    channels, *pixels = context.network.shapes[node.name]
    return Grid(prod(pixels), channels, across=True)


def scatter_steps(context: Context, node: Node) -> tuple[tuple[Scatter, Settle], Layer]:
    """The sums in lanes, then the values in order, which drop out where nothing reads them."""
    op = node.op
    assert isinstance(op, Conv)
    weights, bias = codes_of(context, node)
    shapes, grid = context.network.shapes, grid_of(context, node)
    source = context.facts.source(node.inputs[0])
    before = tuple(least for least, _ in op.padding)
    size, positions = shapes[node.inputs[0].source][1:], shapes[node.name][1:]
    down, along = axes(size, positions, weights.shape[2:], op.stride, before)
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
