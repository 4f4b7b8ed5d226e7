"""Spikes between cores, and what they cost where the cores are; decides nothing.

A core sends each spike to all cores on its list. On its own chip that is one packet per target
quad, which the quad hands to up to four cores (arXiv:2607.24396, multicast by a mask of cores).
To other chips it is one packet over the router and the links, copied where ways part, and from
each router one packet per target quad. `py-spinnaker2` across chips instead sends one packet per
target core: `unicast`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snncc.ir import Integers, Values

from ..chip.machine import LINKS, NODES, ROUTER, Machine, node_hops, node_paths
from ..chip.multicast_trees import Trees
from ..chip.target import CORES_PER_QUAD

WEIGHT_MAX = 1 << 16


@dataclass(frozen=True, eq=False)
class Traffic:
    """One hyperedge per source core, because all its neurons share one list of targets.

    Attributes:
        rates: spikes per tick that leave each core: float64 [cores].
        offsets: int64 [cores + 1].
        targets: cores that core c sends to, `targets[offsets[c]:offsets[c + 1]]`, ascending.
    """

    rates: Values
    offsets: Integers
    targets: Integers

    @property
    def cores(self) -> int:
        """Number of cores."""
        return len(self.rates)

    @property
    def weights(self) -> Values:
        """Rates as integers from 1 to `WEIGHT_MAX`, in proportion: float64 [cores].

        Sums of these are exact: what minimises them is found alike on every machine.
        """
        most = float(self.rates.max(initial=0.0)) or 1.0
        return np.maximum(1.0, np.rint(self.rates / most * WEIGHT_MAX))

    @property
    def sources(self) -> Integers:
        """The source of each of `targets`: int64 [links]."""
        return np.repeat(np.arange(self.cores), np.diff(self.offsets))

    def restrict(self, cores: Integers) -> Traffic:
        """What `cores` send to one another, numbered in the order they are given in."""
        number = np.full(self.cores, -1)
        number[cores] = np.arange(len(cores))
        source, target = number[self.sources], number[self.targets]
        inside = (source >= 0) & (target >= 0)
        source, target = source[inside], target[inside]
        order = np.lexsort((target, source))
        offsets = np.searchsorted(source[order], np.arange(len(cores) + 1))
        return Traffic(self.rates[cores], offsets, target[order])


@dataclass(frozen=True)
class Cost:
    """Per tick, expected.

    Attributes:
        packets: deliveries to a quad or to a router.
        mesh_hops: hops on the meshes of the chips.
        crossings: passages over links between chips.
        hops: packets times hops, each crossing counted as `LINK_HOPS` or `BOARD_LINK_HOPS`.
        mesh_load: packets over the busiest mesh link.
        link_load: packets over the busiest link between chips.
    """

    packets: float
    mesh_hops: float
    crossings: float
    hops: float
    mesh_load: float
    link_load: float


def cost(traffic: Traffic, trees: Trees, places: Integers, *, unicast: bool = False) -> Cost:
    """What a tick's spikes cost.

    Args:
        traffic: between cores.
        trees: of the machine.
        places: the core of the machine that each core of the program runs on: int64 [cores].
        unicast: one packet per target core, as `py-spinnaker2` sends across chips.
    """
    machine = trees.machine
    quads = places // CORES_PER_QUAD
    if unicast:
        source, quad = traffic.sources, quads[traffic.targets]
    else:
        every = machine.chips * ROUTER
        source, quad = np.divmod(np.unique(traffic.sources * every + quads[traffic.targets]), every)
    home, node = np.divmod(quads, ROUTER)
    chip, to = np.divmod(quad, ROUTER)
    rate = traffic.rates[source]
    near = chip == home[source]
    start = np.where(near, node[source], ROUTER)
    if unicast:
        leaving = source[~near]
        crossed = _paths(machine, home[leaving], chip[~near], rate[~near])
    else:
        leaving = np.unique(source[~near])
        crossed = _branches(traffic, trees, home, source[~near], chip[~near])
    flows = np.bincount(
        np.concatenate(
            [(chip * NODES + start) * NODES + to, (home * NODES + node)[leaving] * NODES + ROUTER]
        ),
        np.concatenate([rate, traffic.rates[leaving]]),
        minlength=machine.chips * NODES * NODES,
    ).reshape(-1, NODES, NODES)
    mesh = float((flows * node_hops()).sum())
    return Cost(
        packets=float(flows.sum()),
        mesh_hops=mesh,
        crossings=float(crossed.sum()),
        hops=mesh + float((crossed * machine.link_hops).sum()),
        mesh_load=float((flows.reshape(machine.chips, -1) @ node_paths()).max()),
        link_load=float(crossed.max()),
    )


def _branches(
    traffic: Traffic, trees: Trees, home: Integers, source: Integers, chip: Integers
) -> Values:
    """Packets over each link of each chip, along trees: float64 [chips, 6]."""
    crossed = np.zeros((trees.machine.chips, len(LINKS)))
    pairs = np.unique(source * trees.machine.chips + chip)
    source, chip = np.divmod(pairs, trees.machine.chips)
    senders, first = np.unique(source, return_index=True)
    for sender, chips in zip(senders.tolist(), np.split(chip, first[1:]), strict=False):
        for at, link in trees.tree(int(home[sender]), chips).branches:
            crossed[at, link] += traffic.rates[sender]
    return crossed


def _paths(machine: Machine, start: Integers, end: Integers, rate: Values) -> Values:
    """Packets over each link of each chip, each on a way of its own: float64 [chips, 6]."""
    crossed = np.zeros((machine.chips, len(LINKS)))
    at = start.copy()
    while (moving := at != end).any():
        at, end, rate = at[moving], end[moving], rate[moving]
        link = machine.toward[at, end]
        np.add.at(crossed, (at, link), rate)
        at = machine.neighbours[at, link]
    return crossed
