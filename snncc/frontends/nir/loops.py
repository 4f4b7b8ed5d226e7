"""Loops: which wires of a graph with cycles are read one tick late; nothing else about time.

NIR has no clock: around a cycle the equations hold all at once. In ticks a spike that goes around
arrives one tick later. It is the neuron's output that is late, not what weights make of it: a bias
on the way counts from tick 0.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

import networkx as nx

from snncc.ir import ImportRefused

from .inline import Flat


class Loops:
    """The cycles of a flat graph.

    A neuron is as far from the inputs as the fewest neurons on a way to it, itself included. Within
    a cycle, what a neuron sends to one that is no farther than itself arrives a tick late.

    Attributes:
        exist: whether there is a cycle at all, those with a delay on them aside.

    Args:
        graph: checked.
        neurons: nodes with a state.
        delays: nodes that delay by a tick or more; these need no other tick.

    Raises:
        ImportRefused: a cycle passes no neuron.
    """

    def __init__(self, graph: Flat, neurons: Collection[str], delays: Collection[str]) -> None:
        self._graph, self._neurons, self._delays = graph, set(neurons), set(delays)
        now = self._remove(self._delays)
        self._loop = {
            name: index
            for index, names in enumerate(nx.strongly_connected_components(now))
            for name in names
        }
        self._distance = self._distances()
        self.exist = any(now.has_edge(n, n) for n in now) or len({*self._loop.values()}) < len(now)
        bare = self._remove(self._neurons)
        try:
            cycle = [edge[0] for edge in nx.find_cycle(bare)]
        except nx.NetworkXNoCycle:
            return
        path = " → ".join(f"'{name}'" for name in [*cycle, cycle[0]])
        raise ImportRefused(f"the cycle {path} has no neuron in it")

    def keeps(self, name: str) -> bool:
        """Whether a node is a neuron."""
        return name in self._neurons

    def is_late(self, source: str, target: str) -> bool:
        """Whether a neuron's spikes reach another neuron one tick after they were fired."""
        return (
            self._loop[source] == self._loop[target]
            and self._distance[target] <= self._distance[source]
        )

    def upstream(self, name: str) -> frozenset[str]:
        """The neurons whose spikes reach a stateless node in the same tick, weights between."""
        found: set[str] = set()
        seen, left = {name}, [name]
        while left:
            for source in self._graph.sources(left.pop()):
                if source in self._neurons:
                    found.add(source)
                elif source not in self._delays and source not in seen:
                    seen.add(source)
                    left.append(source)
        return frozenset(found)

    def order(self) -> list[str]:
        """All nodes, nearest to the inputs first."""
        return sorted(self._distance, key=lambda name: self._distance[name])

    def _remove(self, names: Collection[str]) -> nx.DiGraph[str]:
        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(name for name in self._graph.nodes if name not in names)
        graph.add_edges_from(e for e in self._graph.edges if not {*e} & {*names})
        return graph

    def _distances(self) -> dict[str, int]:
        """Node → fewest neurons on a way to it; in the order in which the nodes are met."""
        users: dict[str, list[str]] = {name: [] for name in self._graph.nodes}
        for source, target in self._graph.edges:
            users[source].append(target)
        found = dict.fromkeys(self._graph.of_kind("Input"), 0)
        left = deque(found)
        while left:
            name = left.popleft()
            for user in users[name]:
                far = found[name] + (user in self._neurons)
                if far < found.get(user, far + 1):
                    found[user] = far
                    # Ways through weights alone are no longer: they come first.
                    (left.append if user in self._neurons else left.appendleft)(user)
        return found
