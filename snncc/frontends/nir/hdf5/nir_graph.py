"""The values of a NIR file, nodes, parameters and edges, as it has them; nothing is judged here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from snncc.ir import Values

Item: TypeAlias = Values | str
Items: TypeAlias = Mapping[str, Item]
Edge: TypeAlias = tuple[str, str]
EMPTY: Items = MappingProxyType({})


@dataclass(frozen=True)
class NirNode:
    """One node of a NIR graph.

    Attributes:
        kind: NIR's name of its type, such as `CubaLIF`.
        values: parameter → array of any shape, or text.
        metadata: what a writer kept beside the parameters.
        graph: the nodes inside; of a `NIRGraph` alone.
    """

    kind: str
    values: Items = field(default_factory=lambda: EMPTY)
    metadata: Items = field(default_factory=lambda: EMPTY)
    graph: NirGraph | None = None


@dataclass(frozen=True)
class NirGraph:
    """A graph of NIR nodes.

    Attributes:
        nodes: name → node, sorted by name.
        edges: (source, target) in the order of the file.
    """

    nodes: Mapping[str, NirNode]
    edges: tuple[Edge, ...]
    metadata: Items = field(default_factory=lambda: EMPTY)
