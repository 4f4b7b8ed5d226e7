"""Weights as rows that are fetched for each event, eight targets at a time. Pure."""

from __future__ import annotations

from math import prod

import numpy as np

from snncc.ir import Arithmetic, Integers, Node, Quantity, Use
from snncc.ir.ops import Dense, Weighted

from ..event_steps import Gather
from ..program import Layer
from ..storage import BYTES, CType
from ..target import EVENT_GATHERED, LANE_BITS, LANES, PACKED_BITS, UNKNOWN_RATE, WEIGHT_BITS
from .constant_arrays import Grid, halve_rows, rows
from .context import Context


def codes_of(context: Context, node: Node) -> tuple[Integers, Integers]:
    """Weight codes in the tensor's layout, and bias codes that broadcast to the output."""
    assert isinstance(node.op, Weighted)
    a: Arithmetic = context.numbers[node.name][0]
    return node.op.weight_codes(a), node.op.bias_codes(a)


def has_small_weights(context: Context, node: Node) -> bool:
    """Whether a byte holds each weight."""
    weights, _ = codes_of(context, node)
    half = 1 << (WEIGHT_BITS - 1)
    return -half <= int(weights.min(initial=0)) and int(weights.max(initial=0)) < half


def choose_layout(weights: Integers) -> CType:
    """The C type of the weights of a layer."""
    low, high = int(weights.min(initial=0)), int(weights.max(initial=0))
    kinds: tuple[CType, ...] = ("int8_t", "int16_t", "int32_t")
    found: CType | None = next(
        (k for k in kinds if max(-low - 1, high) < 1 << (8 * BYTES[k] - 1)), None
    )
    assert found is not None, "no weight has more than 32 bits"
    return found


def has_short_sums(context: Context, node: Node) -> bool:
    """Whether 16 bits hold every sum of a layer, and every sum of some of its weights."""
    low, high = context.facts.limits(Use(node.name))
    least, most = reach_of(context, node)
    half = 1 << (LANE_BITS - 1)
    below = min(int(low.min(initial=0)), int(least.min(initial=0)))
    return -half <= below and max(int(high.max(initial=0)), int(most.max(initial=0))) < half


def reach_of(context: Context, node: Node) -> tuple[Integers, Integers]:
    """The least and the most that some of a layer's events add up to, one per output, flat.

    The events are counts, and any number of them may have been added so far.
    """
    assert isinstance(node.op, Weighted)
    weights, _ = codes_of(context, node)
    _, high = context.facts.limits(node.inputs[0])
    most = high.reshape(1, *context.network.shapes[node.inputs[0].source])
    tensors = context.network.tensors
    ends = (part(weights, 0) for part in (np.minimum, np.maximum))
    least, largest = (node.op.apply(most, part, tensors).reshape(-1) for part in ends)
    return least, largest


def is_packed(node: Node) -> bool:
    """Whether two weights of a layer share a byte where its rows are fetched for events."""
    format = node.formats["weight"]
    return isinstance(format, Quantity) and format.bits <= PACKED_BITS


def blocks_of(context: Context, node: Node) -> int:
    """Blocks of a layer's output: all but its last axis."""
    return prod(context.network.shapes[node.name][:-1])


def gather_rows(
    context: Context, layer: Node, source: Use, grid: Grid, user: str
) -> tuple[Gather, Integers, Layer]:
    """The rows of a layer for the lanes of a grid, its biases, and its line of the report."""
    weights, bias = codes_of(context, layer)
    own = np.broadcast_to(bias, context.network.shapes[layer.name]).reshape(-1)
    blocked = blocks_of(context, layer) > 1
    shared = blocked and isinstance(layer.op, Dense)
    sources = int(weights.shape[-1])
    if blocked:
        stack = weights if not shared else weights[None]
        lanes = np.pad(stack, [(0, 0), (0, grid.groups * LANES - grid.outputs), (0, 0)])
    else:
        lanes = grid.spread(weights.reshape(-1, sources))
    packed = is_packed(layer)
    table = (
        context.tables.keep(f"{layer.name}_rows", "half_rows", halve_rows(rows(lanes)))
        if packed
        else context.tables.keep(f"{layer.name}_rows", "rows", rows(lanes))
    )
    reading = context.events(source, user)
    gather = Gather(layer.name, reading, table, sources, blocked, shared, packed)
    reason = cost_of_events(context, source, EVENT_GATHERED)[1]
    synapses = int(weights.size) * (grid.blocks if shared else 1)
    taken = int(lanes.size) // (2 if packed else 1)
    line = Layer(layer.name, layer.op.keyword, 0, synapses, taken, 0, "event", reason)
    return gather, own, line


def cost_of_events(context: Context, source: Use, each: float) -> tuple[float, str]:
    """Instructions per synapse of walking the events of a wire, at `each` for one; and in words."""
    rate = context.rates.get(source.source)
    if rate is None:
        said = f"{UNKNOWN_RATE} (rate unknown)"
        return each * UNKNOWN_RATE, f"events: {each} x {said} instructions per synapse"
    return each * rate, f"events: {each} x rate {rate:.3f} instructions per synapse"
