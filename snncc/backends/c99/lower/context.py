"""Context: what the steps of a network are made from; wires and tables are collected in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from snncc.ir import Arithmetic, Integers, Network, Node, Unit, Use, arithmetics

from ..event_steps import Renumber
from ..storage import Reading
from .constant_arrays import Tables
from .element_order import is_cheaper_on_events, new_numbers, numberings_of
from .rates import expect_rates
from .signal_uses import Facts, Wiring


@dataclass
class Context:
    """A quantized network with its facts, the wires that are read so far, and the constants.

    Attributes:
        rates: node → spikes per element and tick, of those that are measured and what follows.
        lower_source: makes the steps of the node of a wire, where there are none yet. It is called
            before the wire is read, so that constants lie in the order in which they are needed.
        list_order: says of a node that fires in which order its list names its elements.
        numbers: node → the arithmetic that it computes in, and the unit of its output.
        renumbered: node → the step that makes its list of events from those of its inputs.
    """

    network: Network
    rates: Mapping[str, float]
    lower_source: Callable[[Use], None]
    list_order: Callable[[Node], Integers]
    tables: Tables = field(default_factory=Tables)
    facts: Facts = field(init=False)
    wiring: Wiring = field(init=False)
    numbers: Mapping[str, tuple[Arithmetic, Unit]] = field(init=False)
    renumbered: dict[str, Renumber] = field(init=False, default_factory=dict[str, Renumber])

    def __post_init__(self) -> None:
        self.facts = Facts.of(self.network)
        self.wiring = Wiring(self.facts)
        self.rates = expect_rates(self.network, self.facts.order, self.rates)
        self.numbers = arithmetics(self.network)

    def events(self, use: Use, user: str) -> Reading:
        """A wire of small counts as a list of events, for a node that is called `user`."""
        use = self.facts.source(use)
        if self.is_renumbered(self.network[use.source]):
            self._renumber(self.network[use.source])
            return self.wiring.events(use, user)
        self.lower_source(use)
        if not self.fires(use):
            self.wiring.values(Use(use.source), use.source)
        return self.wiring.events(use, user)

    def is_renumbered(self, node: Node) -> bool:
        """Whether the list of a node's events is made from those of its inputs."""
        if not is_cheaper_on_events(self.facts, self.rates, node):
            return False
        ascending = not self.facts.needs_order(node.name) or np.diff(self._list_moved(node)) > 0
        return bool(np.all(ascending))

    def _list_moved(self, node: Node) -> Integers:
        """The elements of a node in the order in which those of its inputs are listed."""
        sources = [self.network[self.facts.source(use).source] for use in node.inputs]
        parts = zip(sources, numberings_of(node, self.network.shapes), strict=True)
        return np.concatenate([new_numbers(n)[self._list_elements(each)] for each, n in parts])

    def _list_elements(self, node: Node) -> Integers:
        """The elements of a node in the order in which a list of its events names them."""
        if self.fires(Use(node.name)):
            return self.list_order(node)
        if self.is_renumbered(node):
            return self._list_moved(node)
        return np.arange(self.facts.size(node.name))

    def _renumber(self, node: Node) -> None:
        if node.name in self.renumbered:
            return
        numberings = numberings_of(node, self.network.shapes)
        readings = [self.events(use, node.name) for use in node.inputs]
        sources = tuple(zip(readings, numberings, strict=True))
        self.renumbered[node.name] = Renumber(node.name, sources, f"{node.name}_events")

    def values(self, use: Use, user: str) -> Reading:
        """A wire as values, for a node that is called `user`."""
        use = self.facts.source(use)
        self.lower_source(use)
        if self.fires(use):
            self.wiring.events(Use(use.source), use.source)
        return self.wiring.values(use, user)

    def lanes(self, node: Node, size: int, user: str) -> Reading:
        """The sums of a convolution in lanes, for a node that is called `user`."""
        self.lower_source(Use(node.name))
        return self.wiring.lanes(node.name, size, user)

    def fires(self, use: Use) -> bool:
        """Whether a wire comes from neurons that put out single spikes."""
        op = self.network[use.source].op
        return bool(op.states) and op.counts == 1 and not use.state
