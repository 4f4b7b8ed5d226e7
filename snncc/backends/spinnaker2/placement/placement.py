"""Placement: which core of the machine each core of a program runs on, by the spikes they send.

Hops are minimised first, then the load of the busiest mesh link. Cores are spread over chips
(`spread`), then over the quads of each chip by exchanges, from the best of several starts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snncc.ir import CapacityError, Integers

from ..chip.machine import ROUTER, Machine
from ..chip.target import CORES_PER_QUAD, USABLE_CORES_PER_CHIP
from . import hypergraph
from .chips import groups, settle
from .link_load import relieve_links
from .local_search import Local, search
from .traffic import Traffic

STEPS = 800  # of the search on one chip; where there are more, they share them
SPARE_QUADS = 6


@dataclass(frozen=True, eq=False)
class Placement:
    """Where the cores of a program run.

    Attributes:
        machine: of the chips.
        places: the core of the machine for each core of the program: int64 [cores].
    """

    machine: Machine
    places: Integers

    @property
    def chips(self) -> Integers:
        """The chip of each core of the program: int64 [cores]."""
        return self.places // USABLE_CORES_PER_CHIP

    @property
    def quads(self) -> Integers:
        """The quad of each core of the program, within its chip: int64 [cores]."""
        return self.places // CORES_PER_QUAD % ROUTER


def sequential(traffic: Traffic, machine: Machine) -> Placement:
    """One core after the other, as `py-spinnaker2` places them.

    Raises:
        CapacityError: S011, more cores than the machine has.
    """
    _require(traffic, machine)
    return Placement(machine, np.arange(traffic.cores))


def place_by_partitioner(traffic: Traffic, machine: Machine, seed: int = 0) -> Placement:
    """What the hypergraph partitioner gives by itself: its blocks on chips and quads in order.

    Raises:
        CapacityError: S011, more cores than the machine has.
    """
    _require(traffic, machine)
    chips = groups(traffic, machine, seed)
    places = np.empty(traffic.cores, dtype=np.int64)
    for chip in np.unique(chips).tolist():
        cores = np.flatnonzero(chips == chip)
        nodes = _blocks(traffic.restrict(cores), seed)
        places[cores] = chip * USABLE_CORES_PER_CHIP + _cores_of(nodes)
    return Placement(machine, places)


def place(traffic: Traffic, machine: Machine, seed: int = 0) -> Placement:
    """A placement with few hops; the same for the same seed.

    Raises:
        CapacityError: S011, more cores than the machine has.
    """
    _require(traffic, machine)
    chips = settle(traffic, machine, groups(traffic, machine, seed), seed)
    used = np.unique(chips).tolist()
    places = np.empty(traffic.cores, dtype=np.int64)
    for chip in used:
        cores = np.flatnonzero(chips == chip)
        nodes = _settle(traffic, chips, cores, STEPS // len(used), seed)
        places[cores] = chip * USABLE_CORES_PER_CHIP + _cores_of(nodes)
    return Placement(machine, places)


def _settle(traffic: Traffic, chips: Integers, cores: Integers, steps: int, seed: int) -> Integers:
    """The quad of each of `cores`, all on one chip."""
    starts = [np.arange(len(cores)) // CORES_PER_QUAD]
    if hypergraph.available():
        starts.append(_blocks(traffic.restrict(cores), seed))
    filled = [_fill(nodes) for nodes in starts]
    local = _make_local(traffic, chips, cores, len(filled[0]))
    return relieve_links(local, search(local, filled, steps, seed))[: len(cores)]


def _require(traffic: Traffic, machine: Machine) -> None:
    if traffic.cores > machine.cores:
        raise CapacityError(
            f"S011 the network needs {traffic.cores} cores, {machine.name} has {machine.cores}; "
            "make it smaller, or allow more boards with --option boards=N"
        )


def _blocks(traffic: Traffic, seed: int) -> Integers:
    """The quad of each core, as the hypergraph partitioner numbers its blocks."""
    count = -(-traffic.cores // CORES_PER_QUAD)
    return hypergraph.blocks(traffic, count, CORES_PER_QUAD, seed)


def _fill(nodes: Integers) -> Integers:
    """The quads of the cores, then those of places that stay empty, twice as many and some."""
    room = min(ROUTER, 2 * -(-len(nodes) // CORES_PER_QUAD) + SPARE_QUADS)
    free = CORES_PER_QUAD - np.bincount(nodes, minlength=room)
    return np.concatenate([nodes, np.repeat(np.arange(room), free)])


def _cores_of(nodes: Integers) -> Integers:
    """A core of its own for each item, in its quad."""
    order = np.argsort(nodes, kind="stable")
    ranked = nodes[order]
    rank = np.arange(len(nodes)) - np.searchsorted(ranked, ranked)
    result = np.empty_like(nodes)
    result[order] = ranked * CORES_PER_QUAD + rank
    return result


def _make_local(traffic: Traffic, chips: Integers, cores: Integers, items: int) -> Local:
    """What the cores of one chip receive and send; items beyond them are empty places."""
    chip, number = chips[cores[0]], np.full(traffic.cores, -1)
    number[cores] = np.arange(len(cores))
    source, item = traffic.sources, number[traffic.targets]
    here, inside = chips[source] == chip, item >= 0
    receives = np.zeros((items, items))
    receives[number[source[here & inside]], item[here & inside]] = 1
    coming = inside & ~here
    abroad, row = np.unique(source[coming], return_inverse=True)
    far = np.zeros((len(abroad), items))
    far[row, item[coming]] = 1
    alike, kind = np.unique(far, axis=0, return_inverse=True)
    merged = np.bincount(kind.ravel(), traffic.weights[abroad], minlength=len(alike))
    rates, leaving = np.zeros(items), np.zeros(items)
    rates[: len(cores)] = traffic.weights[cores]
    out = number[source[here & ~inside]]
    leaving[out] = rates[out]
    return Local(np.concatenate([receives, alike]), np.concatenate([rates, merged]), leaving)
