"""Derived: what follows for each node from its op and inputs; an edit of a network passes it on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from .errors import RuleViolation
from .nodes import Node
from .table import Table

V = TypeVar("V")
N = TypeVar("N", contravariant=True)
"""What the values follow from: a network, or as much of one as they need."""


@dataclass(frozen=True, eq=False)
class Derived(Generic[N, V]):
    """A value of each node that follows from its op and from the values of its inputs.

    Attributes:
        all: node → value, of a whole network.
        one: the value of a node from those of others; None where they do not determine it yet.
    """

    all: Callable[[N], Mapping[str, V]]
    one: Callable[[N, Node, Mapping[str, V]], V | None]

    def revise(
        self, network: N, known: Table[V], put: Sequence[Node], gone: Iterable[str]
    ) -> Table[V] | None:
        """The values after an edit.

        None where the value of a node that was there is another now, and so those of its users.

        Args:
            network: after the edit.
            known: the values before.
            put: the nodes that are new or other.
            gone: names of the nodes that are left out.
        """
        revised = known
        for node in put:
            try:
                value = self.one(network, node, revised)
            except RuleViolation:
                return None  # it is said where the values are asked for
            if value is None or known.get(node.name, value) != value:
                return None
            if node.name not in known:
                revised = revised.edit({node.name: value})
        return revised.edit({}, gone) if gone else revised
