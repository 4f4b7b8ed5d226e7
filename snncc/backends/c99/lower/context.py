"""Context: what the steps of a network are made from; wires and tables are collected in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from snncc.ir import Arithmetic, Network, Node, Unit, Use, arithmetics

from ..storage import Reading
from .constant_arrays import Tables
from .rates import expect_rates
from .signal_uses import Facts, Wiring


@dataclass
class Context:
    """A quantized network with its facts, the wires that are read so far, and the constants.

    Attributes:
        rates: node → spikes per element and tick, of those that are measured and what follows.
        lower_source: makes the steps of the node of a wire, where there are none yet. It is called
            before the wire is read, so that constants lie in the order in which they are needed.
        numbers: node → the arithmetic that it computes in, and the unit of its output.
    """

    network: Network
    rates: Mapping[str, float]
    lower_source: Callable[[Use], None]
    tables: Tables = field(default_factory=Tables)
    facts: Facts = field(init=False)
    wiring: Wiring = field(init=False)
    numbers: Mapping[str, tuple[Arithmetic, Unit]] = field(init=False)

    def __post_init__(self) -> None:
        self.facts = Facts.of(self.network)
        self.wiring = Wiring(self.facts)
        self.rates = expect_rates(self.network, self.facts.order, self.rates)
        self.numbers = arithmetics(self.network)

    def events(self, use: Use, user: str) -> Reading:
        """A wire of small counts as a list of events, for a node that is called `user`."""
        use = self.facts.source(use)
        self.lower_source(use)
        if not self.fires(use):
            self.wiring.values(Use(use.source), use.source)
        return self.wiring.events(use, user)

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
