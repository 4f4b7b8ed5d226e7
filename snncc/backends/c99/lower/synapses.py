"""Weights → rows to gather, walks to spread along, dot products; which of them, and why."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from snncc.ir import Arithmetic, Integers, Node, Output, Use
from snncc.ir.ops import BlockDense, Conv, Dense, Sparse, Sum, Weighted

from ..program import ConvWalk, DenseWalk, Dot, Gather, Layer, SparseWalk, Spread, Walk
from ..storage import BYTES, Constant, CType, Reading
from ..target import (
    ACCUMULATOR_BITS,
    DENSE_SYNAPSE,
    EVENT_GATHERED,
    EVENT_SPREAD,
    GATHERED_LEAST,
    LANE_BITS,
    LANES,
    WEIGHT_BITS,
)
from .constant_arrays import Grid, narrowest, rows
from .context import Context
from .signal_uses import refusal


def codes_of(context: Context, node: Node) -> tuple[Integers, Integers]:
    """Weight codes in the tensor's layout, and bias codes that broadcast to the output."""
    assert isinstance(node.op, Weighted)
    a: Arithmetic = context.numbers[node.name][0]
    return node.op.weight_codes(a), node.op.bias_codes(a)


@dataclass(frozen=True)
class Synapses:
    """How the current of a population is computed."""

    gathers: tuple[Gather, ...]
    currents: tuple[Reading, ...]
    bias: Constant
    biased: bool
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class Current:
    """The signals that add up to the input of a population, apart.

    Attributes:
        terms: dense synapses on spikes (with the wire they read), or wires to add as they are.
        lanes: whether the whole current is proven to fit int16.
    """

    node: Node
    terms: tuple[tuple[Node | None, Use], ...]
    grid: Grid
    lanes: bool
    reason: str

    @classmethod
    def of(cls, context: Context, node: Node) -> Current:
        """The current of a population."""
        neurons = context.facts.size(node.name)
        low, high = context.facts.limits(node.inputs[0])
        half = 1 << (LANE_BITS - 1)
        worst = max(-int(low.min(initial=0)), int(high.max(initial=0)))
        lanes = worst < half
        terms = _terms(context, node.inputs[0], neurons)
        if not lanes:
            terms = tuple((None, wire(layer, use)) for layer, use in terms)
            return cls(node, terms, Grid(1, neurons), lanes, f"current up to {worst:,}: 32 bits")
        known = [_blocks(context, layer) for layer, _ in terms if layer is not None]
        usable = [n for n in known if neurons % n == 0 and neurons // n >= GATHERED_LEAST]
        grid = Grid(max(usable, default=1), neurons // max(usable, default=1))
        terms = tuple(
            (layer, use)
            if layer is not None and _blocks(context, layer) in (1, grid.blocks)
            else (None, wire(layer, use))
            for layer, use in terms
        )
        return cls(node, terms, grid, lanes, f"current at most {worst:,}: 16 bits")

    def synapses(self, context: Context) -> Synapses:
        """Gathers for the terms with weights, readings for the others."""
        gathers, currents, layers = [], [], []
        neurons = self.grid.blocks * self.grid.outputs
        bias = np.zeros(neurons, dtype=np.int64)
        for layer, use in self.terms:
            if layer is None:
                currents.append(context.values(use, self.node.name))
                continue
            gather, own, line = _gather(context, layer, use, self.grid, self.node.name)
            bias = bias + own
            gathers.append(gather)
            layers.append(line)
        constant = context.tables.constant(f"{self.node.name}_bias", "lanes", bias, self.grid, 0)
        return Synapses(
            tuple(gathers), tuple(currents), constant, bool(np.any(bias)), tuple(layers)
        )


def wire(layer: Node | None, use: Use) -> Use:
    """The output of a layer where there is one, else the wire itself."""
    return use if layer is None else Use(layer.name)


def _terms(context: Context, use: Use, neurons: int) -> tuple[tuple[Node | None, Use], ...]:
    """What adds up to a wire: through sums and reshapes, down to weights on spikes."""
    use = context.facts.source(use)
    node, network = context.network[use.source], context.network
    plain: tuple[tuple[Node | None, Use], ...] = ((None, use),)
    if use.state or context.facts.size(use.source) != neurons:
        return plain
    if isinstance(node.op, Sum) and not use.delay:
        if any(prod(network.shapes[u.source]) != neurons for u in node.inputs):
            return plain
        return tuple(t for u in node.inputs for t in _terms(context, u, neurons))
    if not isinstance(node.op, Dense | BlockDense):
        return plain
    source = context.facts.source(node.inputs[0])
    weights, _ = codes_of(context, node)
    half = 1 << (WEIGHT_BITS - 1)
    small = -half <= int(weights.min()) and int(weights.max()) < half
    listed = context.facts.binary(source)
    if use.delay or source.state or not listed or not small:
        return plain
    return ((node, source),)


def _blocks(context: Context, node: Node) -> int:
    return prod(context.network.shapes[node.name][:-1])


def _gather(
    context: Context, layer: Node, source: Use, grid: Grid, user: str
) -> tuple[Gather, Integers, Layer]:
    weights, bias = codes_of(context, layer)
    own = np.broadcast_to(bias, context.network.shapes[layer.name]).reshape(-1)
    blocked = _blocks(context, layer) > 1
    shared = blocked and isinstance(layer.op, Dense)
    sources = int(weights.shape[-1])
    if blocked:
        stack = weights if not shared else weights[None]
        lanes = np.pad(stack, [(0, 0), (0, grid.groups * LANES - grid.outputs), (0, 0)])
    else:
        lanes = grid.spread(weights.reshape(-1, sources))
    table = context.tables.keep(f"{layer.name}_rows", "rows", rows(lanes))
    reading = context.events(source, user)
    gather = Gather(layer.name, reading, table, sources, blocked, shared)
    rate = context.rates.get(source.source)
    fired = "rate unknown" if rate is None else f"{EVENT_GATHERED} x rate {rate:.3f}"
    reason = f"{fired} below {DENSE_SYNAPSE} instructions per synapse"
    synapses = int(weights.size) * (grid.blocks if shared else 1)
    line = Layer(layer.name, layer.op.keyword, 0, synapses, int(lanes.size), 0, "event", reason)
    return gather, own, line


def lower_synapses(context: Context, node: Node, target: str) -> tuple[Spread | Dot, Layer]:
    """Synapses outside a population: their step, and their line of the report."""
    weights, bias = codes_of(context, node)
    _check_sums(context, node)
    source = context.facts.source(node.inputs[0])
    size = context.facts.size(node.name)
    kind = narrowest(int(weights.min(initial=0)), int(weights.max(initial=0)))
    assert kind is not None, f"%{node.name}: weights beyond 32 bits"
    small = kind == "uint8_t" and int(weights.max(initial=0)) < 128
    layout = "int8_t" if small else kind
    whole = np.broadcast_to(bias, context.network.shapes[node.name])
    begin = context.tables.make_constant(f"{node.name}_bias", "int32_t", whole)
    rate, binary = context.rates.get(source.source), context.facts.binary(source)
    events = context.network[source.source].op.output is Output.EVENTS
    graded = events and not source.state
    density = rate if rate is not None and (binary or graded) else float(not binary)
    known = "of unknown rate" if rate is None else f"of rate {density:.3f}"
    signal = f"spikes {known}" if binary or graded else "values"
    dense = isinstance(node.op, Dense | BlockDense) and EVENT_SPREAD * density > DENSE_SYNAPSE
    reason = (
        f"{signal}: {EVENT_SPREAD} x {density:.3f} {'above' if dense else 'below'} "
        f"{DENSE_SYNAPSE} instructions per synapse"
    )
    line = Layer(
        node.name,
        node.op.keyword,
        0,
        int(weights.size),
        int(weights.size) * BYTES[layout],
        0,
        "dense" if dense else "event",
        reason,
    )
    if dense:
        return _dot(context, node, weights, layout, source, target, begin), line
    read = context.events if binary else context.values
    walk = _walk(context, node, weights, layout)
    return Spread(node.name, read(source, node.name), target, size, walk, begin), line


def _dot(
    context: Context,
    node: Node,
    weights: Integers,
    layout: CType,
    source: Use,
    target: str,
    begin: Constant,
) -> Dot:
    table = context.tables.keep(f"{node.name}_weights", layout, weights)
    repeats = _blocks(context, node)
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
        begin,
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
    return DenseWalk(table, _blocks(context, node), inputs, outputs, blocked)


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


def _check_sums(context: Context, node: Node) -> None:
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
        message = (
            f"a sum of its synapses may reach {worst:,}, beyond 32 bits; use fewer --weight-bits"
        )
        raise refusal("C002", node, message)
