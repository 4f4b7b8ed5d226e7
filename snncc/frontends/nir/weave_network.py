"""Weaver: parts and wires → nodes of a network, delays on the uses; types are `node_types.py`'s."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from snncc.ir import NAME, ImportRefused, Names, Node, Op, Origin, Use, Values, identifier
from snncc.ir.ops import Concat, Reshape, Slice, Sum

from .choices import Choices
from .inline import Flat
from .loops import Loops
from .node_parts import Part
from .restore import Recall

MOST_PIECES = 4096  # parts of a population with a delay each


class Weaver:
    """Turns nodes of a flat graph into nodes of a network, each once for each age of its inputs.

    Args:
        graph: checked.
        parts: node → what it becomes; none for outputs and delays.
        loops: of the graph.
        delays: node → whole ticks, an array of the signal's shape.
        choices: when spikes arrive, and what is late around a loop.
        file: for the origins.
        recall: knows the names of sums, and which edges are late where the file's memory says so.
    """

    def __init__(
        self,
        graph: Flat,
        parts: Mapping[str, Part],
        loops: Loops,
        delays: Mapping[str, Values],
        choices: Choices,
        file: str,
        recall: Recall,
    ) -> None:
        self._graph, self._parts, self._loops = graph, parts, loops
        self._delays, self._file = delays, file
        self._hop = choices["transport"] == "hop"
        self._late_currents = choices["loop"] == "currents"
        self._recall = recall
        self._late_edges = None if recall.memory is None else recall.memory.late
        self._made: dict[tuple[str, frozenset[str]], Use] = {}
        self._met: set[str] = set()
        self._names = Names(part.name for part in parts.values())
        self.nodes: dict[str, Node] = {}

    def weave(self) -> tuple[Use, ...]:
        """The outputs, once all nodes are entered."""
        for name in self._loops.order():
            part = self._parts.get(name)
            if part is not None and self._begins(name):
                uses = [self._read(source, name) for source in self._graph.sources(name)]
                self._enter(name, part.name, part.ops, uses)
        return tuple(self._output(name) for name in self._graph.of_kind("Output"))

    def _output(self, name: str) -> Use:
        """The wire that an output shows, without delay."""
        sources = self._graph.sources(name)
        uses = [self._read(source, None, hop=False) for source in sources]
        use = self._sum(uses, f"{node_name(name, 'Output')}_in", name)
        if not use.delay:
            return use
        shape = self._parts_shape(sources[0])
        return self._put(f"{node_name(name, 'Output')}_late", Reshape(shape), [use], name)

    def _parts_shape(self, name: str) -> tuple[int, ...]:
        while name in self._delays:
            name = self._graph.sources(name)[0]
        shape = self._parts[name].shape
        assert shape is not None, f"'{name}' has no shape"
        return shape

    def _read(self, source: str, reader: str | None, *, hop: bool = True) -> Use:
        """What a node reads from another; within a loop it may be one tick old."""
        part = self._parts.get(source)
        if part is None:
            return self._delay(source, hop=hop)
        if self._begins(source):
            late = reader is not None and self._is_late(source, reader)
            return self._age(source, reader, late, hop=hop)
        late_ones = frozenset[str]()
        if reader is not None and self._loops.exist:
            before = self._loops.upstream(source)
            late_ones = frozenset(name for name in before if self._is_late(name, reader))
        if self._late_currents and late_ones and late_ones == self._loops.upstream(source):
            return replace(self._stateless(source, frozenset()), delay=1)
        return self._stateless(source, late_ones)

    def _age(self, source: str, reader: str | None, late: bool, *, hop: bool = True) -> Use:
        """The wire from a neuron or an input; which are late, a file's memory knows best."""
        if self._late_edges is not None:
            late = (source, reader) in self._late_edges
        return Use(self._parts[source].name, int(hop and (self._hop or late)))

    def _begins(self, name: str) -> bool:
        """Whether what a node puts out is there before anything else of the tick is computed."""
        return self._graph.nodes[name].kind == "Input" or self._loops.keeps(name)

    def _is_late(self, source: str, reader: str) -> bool:
        return not self._hop and self._loops.is_late(source, reader)

    def _stateless(self, name: str, late: frozenset[str]) -> Use:
        """The node over inputs of which those neurons are read one tick late."""
        if late:
            late &= frozenset() if self._late_edges is not None else self._loops.upstream(name)
        if (name, late) in self._made:
            return self._made[name, late]
        part, uses = self._parts[name], list[Use]()
        for source in self._graph.sources(name):
            if source not in self._parts:
                uses.append(self._delay(source))
            elif self._begins(source):
                uses.append(self._age(source, name, source in late))
            else:
                uses.append(self._stateless(source, late))
        label = f"{part.name}_late" if name in self._met else part.name
        use = self._enter(name, label, part.ops, uses)
        self._met.add(name)
        self._made[name, late] = use
        return use

    def _delay(self, name: str, *, hop: bool = True) -> Use:
        ticks = self._delays[name]
        label = node_name(name, "Delay")
        uses = [self._read(source, None, hop=hop) for source in self._graph.sources(name)]
        use = self._sum(uses, f"{label}_in", name)
        if np.all(ticks == ticks.flat[0]):
            return replace(use, delay=use.delay + int(ticks.flat[0]))
        key = (name, frozenset[str]())
        if key not in self._made:
            self._made[key] = self._pieces(name, label, use, ticks)
        return self._made[key]

    def _pieces(self, name: str, label: str, use: Use, ticks: Values) -> Use:
        """Each neuron at its own age: the runs of equal delay, one after the other again."""
        flat = ticks.reshape(-1)
        starts = [0, *(int(i) + 1 for i in np.flatnonzero(np.diff(flat))), flat.size]
        if len(starts) > MOST_PIECES:
            raise ImportRefused(
                f"'{name}', Delay: {len(starts) - 1} runs of neurons with a delay of their own, "
                f"{MOST_PIECES - 1} at most can be told apart"
            )
        # A flat copy of this tick, which is then read at several ages.
        line = self._put(f"{label}_line", Reshape((flat.size,)), [use], name)
        runs = [
            self._put(
                f"{label}_{start}",
                Slice(0, start, stop),
                [replace(line, delay=int(flat[start]))],
                name,
            )
            for start, stop in pairwise(starts)
        ]
        whole = self._put(f"{label}_all", Concat(0), runs, name)
        return self._put(label, Reshape(ticks.shape), [whole], name)

    def _enter(self, name: str, title: str, ops: Sequence[Op], uses: Sequence[Use]) -> Use:
        """Enters the ops of a part, the last under its title."""
        use = self._sum(uses, f"{title}_in", name) if uses else Use("")
        for index, op in enumerate(ops, 1):
            own = title if index == len(ops) else f"{title}_{op.keyword}_{index}"
            use = self._put(own, op, [use] if op.arity else [], name)
        return use

    def _sum(self, uses: Sequence[Use], title: str, name: str) -> Use:
        if len(uses) == 1:
            return uses[0]
        title = self._recall.sum(name, title)
        twin = self.nodes.get(title)
        if twin is not None and isinstance(twin.op, Sum) and twin.inputs == tuple(uses):
            return Use(title)
        return self._put(title, Sum(), uses, name)

    def _put(self, title: str, op: Op, uses: Sequence[Use], name: str) -> Use:
        # A part may have the name that was kept for it.
        kept = name in self._parts and title == self._parts[name].name
        if not kept or title in self.nodes:
            title = self._names.take(title)
        origin = Origin(name, note=f"{self._graph.nodes[name].kind} of {self._file}")
        self.nodes[title] = Node(title, op, tuple(uses), origin=origin)
        return Use(title)


def node_name(label: str, kind: str) -> str:
    """A name that a network accepts, from one of a NIR file; one that is such a name stays."""
    return label if NAME.fullmatch(label) else identifier(label, f"{kind.lower()}_")
