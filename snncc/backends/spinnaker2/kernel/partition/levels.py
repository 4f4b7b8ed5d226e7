"""Levels of a network and, in each, the groups of nodes whose rows belong together; cuts nothing.

What a node of one level reads without delay is of the same level, row by row, or of an earlier one.
So levels can be computed one after the other, each on as many cores as it takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from snncc.ir import Network, Node, Use
from snncc.ir.ops import Input

from .rows import Rows, Rule, extent

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, eq=False)
class Group:
    """Nodes of one level that read each other row by row.

    Attributes:
        units: node → the unit of each of its rows, int64 `[rows]`, -1 where nothing depends on a
            row. Rows of one unit, over all nodes, are computed on the same core; rows of two units
            need not be.
        count: how many units there are.
    """

    units: Mapping[str, Rows]
    count: int

    def share(self, first: int, stop: int) -> Mapping[str, Rows]:
        """The rows of units `first` up to, not including, `stop`; nodes without any left out."""
        rows = {
            name: np.flatnonzero((units >= first) & (units < stop))
            for name, units in self.units.items()
        }
        return {name: found for name, found in rows.items() if found.size}


def levels(
    network: Network, rules: Mapping[str, Rule], order: Sequence[Node], live: Mapping[str, Rows]
) -> tuple[tuple[Group, ...], ...]:
    """The groups of each level, in an order in which they can be computed.

    Args:
        network: the whole.
        rules: of all nodes in `order`.
        order: the nodes, each after those that it uses without delay; inputs make no level.
        live: the rows of each node that something depends on.
    """
    import networkx as nx

    depth = _depths(network, rules, order)
    shared: nx.Graph[str] = nx.Graph()
    shared.add_nodes_from(depth)
    for node in order:
        for index, use in enumerate(node.inputs):
            if (
                _is_row_by_row(network, rules, node, index)
                and depth[use.source] == depth[node.name]
            ):
                shared.add_edge(use.source, node.name)
    place = {node.name: index for index, node in enumerate(order)}
    found: dict[int, list[Group]] = {}
    for names in nx.connected_components(shared):
        nodes = [network[name] for name in sorted(names, key=place.__getitem__)]
        found.setdefault(depth[nodes[0].name], []).append(_group(network, rules, nodes, live))
    return tuple(tuple(found[level]) for level in sorted(found))


def _depths(
    network: Network, rules: Mapping[str, Rule], order: Sequence[Node]
) -> Mapping[str, int]:
    """Level of each node: as late as its first user allows.

    So a current stays with the neuron that it drives, and what travels is spikes.
    """
    computed = [node for node in order if not isinstance(node.op, Input)]
    depth: dict[str, int] = {}
    for node in computed:
        earlier = [
            depth[use.source] + (not _is_row_by_row(network, rules, node, index))
            for index, use in enumerate(node.inputs)
            if _is_immediate(network, use)
        ]
        depth[node.name] = max(earlier, default=0)
    latest: dict[str, int] = {}
    for node in reversed(computed):
        depth[node.name] = latest.get(node.name, depth[node.name])
        for index, use in enumerate(node.inputs):
            if _is_immediate(network, use):
                bound = depth[node.name] - (not _is_row_by_row(network, rules, node, index))
                latest[use.source] = min(bound, latest.get(use.source, bound))
    return depth


def _is_immediate(network: Network, use: Use) -> bool:
    return not use.delay and not isinstance(network[use.source].op, Input)


def _is_row_by_row(network: Network, rules: Mapping[str, Rule], node: Node, index: int) -> bool:
    """Whether a use is one without delay in which each row needs a row that can be had alone."""
    use = node.inputs[index]
    if not _is_immediate(network, use) or rules[node.name].mixes(index):
        return False
    rows = extent(network.shapes[use.source])
    return rows == 1 or rules[use.source].grain < rows


def _group(
    network: Network, rules: Mapping[str, Rule], nodes: Sequence[Node], live: Mapping[str, Rows]
) -> Group:
    """Units: the connected components of all rows of all nodes."""
    sizes = [extent(network.shapes[node.name]) for node in nodes]
    starts = np.cumsum([0, *sizes])
    at = {node.name: int(start) for node, start in zip(nodes, starts[:-1], strict=True)}
    ends: list[tuple[Rows, Rows]] = []
    for node, size in zip(nodes, sizes, strict=True):
        rows = np.arange(size)
        grain = rules[node.name].grain
        ends.append((at[node.name] + rows, at[node.name] + rows // grain * grain))
        for index, use in enumerate(node.inputs):
            reach = rules[node.name].reaches[index]
            if (
                use.source in at
                and reach is not None
                and _is_row_by_row(network, rules, node, index)
            ):
                block = (rows - reach.first) // reach.wide
                inside = (block >= 0) & (block < reach.blocks)
                source = at[use.source] + reach.start + block[inside]
                ends.append((at[node.name] + rows[inside], source))
    left, right = (np.concatenate(side) for side in zip(*ends, strict=True))
    labels = _components(int(starts[-1]), left, right)
    names = [node.name for node in nodes]
    kept = np.concatenate([at[name] + live[name] for name in names])
    units = np.full(len(labels), -1)
    units[kept] = np.unique(labels[kept], return_inverse=True)[1]
    parts = np.split(units, starts[1:-1])
    return Group(dict(zip(names, parts, strict=True)), int(units.max()) + 1)


def _components(count: int, left: Rows, right: Rows) -> Rows:
    """The smallest element of the component of each of `count` elements, by edges left - right."""
    label = np.arange(count)
    while True:
        least = np.minimum(label[left], label[right])
        new = label.copy()
        # The root learns of it too, so that long chains take few rounds.
        for end in (left, right, label[left], label[right]):
            np.minimum.at(new, end, least)
        new = new[new]
        if np.array_equal(new, label):
            return np.asarray(label)
        label = new
