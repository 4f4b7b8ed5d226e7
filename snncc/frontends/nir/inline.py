"""inline: a graph with graphs inside → one without, its edges checked; knows no kind of node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from snncc.ir import ImportRefused, describe_unknown

from .hdf5.nir_graph import Edge, NirGraph, NirNode

Item = TypeVar("Item")
MOST_EDGES = 1_000_000  # between the nodes of all inner graphs


@dataclass
class Flat:
    """Nodes by their full name, such as `block.lif`, and the edges between them."""

    nodes: dict[str, NirNode]
    edges: list[Edge]
    _sources: dict[str, list[str]] = field(default_factory=dict[str, list[str]], init=False)

    def sources(self, name: str) -> list[str]:
        """The nodes that feed a node, in the order of the edges."""
        if not self._sources:
            for source, target in self.edges:
                self._sources.setdefault(target, []).append(source)
        return self._sources.get(name, [])

    def bypass(self, name: str) -> None:
        """Takes a node that hands its input on out of the graph."""
        into = self.sources(name)
        edges: list[Edge] = []
        for source, target in self.edges:
            if source == name:
                edges += [(each, target) for each in into]
            elif target != name:
                edges.append((source, target))
        self.edges = edges
        self._sources.clear()
        del self.nodes[name]

    def bypass_all(self, names: Collection[str]) -> None:
        """The same of many nodes at once, in time proportional to the edges that are left.

        Raises:
            ImportRefused: they lead around in a circle, or the edges multiply without end.
        """
        through = set(names)
        behind: dict[str, list[str]] = {}

        def resolve(name: str, way: frozenset[str]) -> list[str]:
            if name not in through:
                return [name]
            if name in way:
                raise ImportRefused(f"'{name}' receives nothing but its own output")
            if name not in behind:
                found = [s for each in self.sources(name) for s in resolve(each, way | {name})]
                behind[name] = _limit_edges(found)
            return behind[name]

        edges: list[Edge] = []
        for source, target in self.edges:
            if target not in through:
                edges += [(each, target) for each in resolve(source, frozenset())]
                _limit_edges(edges)
        self.edges = edges
        self._sources.clear()
        for name in through:
            del self.nodes[name]

    def of_kind(self, kind: str) -> list[str]:
        """The nodes of a type, by name."""
        return [name for name, node in self.nodes.items() if node.kind == kind]


def inline(graph: NirGraph) -> Flat:
    """The graph with the nodes of inner graphs in their place.

    Raises:
        ImportRefused: an edge leads to a node that is not there, or is listed twice; a node has no
            edge into it, or none that leads to an output.
    """
    whole = _inline(graph, "")
    ports = [name for name in whole.nodes if _inner(name, graph) and _is_end(whole.nodes[name])]
    whole.bypass_all(ports)
    _check_ends(whole)
    return whole


def _limit_edges(edges: list[Item]) -> list[Item]:
    if len(edges) > MOST_EDGES:
        raise ImportRefused(f"the graph has more than {MOST_EDGES:,} edges once it is opened")
    return edges


def _inner(name: str, graph: NirGraph) -> bool:
    return name not in graph.nodes


def _is_end(node: NirNode) -> bool:
    return node.kind in ("Input", "Output")


def _inline(graph: NirGraph, prefix: str) -> Flat:
    _check_edges(graph, prefix)
    whole = Flat({}, [])
    entries: dict[str, str] = {}
    exits: dict[str, str] = {}
    for name, node in graph.nodes.items():
        full = prefix + name
        if node.graph is None:
            inner, entries[name], exits[name] = Flat({full: node}, []), full, full
        else:
            inner = _inline(node.graph, f"{full}.")
            entries[name] = _find_only(node.graph, "Input", full)
            exits[name] = _find_only(node.graph, "Output", full)
        for key, value in inner.nodes.items():
            if key in whole.nodes:
                raise ImportRefused(f"two nodes are called '{key}' once inner graphs are opened")
            whole.nodes[key] = value
        whole.edges += inner.edges
    whole.edges += [(exits[source], entries[target]) for source, target in graph.edges]
    return whole


def _find_only(graph: NirGraph, kind: str, name: str) -> str:
    found = [key for key, node in graph.nodes.items() if node.kind == kind]
    if len(found) != 1:
        raise ImportRefused(
            f"the graph '{name}' has {len(found)} nodes of type {kind}, expected one: edges do not "
            "say which of several is meant"
        )
    return f"{name}.{found[0]}"


def _check_edges(graph: NirGraph, prefix: str) -> None:
    for (source, target), count in Counter(graph.edges).items():
        edge = f"the edge '{prefix}{source}' → '{prefix}{target}'"
        for name in (source, target):
            if name not in graph.nodes:
                raise ImportRefused(f"{edge}: {describe_unknown('node', name, graph.nodes)}")
        if count > 1:
            raise ImportRefused(f"{edge} is listed {count} times; once is enough")
        if graph.nodes[source].kind == "Output" or graph.nodes[target].kind == "Input":
            raise ImportRefused(f"{edge} leads out of an Output or into an Input")


def _check_ends(whole: Flat) -> None:
    inputs, outputs = whole.of_kind("Input"), whole.of_kind("Output")
    for kind, found in (("Input", inputs), ("Output", outputs)):
        if not found:
            raise ImportRefused(f"the graph has no node of type {kind}")
    forth: dict[str, list[str]] = {name: [] for name in whole.nodes}
    back: dict[str, list[str]] = {name: [] for name in whole.nodes}
    for source, target in whole.edges:
        forth[source].append(target)
        back[target].append(source)
    fed, used = _find_reached(inputs, forth), _find_reached(outputs, back)
    for name in sorted(whole.nodes.keys() - fed):
        raise ImportRefused(f"no edge leads from an Input to '{name}'; is one missing?")
    for name in sorted(whole.nodes.keys() - used):
        raise ImportRefused(f"no edge leads from '{name}' to an Output; is one missing?")


def _find_reached(begin: Iterable[str], edges: Mapping[str, list[str]]) -> set[str]:
    found, left = set(begin), list(begin)
    while left:
        for name in edges[left.pop()]:
            if name not in found:
                found.add(name)
                left.append(name)
    return found
