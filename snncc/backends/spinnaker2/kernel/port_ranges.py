"""Which port elements an event belongs to: a core's stretches as the table that it searches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snncc.ir import Integers

from .partition.core_parts import Stretch


@dataclass(frozen=True, eq=False)
class Heard:
    """Lines of a table, ascending by key and address; those of one key are equal or disjoint.

    Attributes:
        keys, firsts, counts: of the sender's elements: int64 [lines].
        ports: which port they belong to: int64 [lines].
        places: element of the port where the first one belongs: int64 [lines].
    """

    keys: Integers
    firsts: Integers
    counts: Integers
    ports: Integers
    places: Integers

    def __len__(self) -> int:
        return len(self.keys)


def list_heard(stretches: list[tuple[int, int, int, Stretch]]) -> Heard:
    """The table of a core's stretches, each with key, address of its first element, and port.

    Where two overlap, both are cut at the ends of the other: then a search finds all of them.
    """
    if not stretches:
        return Heard(*(np.zeros(0, dtype=np.int64) for _ in range(5)))
    columns = np.array(
        [(key, first, s.count, port, s.at) for key, first, port, s in stretches], dtype=np.int64
    )
    lines = [_cut(columns[columns[:, 0] == key]) for key in np.unique(columns[:, 0])]
    table = np.concatenate(lines)
    table = table[np.lexsort((table[:, 4], table[:, 3], table[:, 1], table[:, 0]))]
    return Heard(*table.T)


def _cut(lines: Integers) -> Integers:
    """Lines of one key, cut wherever one of them begins or ends."""
    begins, ends = lines[:, 1], lines[:, 1] + lines[:, 2]
    edges = np.unique(np.concatenate([begins, ends]))
    low, high = np.searchsorted(edges, begins), np.searchsorted(edges, ends)
    pieces = high - low
    line = np.repeat(np.arange(len(lines)), pieces)
    inner = np.arange(len(line)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    first = edges[low[line] + inner]
    found = lines[line]
    found[:, 4] += first - found[:, 1]
    found[:, 1] = first
    found[:, 2] = edges[low[line] + inner + 1] - first
    return found
