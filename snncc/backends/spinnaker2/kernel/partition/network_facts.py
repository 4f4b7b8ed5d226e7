"""What is known of a whole network before it is cut: levels, users, and the range of each wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from snncc.ir import (
    Arithmetic,
    Bounds,
    Network,
    Node,
    Quantity,
    Unit,
    Use,
    Values,
    arithmetics,
    bounds,
    order_nodes,
)
from snncc.ir.ops import Input

from .levels import Group, levels
from .rows import Rows, Rule, extent, rule


@dataclass(frozen=True, eq=False)
class Range:
    """What may be on a wire.

    Attributes:
        low: smallest code of each element, int64 `[*shape]`; zero or below, since nothing was put
            out before tick 0.
        high: largest code of each element.
        unit: real value of a code, broadcastable to the shape.
    """

    low: Values
    high: Values
    unit: Unit


@dataclass(frozen=True, eq=False)
class Views:
    """A quantized network with its views, each computed once.

    Attributes:
        network: without what neither an output nor a spike that may be recorded depends on.
        recorded: wires that may be recorded: outputs, and what firing populations put out.
        live: node → the rows of it that some recorded wire depends on, int64 and sorted.
    """

    network: Network
    recorded: tuple[Use, ...]
    order: tuple[Node, ...]
    rules: Mapping[str, Rule]
    live: Mapping[str, Rows]
    levels: tuple[tuple[Group, ...], ...]
    numbers: Mapping[str, tuple[Arithmetic, Unit]]
    bounds: Bounds

    @classmethod
    def of(cls, network: Network) -> Views:
        """The views of a quantized network."""
        recorded = (*network.outputs, *(Use(node.name) for node in network.firing))
        recorded = tuple(dict.fromkeys(recorded))
        rules = {node.name: rule(network, node) for node in network}
        live = _find_live(network, rules, recorded)
        kept = [node for node in network if live[node.name].size or isinstance(node.op, Input)]
        network = replace(network, nodes=tuple(kept))
        order = order_nodes(network)
        found = levels(network, rules, order, live)
        numbers = arithmetics(network)
        return cls(network, recorded, order, rules, live, found, numbers, bounds(network))

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Node → where it is in the order."""
        return {node.name: index for index, node in enumerate(self.order)}

    @cached_property
    def level(self) -> Mapping[str, int]:
        """Node → its level; inputs have none."""
        return {
            name: depth
            for depth, groups in enumerate(self.levels)
            for group in groups
            for name in group.units
        }

    @cached_property
    def users(self) -> Mapping[str, tuple[tuple[Node, int], ...]]:
        """Node → who uses it, and as which of its inputs."""
        found: dict[str, list[tuple[Node, int]]] = {node.name: [] for node in self.network}
        for node in self.network:
            for index, use in enumerate(node.inputs):
                found[use.source].append((node, index))
        return {name: tuple(users) for name, users in found.items()}

    def extent(self, name: str) -> int:
        """Rows of a node."""
        return extent(self.network.shapes[name])

    def find_needed(self, node: Node, index: int, rows: Rows) -> Rows:
        """Rows of an input that these rows of a node are made of."""
        return find_needed(self.network, self.rules, node, index, rows)

    def limits(self, use: Use) -> Range:
        """Range and unit of a node's output or state."""
        node, shape = self.network[use.source], self.network.shapes[use.source]
        arithmetic, unit = self.numbers[node.name]
        if not use.state:
            low, high = (np.broadcast_to(end[0], shape) for end in self.bounds[node.name])
            return Range(np.minimum(low, 0), np.maximum(high, 0), unit)
        state = node.op.state(use.state)
        least, most, unit = 0, state.most, np.ones(())
        if state.real:
            format = node.formats[state.role]
            assert isinstance(format, Quantity), "states are integers here"
            least, most, unit = format.low, format.high, arithmetic.unit_of(state.role)
        return Range(np.full(shape, min(least, 0)), np.full(shape, max(most, 0)), unit)


def find_needed(
    network: Network, rules: Mapping[str, Rule], node: Node, index: int, rows: Rows
) -> Rows:
    """Rows of an input that these rows of a node are made of, sorted."""
    reach = rules[node.name].reaches[index]
    if reach is None:
        return np.arange(extent(network.shapes[node.inputs[index].source]) if rows.size else 0)
    return reach.of(rows)


def _find_live(
    network: Network, rules: Mapping[str, Rule], recorded: Sequence[Use]
) -> Mapping[str, Rows]:
    """The rows of each node that some recorded wire depends on, at any delay."""
    live = {node.name: np.zeros(extent(network.shapes[node.name]), bool) for node in network}
    for use in recorded:
        live[use.source][:] = True
    pending = {use.source for use in recorded}
    while pending:
        node = network[pending.pop()]
        grain = rules[node.name].grain
        rows = live[node.name]
        rows[:] = np.repeat(rows.reshape(-1, grain).any(axis=1), grain)
        for index, use in enumerate(node.inputs):
            wanted = find_needed(network, rules, node, index, np.flatnonzero(rows))
            if not live[use.source][wanted].all():
                live[use.source][wanted] = True
                pending.add(use.source)
    return {name: np.flatnonzero(rows) for name, rows in live.items()}
