"""Who reads which signal in which form and how late, and so what must be kept for how long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

import numpy as np

from snncc.backends import advise
from snncc.ir import (
    Bounds,
    LoweringRefused,
    Network,
    Node,
    Quantity,
    Use,
    Values,
    bounds,
    order_nodes,
)
from snncc.ir.ops import BlockDense, Dense, Input, Reshape

from ..rules import CURES, RULES
from ..storage import CType, Reading, Wire, narrowest
from ..target import COUNTED_MOST, EVENTS_MAX, PHASES_MAX


def refusal(rule: str, node: Node, message: str) -> LoweringRefused:
    """The refusal of a node by a rule of this target."""
    assert rule in RULES, f"unknown rule id {rule}"
    return LoweringRefused(node.problem(rule, message, CURES[rule]))


@dataclass(frozen=True)
class Facts:
    """What the network's views say, computed once.

    Attributes:
        summed: nodes whose values are kept in the 32 bits in which they are summed up.
    """

    network: Network
    order: tuple[Node, ...]
    place: Mapping[str, int]
    bounds: Bounds
    summed: set[str] = field(default_factory=set[str])

    @classmethod
    def of(cls, network: Network) -> Facts:
        """The facts of a quantized network."""
        order = order_nodes(network)
        place = {node.name: index for index, node in enumerate(order)}
        return cls(network, order, place, bounds(network))

    @cached_property
    def wide(self) -> bool:
        """Whether some list of events needs indices of 32 bits; all lists have them then."""
        return any(
            self.is_countable(use) and self.count_listed(use) >= EVENTS_MAX
            for use in (Use(node.name) for node in self.network)
        )

    def size(self, name: str) -> int:
        """Elements of a node's output."""
        return prod(self.network.shapes[name])

    def limits(self, use: Use) -> tuple[Values, Values]:
        """Smallest and largest code of a wire, flat `[elements]`; late wires read zero at first."""
        size = self.size(use.source)
        if use.state:
            least, most = _state_limits(self.network[use.source], use.state)
            low, high = np.full(size, least), np.full(size, most)
        else:
            shape = (1, *self.network.shapes[use.source])
            low, high = (np.broadcast_to(end, shape).reshape(-1) for end in self.bounds[use.source])
        return (np.minimum(low, 0), np.maximum(high, 0)) if use.delay else (low, high)

    def binary(self, use: Use) -> bool:
        """Whether a wire contains nothing but 0 and 1."""
        low, high = self.limits(use)
        return bool(np.all(low >= 0) and np.all(high <= 1))

    def is_countable(self, use: Use) -> bool:
        """Whether a list may name each element of a wire as often as its value says."""
        low, high = self.limits(use)
        return bool(np.all(low >= 0) and np.all(high <= COUNTED_MOST))

    def count_listed(self, use: Use) -> int:
        """Events on a list that has all of a countable wire's elements, each as often as can be."""
        return int(np.sum(self.limits(use)[1]))

    def needs_order(self, name: str) -> bool:
        """Whether a list of a node's events must be in ascending order for some reader."""
        if any(use.source == name for use in self.network.outputs):
            return True
        for node in self.network:
            if not any(use.source == name and not use.state for use in node.inputs):
                continue
            if isinstance(node.op, Reshape) and self.needs_order(node.name):
                return True
            if isinstance(node.op, Dense | BlockDense) and len(self.network.shapes[node.name]) > 1:
                return True
        return False

    def source(self, use: Use) -> Use:
        """The wire itself where a use reads it under another shape only."""
        while not use.state and isinstance(self.network[use.source].op, Reshape):
            inner = self.network[use.source].inputs[0]
            use = Use(inner.source, inner.delay + use.delay, inner.state)
        return use

    def ctype(self, use: Use) -> CType:
        """The C type that holds a wire's codes.

        Raises:
            LoweringRefused: C002, 32 bits do not.
        """
        if use.source in self.summed and not use.state:
            return "int32_t"
        low, high = self.limits(Use(use.source, 0, use.state))
        found = narrowest(int(low.min(initial=0)), int(high.max(initial=0)))
        if found is None:
            worst = max(-int(low.min()), int(high.max()))
            advice = advise(self.network, use.source, worst, 1 << 31)
            message = f"its values may reach {worst:,}, beyond 32 bits; {advice}"
            raise refusal("C002", self.network[use.source], message)
        return found


def _state_limits(node: Node, state: str) -> tuple[int, int]:
    kept = node.op.state(state)
    if not kept.real:
        return 0, kept.most
    format = node.formats.get(kept.role)
    assert isinstance(format, Quantity), f"%{node.name}: state {state} without format"
    return format.low, format.high


@dataclass
class Wiring:
    """Collects what is read; then says what is kept."""

    facts: Facts
    asked: defaultdict[Wire, set[tuple[int, int]]] = field(
        default_factory=lambda: defaultdict(set[tuple[int, int]])
    )
    sources: dict[str, str] = field(default_factory=dict[str, str])
    outside: set[str] = field(default_factory=set[str])

    def events(self, use: Use, user: str) -> Reading:
        """The wire as a list of the neurons that fired, for a node that is called `user`.

        It has room for each as many times as its largest value says.
        """
        assert not use.state
        size = self.facts.count_listed(use)
        kind: CType = "uint32_t" if self.facts.wide else "uint16_t"
        return self._read(Wire(f"{use.source}_events", "events", kind, size), use, user)

    def values(self, use: Use, user: str) -> Reading:
        """The wire as one value per element, for a node that is called `user`."""
        name = f"{use.source}_{use.state}_now" if use.state else f"{use.source}_values"
        kind, size = self.facts.ctype(use), self.facts.size(use.source)
        return self._read(Wire(name, "values", kind, size), use, user)

    def lanes(self, name: str, size: int, user: str) -> Reading:
        """The sums of a node in lanes, `size` of them, for a node that is called `user`."""
        return self._read(Wire(f"{name}_lanes", "lanes", "int16_t", size), Use(name), user)

    def sums(self, name: str, user: str) -> Reading:
        """The sums of a convolution in an order of their own, for a node that is called `user`."""
        wire = Wire(f"{name}_sums", "values", "int32_t", self.facts.size(name))
        return self._read(wire, Use(name), user)

    def _read(self, wire: Wire, use: Use, user: str) -> Reading:
        if use.delay >= PHASES_MAX:
            message = f"it is read {use.delay} ticks late, at most 254 are possible"
            raise refusal("C006", self.facts.network[use.source], message)
        place = self.facts.place
        late = place.get(user, len(place)) >= place[use.source]
        self.asked[wire].add((use.delay, int(late)))
        self.sources[wire.name] = use.source
        if not user:
            self.outside.add(wire.name)
        return Reading(wire.name, use.delay)

    def wires(self) -> tuple[Wire, ...]:
        """All wires, each with as many slots as its latest reader needs."""
        return tuple(self._size_buffer(wire, readers) for wire, readers in self.asked.items())

    def _size_buffer(self, wire: Wire, readers: set[tuple[int, int]]) -> Wire:
        longest = max(delay for delay, _ in readers)
        # Read before it is written in a tick, the oldest slot is free to be written in that tick.
        early = longest > 0 and not any(late for delay, late in readers if delay == longest)
        entering = isinstance(self.facts.network[self.sources[wire.name]].op, Input)
        entering = entering and wire.name not in self.outside  # who reads after the tick is late
        slots = longest if early else longest + 1
        return Wire(
            wire.name,
            wire.kind,
            wire.ctype,
            wire.size,
            slots,
            borrowed=entering and wire.kind == "values" and not longest,
        )
