"""Multicast trees between chips: which links a packet takes to reach a set of chips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from .machine import Machine

Branch: TypeAlias = tuple[int, int]  # a chip, and the link by which the packet leaves it


@dataclass(frozen=True)
class Tree:
    """A packet's way over the links.

    Attributes:
        branches: chip and link of each crossing; a chip precedes those reached through it.
        hops: of all crossings.
    """

    branches: tuple[Branch, ...]
    hops: int


class Trees:
    """The trees of a machine; each is grown once.

    Every chip is joined, the nearest first, to the nearest chip that the tree has already, along a
    shortest way: after J. Navaridas, M. Luján, L. Plana, S. Temple, S. Furber, "SpiNNaker:
    Enhanced multicast routing", Parallel Computing 45, 2015 (neighbour exploring routing).
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._known: dict[tuple[int, bytes], Tree] = {}

    def tree(self, root: int, chips: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Tree:
        """From chip `root` to all of `chips` (ascending int64); the root may be among them."""
        key = (root, chips.tobytes())
        if key not in self._known:
            self._known[key] = self._grow(root, chips.tolist())
        return self._known[key]

    def _grow(self, root: int, chips: list[int]) -> Tree:
        machine = self.machine
        reached, branches, hops = [root], list[Branch](), 0
        for chip in sorted(chips, key=lambda each: (machine.distances[root, each], each)):
            at = reached[int(machine.distances[reached, chip].argmin())]
            while at != chip:  # no chip on the way is in the tree: it would be nearer
                link = int(machine.toward[at, chip])
                branches.append((at, link))
                hops += int(machine.link_hops[at, link])
                at = int(machine.neighbours[at, link])
                reached.append(at)
        return Tree(tuple(branches), hops)
