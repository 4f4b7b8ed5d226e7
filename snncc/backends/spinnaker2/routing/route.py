"""Routing: a list of quads for each core, a table for each router, and where spikes end by them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snncc.ir import CapacityError, Integers

from ..chip.machine import LINKS, ROUTER
from ..chip.multicast_trees import Trees
from ..chip.target import CORES_PER_QUAD, ROUTER_ENTRIES, USABLE_CORES_PER_CHIP
from ..placement.placement import Placement
from ..placement.traffic import Traffic
from .keys import NEURON_BITS, keys
from .router_tables import Table, minimise

LINK_BITS = len(LINKS)


@dataclass(frozen=True, eq=False)
class Routing:
    """All that is written into cores and routers for spikes to find their way.

    A core sends a spike to each quad of its list, and to the router if `leaves` says so. Routers
    know routes by number: bits 0 to 5 are links, the further ones the cores of the chip.

    Attributes:
        placement: of the program's cores.
        keys: of the first neuron of each core: int64 [cores].
        offsets: into `quads` and `masks`, by core: int64 [cores + 1].
        quads: of the own chip: int64 [entries].
        masks: the quad's cores, a bit each: int64 [entries].
        leaves: whether a core's spikes go to other chips: bool [cores].
        tables: one for each chip.
        routes: by number.
    """

    placement: Placement
    keys: Integers
    offsets: Integers
    quads: Integers
    masks: Integers
    leaves: np.ndarray[tuple[int], np.dtype[np.bool_]]
    tables: tuple[Table, ...]
    routes: tuple[int, ...]

    def trace_deliveries(self) -> tuple[Integers, Integers]:
        """Which cores a spike of each core reaches, by following lists and tables.

        A spike that a table does not know is lost; a core that is reached twice is listed twice.

        Returns:
            offsets int64 [cores + 1] and cores of the program int64, ascending for each source.
        """
        machine, places = self.placement.machine, self.placement.places
        program = np.full(machine.cores, -1, dtype=np.int64)
        program[places] = np.arange(len(places))
        source = np.repeat(np.arange(len(places)), np.diff(self.offsets))
        bit = np.arange(CORES_PER_QUAD)
        row, core = np.nonzero(self.masks[:, None] >> bit & 1)
        first = self.placement.chips[source] * USABLE_CORES_PER_CHIP
        near = (first + self.quads * CORES_PER_QUAD)[row] + core
        found = [np.stack([source[row], near])]
        found += [np.stack([spike, at]) for spike, at in _follow(self)]
        spike, place = np.concatenate(found, axis=1)
        target = program[place]
        spike, target = spike[target >= 0], target[target >= 0]
        order = np.lexsort((target, spike))
        offsets = np.searchsorted(spike[order], np.arange(len(places) + 1))
        return offsets, target[order]

    def split_route(self, number: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Links and cores of a route."""
        way = self.routes[number]
        links = tuple(link for link in range(LINK_BITS) if way >> link & 1)
        cores = range(USABLE_CORES_PER_CHIP)
        return links, tuple(core for core in cores if way >> (LINK_BITS + core) & 1)


def route(traffic: Traffic, placement: Placement) -> Routing:
    """Lists and tables that take each core's spikes to its targets.

    Raises:
        CapacityError: S016, a router needs more entries than it has, or keys run out.
    """
    base = keys(traffic, placement)
    chips, places = placement.chips, placement.places
    source, at = traffic.sources, places[traffic.targets]
    near = chips[source] == chips[traffic.targets]
    quad = at // CORES_PER_QUAD % ROUTER
    pairs, which = np.unique(source[near] * ROUTER + quad[near], return_inverse=True)
    masks = np.zeros(len(pairs), dtype=np.int64)
    np.bitwise_or.at(masks, which, 1 << at[near] % CORES_PER_QUAD)
    owner, quads = np.divmod(pairs, ROUTER)
    leaves = np.zeros(traffic.cores, dtype=np.bool_)
    leaves[source[~near]] = True
    routes, tables = _tables(traffic, placement, base)
    return Routing(
        placement=placement,
        keys=base,
        offsets=np.searchsorted(owner, np.arange(traffic.cores + 1)),
        quads=quads,
        masks=masks,
        leaves=leaves,
        tables=tables,
        routes=routes,
    )


def _tables(
    traffic: Traffic, placement: Placement, base: Integers
) -> tuple[tuple[int, ...], tuple[Table, ...]]:
    """Routes by number, and the smallest table for each chip."""
    machine, trees = placement.machine, Trees(placement.machine)
    numbers: dict[int, int] = {}
    arriving: list[list[tuple[int, int]]] = [[] for _ in range(machine.chips)]
    for core in range(traffic.cores):
        ends = traffic.targets[traffic.offsets[core] : traffic.offsets[core + 1]]
        places = placement.places[ends]
        for chip, way in _find_ways(trees, int(placement.chips[core]), places).items():
            number = numbers.setdefault(way, len(numbers))
            arriving[chip].append((int(base[core]), number))
    tables: list[Table] = []
    for chip, entries in enumerate(arriving):
        columns = np.array(sorted(entries), dtype=np.int64).reshape(-1, 2).T
        table = minimise(columns[0], columns[1], NEURON_BITS)
        if len(table) > ROUTER_ENTRIES:
            x, y = machine.positions[chip]
            raise CapacityError(
                f"S016 the router of chip ({x}, {y}) needs {len(table)} entries, it has "
                f"{ROUTER_ENTRIES}; use more neurons per core, or fewer chips"
            )
        tables.append(table)
    return tuple(numbers), tuple(tables)


def _find_ways(trees: Trees, home: int, places: Integers) -> dict[int, int]:
    """Where one core's spikes go from the router of each chip on their way."""
    chips = places // USABLE_CORES_PER_CHIP
    abroad = np.unique(chips[chips != home])
    ways: dict[int, int] = {}
    for chip, link in trees.tree(home, abroad).branches if len(abroad) else ():
        ways[chip] = ways.get(chip, 0) | 1 << link
    for chip in abroad.tolist():
        for core in (places[chips == chip] % USABLE_CORES_PER_CHIP).tolist():
            ways[chip] = ways.get(chip, 0) | 1 << (LINK_BITS + core)
    return ways


def _follow(routing: Routing) -> list[tuple[Integers, Integers]]:
    """Source core and core of the machine of all that routers deliver."""
    machine = routing.placement.machine
    spike = np.flatnonzero(routing.leaves)
    chip = routing.placement.chips[spike]
    found: list[tuple[Integers, Integers]] = []
    for _ in range(machine.chips):  # no way is longer
        if not len(spike):
            break
        onward: list[tuple[Integers, Integers]] = []
        for here in np.unique(chip).tolist():
            spikes = spike[chip == here]
            numbers = routing.tables[here].look_up(routing.keys[spikes])
            for number in np.unique(numbers[numbers >= 0]).tolist():
                some = spikes[numbers == number]
                links, cores = routing.split_route(number)
                ends = here * USABLE_CORES_PER_CHIP + np.array(cores, dtype=np.int64)
                found.append((np.repeat(some, len(ends)), np.tile(ends, len(some))))
                for link in links:
                    onward.append((some, np.full_like(some, machine.neighbours[here, link])))
        spike = np.concatenate([s for s, _ in onward]) if onward else spike[:0]
        chip = np.concatenate([c for _, c in onward]) if onward else chip[:0]
    return found
