"""Memory: what NIR cannot say of a network, kept in a file's metadata and found there again.

It is one text in the metadata of the graph, `snncc`, and arrays beside it, `NODE.FIELD`. A reader
may leave it aside; what it says of a node counts only while that node's parameters are those that
it was written with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast, get_args

from snncc.ir import Decode, Node, Op, Origin, SnnccError, Use, Values, parse, show_node

from .hdf5.nir_graph import Edge, Item, Items

KEY = "snncc"
VERSION = 1


@dataclass(frozen=True)
class Memory:
    """What a network has that its NIR graph does not.

    Attributes:
        name: of the network.
        tick: seconds.
        decode: of its outputs.
        order: names of the nodes, as listed.
        late: edges that carry a tick of delay.
        lines: node → its op in the text of a network.
        sums: node → name of the sum that its inputs make.
        arrays: `node.field` → a parameter that the NIR node does not hold as it is.
    """

    name: str
    tick: float
    decode: Decode
    order: tuple[str, ...]
    late: frozenset[Edge]
    lines: Mapping[str, str]
    sums: Mapping[str, str]
    arrays: Mapping[str, Values] = field(default_factory=dict[str, Values])

    def op(self, name: str) -> Op | None:
        """The op of a node; None where there is none that can be read."""
        line = self.lines.get(name)
        if line is None:
            return None
        entry = '  %x = input() {shape=[1], signal="spike"}'
        try:
            network = parse(
                f"network m tick=1.0s decode=count {{\n{entry}\n{line}\n  return %x\n}}"
            )
        except SnnccError:
            return None
        return network.nodes[1].op if len(network.nodes) == 2 else None

    def pack(self) -> dict[str, Item]:
        """As metadata."""
        text = {
            "version": VERSION,
            "name": self.name,
            "tick": self.tick,
            "decode": self.decode,
            "order": [*self.order],
            "late": sorted(self.late),
            "lines": dict(self.lines),
            "sums": dict(self.sums),
        }
        return {KEY: json.dumps(text), **self.arrays}


def line(node: Node) -> str:
    """The op of a node in the text of a network; a tensor by its name."""
    uses = () if node.op.arity == 0 else (Use("x"),)
    return show_node(Node("y", node.op, uses, origin=Origin()))


def unpack(items: Items) -> Memory | None:
    """The memory in a graph's metadata; None where there is none, or none that can be read."""
    text = items.get(KEY)
    if not isinstance(text, str):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not _is_memory(found):
        return None
    return Memory(
        found["name"],
        found["tick"],
        found["decode"],
        tuple(found["order"]),
        frozenset((source, target) for source, target in found["late"]),
        found["lines"],
        found["sums"],
        {key: value for key, value in items.items() if not isinstance(value, str)},
    )


def _is_memory(found: object) -> bool:
    if not isinstance(found, dict) or found.get("version") != VERSION:
        return False
    entries = cast("dict[str, object]", found)
    tick = entries.get("tick")
    return (
        isinstance(entries.get("name"), str)
        and isinstance(tick, float)
        and 0 < tick < float("inf")
        and entries.get("decode") in get_args(Decode)
        and _texts(entries.get("order"))
        and _pairs(entries.get("late"))
        and _texts_by_name(entries.get("lines"))
        and _texts_by_name(entries.get("sums"))
    )


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _pairs(value: object) -> bool:
    return isinstance(value, list) and all(_texts(each) and len(each) == 2 for each in value)


def _texts_by_name(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
