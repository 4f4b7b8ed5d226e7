"""What adds up to the input of a population: weights to gather, and wires to add. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from snncc.ir import Node, Use
from snncc.ir.ops import BlockDense, Conv, Dense, Sum

from ..event_steps import Gather
from ..program import Layer
from ..storage import Constant, Reading
from ..target import GATHERED_LEAST, LANE_BITS
from .constant_arrays import Grid
from .context import Context
from .event_convolution import grid_of, is_scattered, wrap_bias
from .gathered_rows import blocks_of, codes_of, gather_rows, has_small_weights, reach_of


@dataclass(frozen=True)
class Synapses:
    """How the current of a population is computed."""

    gathers: tuple[Gather, ...]
    currents: tuple[Reading, ...]
    sums: tuple[Reading, ...]
    bias: Constant
    biased: bool
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class Current:
    """The signals that add up to the input of a population, apart.

    Attributes:
        terms: synapses on spikes (with the wire they read), or wires to add as they are: dense ones
            whose rows are gathered, convolutions whose sums lie in the same lanes.
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
        terms = _list_terms(context, node.inputs[0], neurons)
        lanes = worst < half and _fits_lanes(context, terms)
        if not lanes:
            terms = tuple((None, wire(layer, use)) for layer, use in terms)
            return cls(node, terms, Grid(1, neurons), lanes, f"current up to {worst:,}: 32 bits")
        across = _find_pixel_grid(context, node, terms)
        if across is not None:
            terms = tuple(
                (layer, use)
                if layer is not None and isinstance(layer.op, Conv)
                else (None, wire(layer, use))
                for layer, use in terms
            )
            return cls(node, terms, across, lanes, f"current at most {worst:,}: 16 bits")
        terms = tuple(
            (None, wire(layer, use)) if layer and isinstance(layer.op, Conv) else (layer, use)
            for layer, use in terms
        )
        known = [blocks_of(context, layer) for layer, _ in terms if layer is not None]
        usable = [n for n in known if neurons % n == 0 and neurons // n >= GATHERED_LEAST]
        grid = Grid(max(usable, default=1), neurons // max(usable, default=1))
        terms = tuple(
            (layer, use)
            if layer is not None and blocks_of(context, layer) in (1, grid.blocks)
            else (None, wire(layer, use))
            for layer, use in terms
        )
        return cls(node, terms, grid, lanes, f"current at most {worst:,}: 16 bits")

    def synapses(self, context: Context) -> Synapses:
        """Gathers for the terms with weights, readings for the others."""
        gathers, currents, sums, layers = [], [], [], []
        neurons = self.grid.blocks * self.grid.outputs
        bias = np.zeros(neurons, dtype=np.int64)
        for layer, use in self.terms:
            if layer is None:
                currents.append(context.values(use, self.node.name))
                continue
            if isinstance(layer.op, Conv):
                sums.append(context.lanes(layer, self.grid.lanes, self.node.name))
                each = codes_of(context, layer)[1].reshape(-1, 1)  # per channel, or one for all
                whole = np.broadcast_to(each, (self.grid.outputs, self.grid.blocks))
                bias = bias + whole.reshape(-1)
                continue
            gather, own, line = gather_rows(context, layer, use, self.grid, self.node.name)
            bias = bias + own
            gathers.append(gather)
            layers.append(line)
        kept = wrap_bias(bias, neurons)
        constant = context.tables.constant(f"{self.node.name}_bias", "lanes", kept, self.grid, 0)
        return Synapses(
            tuple(gathers),
            tuple(currents),
            tuple(sums),
            constant,
            bool(np.any(bias)),
            tuple(layers),
        )


def _fits_lanes(context: Context, terms: tuple[tuple[Node | None, Use], ...]) -> bool:
    """Whether 16 bits hold what some of the events of all gathered layers add up to."""
    reaches = [reach_of(context, layer) for layer, _ in terms if layer is not None]
    least, most = (np.sum([each[end] for each in reaches], axis=0) for end in (0, 1))
    half = 1 << (LANE_BITS - 1)
    return -half <= int(np.min(least, initial=0)) and int(np.max(most, initial=0)) < half


def _find_pixel_grid(
    context: Context, node: Node, terms: tuple[tuple[Node | None, Use], ...]
) -> Grid | None:
    """A block for each pixel, where convolutions feed a population whose order is free."""
    grids = {grid_of(context, layer) for layer, _ in terms if layer and isinstance(layer.op, Conv)}
    return None if len(grids) != 1 or context.facts.needs_order(node.name) else grids.pop()


def wire(layer: Node | None, use: Use) -> Use:
    """The output of a layer where there is one, else the wire itself."""
    return use if layer is None else Use(layer.name)


def _list_terms(context: Context, use: Use, neurons: int) -> tuple[tuple[Node | None, Use], ...]:
    """What adds up to a wire: through sums and reshapes, down to weights on spikes."""
    use = context.facts.source(use)
    node, network = context.network[use.source], context.network
    plain: tuple[tuple[Node | None, Use], ...] = ((None, use),)
    if use.state or context.facts.size(use.source) != neurons:
        return plain
    if isinstance(node.op, Sum) and not use.delay:
        if any(prod(network.shapes[u.source]) != neurons for u in node.inputs):
            return plain
        return tuple(t for u in node.inputs for t in _list_terms(context, u, neurons))
    if not use.delay and is_scattered(context, node):
        return ((node, context.facts.source(node.inputs[0])),)
    if not isinstance(node.op, Dense | BlockDense):
        return plain
    source = context.facts.source(node.inputs[0])
    listed = context.facts.is_countable(source)
    if use.delay or source.state or not listed or not has_small_weights(context, node):
        return plain
    return ((node, source),)
