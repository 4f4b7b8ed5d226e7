"""Where quads, routers and chips are, and how far apart; positions and distances, no decision.

On a chip packets travel over a mesh of quads, first along x, then along y (arXiv:1911.02385). The
router that connects chips is in the gap in the middle of the mesh. Chips form a hexagonal
mesh; 48 of them make a board, three boards a torus of 12 by 12 (S. Furber et al., "The SpiNNaker
Project", Proc. IEEE 102(5), 2014; SpiNNMachine 7.4.1, version 248, has the same shape for
SpiNNaker 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from math import ceil, isqrt

import numpy as np

from snncc.ir import Integers

from .target import (
    CHIPS_PER_BOARD,
    CORES_PER_QUAD,
    LINK_BITS_PER_SECOND,
    NOC_CLOCK_HZ,
    QUADS,
    QUADS_X,
    QUADS_Y,
    USABLE_CORES_PER_CHIP,
)

USABLE_QUADS = USABLE_CORES_PER_CHIP // CORES_PER_QUAD
ROUTER = USABLE_QUADS  # the router's index among the nodes of a chip, which are quads otherwise
NODES = USABLE_QUADS + 1
ROUTER_AT = (4, 4)  # inferred: of the places without a quad, the one in the middle of the mesh
FLIT_BITS = 192  # arXiv:2607.24396: the width of the mesh, one packet
# A link between chips carries as much as a tenth of a mesh link, one between boards a 29th: what
# crosses it counts for that many hops.
LINK_HOPS, BOARD_LINK_HOPS = (
    round(FLIT_BITS * NOC_CLOCK_HZ / bits) for bits in LINK_BITS_PER_SECOND
)
LINKS = ((1, 0), (1, 1), (0, 1), (-1, 0), (-1, -1), (0, -1))  # east, north-east, north, and back
TRIAD = 12  # chips along either side of three boards
BOARDS_IN_TRIAD = ((0, 0), (4, 8), (8, 4))  # where their first chips stand
# Of a board's eight by eight places, these columns of each row have a chip.
BOARD_ROWS = ((0, 5), (0, 6), (0, 7), (0, 8), (1, 8), (2, 8), (3, 8), (4, 8))


@dataclass(frozen=True, eq=False)
class Machine:
    """Chips that are connected; every one has `ROUTER` quads of four cores for programs.

    Core number c is core `c % 148` of chip `c // 148`; the quad of a core is its number over 4.

    Attributes:
        positions: x and y of each chip: int64 [chips, 2].
        boards: the board of each chip: int64 [chips].
        neighbours: the chip at the end of each link, -1 for none: int64 [chips, 6].
    """

    name: str
    positions: Integers
    boards: Integers
    neighbours: Integers

    @property
    def chips(self) -> int:
        """Number of chips."""
        return len(self.boards)

    @property
    def cores(self) -> int:
        """Number of cores that programs may use."""
        return self.chips * USABLE_CORES_PER_CHIP

    @cached_property
    def link_hops(self) -> Integers:
        """What crossing each link counts in hops, 0 where there is none: int64 [chips, 6]."""
        same = self.boards[self.neighbours] == self.boards[:, None]
        hops = np.where(same, LINK_HOPS, BOARD_LINK_HOPS)
        return np.where(self.neighbours < 0, 0, hops)

    @cached_property
    def distances(self) -> Integers:
        """Hops from chip to chip, by the links alone: int64 [chips, chips]."""
        far = np.iinfo(np.int32).max
        found = np.full((self.chips, self.chips), far, dtype=np.int64)
        chip, link = np.nonzero(self.neighbours >= 0)
        found[chip, self.neighbours[chip, link]] = self.link_hops[chip, link]
        np.fill_diagonal(found, 0)
        for via in range(self.chips):  # Floyd 1962, Algorithm 97
            np.minimum(found, found[:, via, None] + found[via], out=found)
        return found

    @cached_property
    def toward(self) -> Integers:
        """The link that a shortest way takes first, -1 at its end: int64 [chips, chips]."""
        ways = np.full((6, self.chips, self.chips), np.iinfo(np.int64).max)
        for link in range(6):
            there = np.flatnonzero(self.neighbours[:, link] >= 0)
            onward = self.distances[self.neighbours[there, link]]
            ways[link, there] = self.link_hops[there, link, None] + onward
        first: Integers = ways.argmin(axis=0)
        np.fill_diagonal(first, -1)
        return first


def machine(boards: int) -> Machine:
    """A single chip for 0 boards, or as many boards of 48 chips.

    Boards are in triads, triads in rows; where that fills a rectangle, its sides are joined.
    """
    if not boards:
        one = np.zeros((1, 2), dtype=np.int64)
        return Machine("1 chip", one, one[:, 0], np.full((1, 6), -1))
    triads = ceil(boards / len(BOARDS_IN_TRIAD))
    wide = next(n for n in range(isqrt(triads), 0, -1) if triads % n == 0 or n == 1)
    size = np.array((TRIAD * wide, TRIAD * (triads // wide)))
    joined = boards == triads * len(BOARDS_IN_TRIAD)
    shape = np.array([(x, y) for y, (a, b) in enumerate(BOARD_ROWS) for x in range(a, b)])
    positions = np.concatenate([shape + _first_chip(board, wide) for board in range(boards)])
    positions = positions % size if joined else positions
    at = {(x, y): chip for chip, (x, y) in enumerate(positions.tolist())}
    neighbours = np.full((len(positions), len(LINKS)), -1, dtype=np.int64)
    for link, step in enumerate(LINKS):
        ends = (positions + step) % size if joined else positions + step
        neighbours[:, link] = [at.get((x, y), -1) for x, y in ends.tolist()]
    owner = np.repeat(np.arange(boards), CHIPS_PER_BOARD)
    return Machine(f"{boards} board{'s' * (boards > 1)}", positions, owner, neighbours)


def _first_chip(board: int, wide: int) -> Integers:
    triad, place = divmod(board, len(BOARDS_IN_TRIAD))
    corner = TRIAD * np.array((triad % wide, triad // wide))
    first: Integers = corner + np.array(BOARDS_IN_TRIAD[place])
    return first


def node_positions() -> Integers:
    """x and y of each node of a chip, the router last: int64 [nodes, 2]."""
    return np.array((*QUADS[:USABLE_QUADS], ROUTER_AT), dtype=np.int64)


@cache
def node_hops() -> Integers:
    """Hops from node to node on a chip: int64 [nodes, nodes]."""
    at = node_positions()
    hops: Integers = np.abs(at[:, None] - at[None]).sum(axis=-1)
    return hops


@cache
def node_paths() -> Integers:
    """Mesh links of the way from node to node: 0 or 1, int64 [nodes * nodes, mesh links].

    A mesh link leaves one of the 7 by 6 places toward east, west, north or south.
    """
    paths = np.zeros((NODES, NODES, QUADS_X, QUADS_Y, 4), dtype=np.int64)
    for source, (x, y) in enumerate(node_positions() - 1):
        for target, (to_x, to_y) in enumerate(node_positions() - 1):
            paths[source, target, x:to_x, y, 0] = 1
            paths[source, target, to_x + 1 : x + 1, y, 1] = 1
            paths[source, target, to_x, y:to_y, 2] = 1
            paths[source, target, to_x, to_y + 1 : y + 1, 3] = 1
    return paths.reshape(NODES * NODES, -1)
