"""Router tables: ternary entries of key and mask, as few as send every key on its way."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snncc.ir import Integers

from ..chip.target import KEY_BITS

ALL_BITS = (1 << KEY_BITS) - 1
CELLS = 1 << 22  # of a comparison of keys with entries, at once


@dataclass(frozen=True, eq=False)
class Table:
    """Entries of one router; of those that match a key, the first one counts.

    A key matches where it equals the entry's in all bits that the mask has.

    Attributes:
        keys: int64 [entries].
        masks: int64 [entries].
        routes: the number of the route of each entry: int64 [entries].
    """

    keys: Integers
    masks: Integers
    routes: Integers

    def __len__(self) -> int:
        return len(self.keys)

    def look_up(self, keys: Integers) -> Integers:
        """The route of each key, -1 where no entry matches: int64 [keys]."""
        found = np.full(len(keys), -1, dtype=np.int64)
        if not len(self):
            return found
        rows = max(1, CELLS // len(self))
        for start in range(0, len(keys), rows):
            part = keys[start : start + rows]
            match = (part[:, None] & self.masks) == self.keys
            first = match.argmax(axis=1)
            hit = match[np.arange(len(part)), first]
            found[start : start + rows] = np.where(hit, self.routes[first], -1)
        return found


def make_plain(keys: Integers, routes: Integers, bits: int) -> Table:
    """One entry for each key, whose last `bits` any spike of the core may have."""
    return Table(keys, np.full_like(keys, ALL_BITS & -(1 << bits)), routes)


def minimise(keys: Integers, routes: Integers, bits: int) -> Table:
    """The smallest table whose masks leave out last bits only, and that sends all keys alike.

    Keys that never arrive may go anywhere. After R. Draves, C. King, S. Venkatachary, B. Zill,
    "Constructing optimal IP routing tables", INFOCOM 1999, with what never arrives left open;
    longer masks come first, so that the first match is the longest.

    Args:
        keys: of cores whose spikes arrive, ascending, the last `bits` zero: int64 [cores].
        routes: the number of the route of each: int64 [cores].
        bits: of a key that number a core's neurons.
    """
    if not len(keys):
        return make_plain(keys, routes, bits)
    root = _grow(keys.tolist(), routes.tolist(), KEY_BITS, bits)
    entries: list[tuple[int, int, int]] = []
    pending = [(root, -1)]
    while pending:
        node, inherited = pending.pop()
        route = inherited if inherited in node.fit else min(node.fit)
        if route != inherited:
            entries.append((node.free, node.key, route))
        pending += [(child, route) for child in node.children]
    found = np.array(sorted(entries), dtype=np.int64).T
    return Table(found[1], ALL_BITS & -(1 << found[0]), found[2])


@dataclass(frozen=True)
class _Node:
    """Keys that agree but for the last `free` bits, and the routes that suit most of them."""

    key: int
    free: int
    fit: frozenset[int]
    children: tuple[_Node, ...]


def _grow(keys: Sequence[int], routes: Sequence[int], free: int, bits: int) -> _Node:
    """The tree of some keys; a part without keys is left out, and one route needs no parts."""
    key = keys[0] & -(1 << free)
    if free == bits or len(set(routes)) == 1:
        return _Node(key, free, frozenset(routes), ())
    middle = key | 1 << (free - 1)
    cut = bisect_left(keys, middle)
    parts = [(keys[:cut], routes[:cut]), (keys[cut:], routes[cut:])]
    children = tuple(_grow(k, r, free - 1, bits) for k, r in parts if k)
    fit = frozenset.intersection(*(child.fit for child in children))
    return _Node(key, free, fit or frozenset().union(*(c.fit for c in children)), children)
