"""The network of one core: some rows of some nodes, and ports for all that others compute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from snncc.ir import Format, Names, Network, Node, Op, Overflow, Quantity, Rounding, Unit, Use
from snncc.ir.ops import Concat, Input, Slice, Transpose

from .network_facts import Views
from .row_slicing import Cutting, take_rows
from .rows import Rows

COUNTS: Mapping[str, Format] = MappingProxyType(
    {"value": Quantity(1, False, 0, Rounding.HALF_EVEN, Overflow.TRAP)}
)
Claim: TypeAlias = Mapping[str, Rows]
"""Node → the rows of it that a core computes, sorted."""


@dataclass(frozen=True, eq=False)
class Part:
    """What a core computes, receives and puts out.

    Attributes:
        network: its inputs are what it receives, its outputs what it puts out, in the same order.
        heard: wires, without delay, and which rows of them.
        said: wires of its own that others receive or that may be recorded.
    """

    network: Network
    heard: tuple[tuple[Use, Rows], ...]
    said: tuple[Use, ...]


def part(views: Views, claim: Claim, first: int) -> Part:
    """The part that computes these rows.

    Args:
        views: of the whole network.
        claim: rows of nodes; what a claimed row reads without delay is claimed too, or lies in
            levels before `first`.
        first: level with which the part's segment begins: what lies there or behind, on other
            cores, arrives a tick late.
    """
    return _Packing(views, claim, first, Cutting(views.network)).part()


@dataclass
class _Packing:
    views: Views
    claim: Claim
    first: int
    cutting: Cutting
    nodes: list[Node] = field(default_factory=list[Node])
    names: Names = field(init=False)
    ports: dict[Use, tuple[Node, Rows]] = field(default_factory=dict[Use, tuple[Node, Rows]])
    picked: dict[tuple[Use, int, bytes], Use] = field(
        default_factory=dict[tuple[Use, int, bytes], Use]
    )

    def part(self) -> Part:
        """All of it."""
        names = sorted(self.claim, key=self.views.place.__getitem__)
        mine = [self.views.network[name] for name in names]
        self.names = Names(self.claim)
        self._listen(mine)
        for node in mine:
            self._compute(node)
        said = self._list_outputs(mine)
        ports = [node for node, _ in self.ports.values()]
        if not any(node.formats for node in (*ports, *self.nodes)):
            # Ops that only move spikes have no formats, but integers they are.
            ports = [
                replace(node, op=node.op.with_fields(signal="real"), formats=COUNTS)
                for node in ports
            ]
        network = replace(
            self.views.network,
            nodes=(*ports, *self.nodes),
            outputs=said,
            tensors=MappingProxyType(self.cutting.tensors),
        )
        heard = tuple((use, rows) for use, (_, rows) in self.ports.items())
        return Part(network, heard, said)

    def _find_wanted(self, node: Node, index: int) -> Rows:
        return self.views.find_needed(node, index, self.claim[node.name])

    def _is_inside(self, node: Node, index: int) -> bool:
        """Whether all that a node needs of an input is computed here."""
        own = self.claim.get(node.inputs[index].source)
        return own is not None and bool(np.isin(self._find_wanted(node, index), own).all())

    def _listen(self, mine: Sequence[Node]) -> None:
        """One port for each wire, with all rows of it that are needed."""
        wanted: dict[Use, list[Rows]] = {}
        for node in mine:
            for index, use in enumerate(node.inputs):
                rows = self._find_wanted(node, index)
                if rows.size and not self._is_inside(node, index):
                    wanted.setdefault(Use(use.source, 0, use.state), []).append(rows)
        for use, found in wanted.items():
            rows = np.unique(np.concatenate(found))
            self.ports[use] = self._port(use, rows), rows

    def _port(self, use: Use, rows: Rows) -> Node:
        node, shape = self.views.network[use.source], self.views.network.shapes[use.source]
        name = self.names.take(f"{use.source}_{use.state}" if use.state else use.source)
        cut = (len(rows), *shape[1:]) if shape else ()
        if isinstance(node.op, Input):
            formats = self.cutting.formats(node, rows)
            return Node(name, replace(node.op, shape=cut), (), formats, node.origin)
        found = self.views.limits(use)
        low, high = (
            int(take_rows(np.atleast_1d(end), rows).min()) for end in (found.low, -found.high)
        )
        high = -high
        if low == 0 and high <= 1 and bool(np.all(found.unit == 1)):
            return Node(name, Input(cut, "spike"), (), origin=node.origin)
        bits = max((-low - 1).bit_length() if low else 0, high.bit_length(), 1)
        unit = self._unit(name, found.unit, rows, len(shape))
        # Codes enter as they are, and none lies outside.
        format = Quantity(bits + (low < 0), low < 0, unit, Rounding.HALF_EVEN, Overflow.TRAP)
        return Node(name, Input(cut, "real"), (), MappingProxyType({"value": format}), node.origin)

    def _unit(self, port: str, unit: Unit, rows: Rows, rank: int) -> int | str:
        """The exponent of a unit that is one power of two everywhere; else a tensor's name."""
        if rank and unit.ndim == rank and unit.shape[0] > 1:
            unit = take_rows(unit, rows)
        mantissa, exponent = np.frexp(unit.flat[0])
        if mantissa == 0.5 and bool(np.all(unit == unit.flat[0])):
            return 1 - int(exponent)
        return self.cutting.keep(f"{port}.unit", unit)

    def _list_outputs(self, mine: Sequence[Node]) -> tuple[Use, ...]:
        """What is put out: recorded wires, and what is needed elsewhere or here through a port."""
        found = {use for use in self.views.recorded if use.source in self.claim}
        for source in mine:
            for user, index in self.views.users[source.name]:
                everywhere = self.views.live[user.name]
                if user.name in self.claim and self._is_inside(user, index):
                    everywhere = np.setdiff1d(everywhere, self.claim[user.name])
                needed = self.views.find_needed(user, index, everywhere)
                if np.isin(needed, self.claim[source.name]).any():
                    found.add(replace(user.inputs[index], delay=0))
        place = {node.name: index for index, node in enumerate(mine)}
        return tuple(sorted(found, key=lambda use: (place[use.source], use.state)))

    def _compute(self, node: Node) -> None:
        rows = self.claim[node.name]
        op: Op
        if isinstance(node.op, Slice) and node.op.axis == 0:
            op, uses = self._slice(node)
        else:
            op = self.cutting.op(node, rows)
            needed = [i for i in range(len(node.inputs)) if self._find_wanted(node, i).size]
            uses = tuple(self._input(node, index) for index in needed)
        if isinstance(node.op, Transpose) and node.op.order[0]:
            # All rows come in; of those columns that become rows, these are left.
            axis = node.op.order[0]
            size = self.views.network.shapes[node.inputs[0].source][axis]
            uses = (self._pick(uses[0], axis, rows, size, node),)
        formats = self.cutting.formats(node, rows)
        self.nodes.append(Node(node.name, op, uses, formats, node.origin))

    def _slice(self, node: Node) -> tuple[Slice, tuple[Use, ...]]:
        """A slice of rows as a slice of those rows of its input that are here."""
        wire, have = self._wire(node, 0)
        places = np.searchsorted(have, self._find_wanted(node, 0))
        first, stop = int(places[0]), int(places[-1]) + 1
        if stop - first == len(places):
            return Slice(0, first, stop), (wire,)
        return Slice(0, 0, len(places)), (self._pick(wire, 0, places, len(have), node),)

    def _wire(self, node: Node, index: int) -> tuple[Use, Rows]:
        """What an input of a node is here, and which rows of it there are."""
        use = node.inputs[index]
        if self._is_inside(node, index):
            return use, self.claim[use.source]
        port, have = self.ports[replace(use, delay=0)]
        late = self.views.level.get(use.source, -1) >= self.first
        assert use.delay >= late, f"%{node.name} receives {use} too late"
        return Use(port.name, use.delay - late), have

    def _input(self, node: Node, index: int) -> Use:
        """An input with those rows that the node needs and no others."""
        wire, have = self._wire(node, index)
        places = np.searchsorted(have, self._find_wanted(node, index))
        return self._pick(wire, 0, places, len(have), node)

    def _pick(self, wire: Use, axis: int, places: Rows, size: int, node: Node) -> Use:
        """These of the `size` entries that a wire has along an axis."""
        if len(places) == size:
            return wire
        key = (wire, axis, places.tobytes())
        if key not in self.picked:
            runs = np.split(places, np.flatnonzero(np.diff(places) != 1) + 1)
            ends = [(int(run[0]), int(run[-1]) + 1) for run in runs]
            pieces = [self._add(Slice(axis, *each), [wire], node) for each in ends]
            one = len(pieces) == 1
            self.picked[key] = pieces[0] if one else self._add(Concat(axis), pieces, node)
        return self.picked[key]

    def _add(self, op: Op, uses: Sequence[Use], node: Node) -> Use:
        name = self.names.take(f"{uses[0].source}_rows")
        self.nodes.append(Node(name, op, tuple(uses), origin=node.origin))
        return Use(name)
