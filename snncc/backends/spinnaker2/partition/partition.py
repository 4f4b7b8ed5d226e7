"""Partition: how many neurons share a core, found from memory, time and FIFO; places nothing.

The limits are in `chip/target.py`, the bytes and cycles that a part takes in `core_usage.py`. How
a network for our own kernel is cut is in `kernel/partition/partition.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import ceil

import numpy as np

from snncc.ir import CapacityError, Integers, Shape

from ..chip.target import (
    CONV_NEURONS_PER_CORE,
    CORES_PER_CHIP,
    FIFO_SPIKES,
    NEURONS_PER_CORE,
    QUADS_PER_CHIP,
    ROW_HEADER_BYTES,
    SOURCES_PER_CORE,
    SYNAPSE_BYTES,
    Layout,
)
from ..program import Core, Neurons, Partition, Source, Synapses
from .core_usage import Load, core_bytes, count_fixed_bytes, kernel_bytes, load, source_bytes
from .fan_in import Fan, fan, merge_fans
from .tile import Tile, choose_tiles


@dataclass(frozen=True)
class Budget:
    """What one core may be given.

    Attributes:
        layout: of its SRAM.
        ticks: chip ticks that recordings and stimuli have room for.
        cycles: of a tick.
        neurons: the most per core; 0 leaves it to the limits of the chip.
        tiles: whether images are cut into tiles; into neurons in a row otherwise.
    """

    layout: Layout
    ticks: int
    cycles: float
    neurons: int = 0
    tiles: bool = True


def split(
    budget: Budget,
    sources: Sequence[Source],
    neurons: Sequence[Neurons],
    synapses: Sequence[Synapses],
) -> Partition:
    """The cores of all sources and populations, and which of them send to which.

    Raises:
        CapacityError: S010, not even one neuron fits a core.
    """
    rates = {s.name: s.rate if s.node else 1.0 for s in sources}
    rates |= {n.name: n.rate for n in neurons}
    into: dict[str, list[Synapses]] = {n.name: [] for n in neurons}
    for each in synapses:
        into[each.target].append(each)
    parts: list[_Part] = []
    uneven, without_tiles = _find_uneven(synapses), replace(budget, tiles=False)
    seen = {each.source: each for each in synapses if each.window}
    for source in sources:
        own = without_tiles if source.name in uneven else budget
        parts += _source(own, source, seen.get(source.name))
    for population in neurons:
        own = without_tiles if population.name in uneven else budget
        parts += _population(own, population, into[population.name], rates)
    return _link(budget.layout, parts, into, rates)


def _find_uneven(synapses: Sequence[Synapses]) -> set[str]:
    """Populations at a pool that leaves over pixels, which no tile can leave out."""
    return {
        name
        for s in synapses
        if s.window and any(s.window.size[i + 1] % s.window.pool[i] for i in (0, 1))
        for name in (s.source, s.target)
    }


@dataclass(frozen=True)
class _Part:
    """A core before it is known where its spikes go."""

    population: str
    start: int
    stop: int
    memory: Mapping[str, int]
    load: Load
    tile: Tile | None = None


Cost = Callable[[int, int, Tile | None], tuple[dict[str, int], Load]]


def _source(budget: Budget, source: Source, seen: Synapses | None) -> list[_Part]:
    """Cores of a source; tiles of an image where a convolution looks at it."""

    def cost(start: int, stop: int, tile: Tile | None = None) -> tuple[dict[str, int], Load]:
        size = tile.neurons if tile else stop - start
        return source_bytes(source, size, budget.ticks), Load(0.0, 0.0, 0.0)

    found = _cut(budget, source.name, source.size, SOURCES_PER_CORE, cost)
    if seen is None or seen.window is None or not budget.tiles:
        return found
    look = ((1, *seen.weights.shape[2:]), (1, *seen.window.stride))
    return _tiles(budget, found, seen.window.size, SOURCES_PER_CORE, look, cost) or found


def _population(
    budget: Budget, n: Neurons, into: Sequence[Synapses], rates: Mapping[str, float]
) -> list[_Part]:
    conv = n.application == "lif_conv2d"

    def cost(start: int, stop: int, tile: Tile | None = None) -> tuple[dict[str, int], Load]:
        fans = _fans(into, start, stop, tile)
        size = tile.neurons if tile else stop - start
        kernel = sum(kernel_bytes(s, start, stop, tile) for s in into) if conv else 0
        memory = core_bytes(budget.layout, n, size, fans, kernel, budget.ticks)
        return memory, load(fans, size, rates)

    if not conv:
        return _cut(budget, n.name, n.size, NEURONS_PER_CORE, cost)
    found = _cut(budget, n.name, n.size, CONV_NEURONS_PER_CORE, cost)
    if not budget.tiles:
        return found
    window = into[0].window
    assert window is not None, "an application for convolutions has nothing else"
    down, across = (s * p for s, p in zip(window.stride, window.pool, strict=True))
    kernel = tuple(k * p for k, p in zip(into[0].weights.shape[2:], window.pool, strict=True))
    look = ((1, *kernel), (1, down, across))
    return _tiles(budget, found, window.out, CONV_NEURONS_PER_CORE, look, cost) or found


def _tiles(
    budget: Budget,
    rows: Sequence[_Part],
    shape: Shape,
    most: int,
    look: tuple[Shape, Shape],
    cost: Cost,
) -> list[_Part]:
    """Tiles instead of neurons in a row; none where they do not fit or take many more cores."""
    name = rows[0].population
    costs: dict[Tile, tuple[dict[str, int], Load]] = {}

    def fits(tile: Tile) -> bool:
        costs[tile] = cost(0, 0, tile)
        return _holds(budget, *costs[tile])

    found = choose_tiles(shape, min(most, budget.neurons or most), len(rows), look, fits)
    ends = [0, *accumulate(tile.neurons for tile in found)]
    return [
        _Part(name, start, stop, *costs[tile], tile)
        for tile, (start, stop) in zip(found, pairwise(ends), strict=True)
    ]


def _fans(into: Sequence[Synapses], start: int, stop: int, tile: Tile | None = None) -> list[Fan]:
    """One fan per source."""
    found: dict[str, list[Fan]] = {}
    for each in into:
        found.setdefault(each.source, []).append(fan(each, start, stop, tile))
    return [merge_fans(fans) for fans in found.values()]


def _holds(budget: Budget, memory: Mapping[str, int], work: Load) -> bool:
    """Whether a core has the room and the time."""
    if sum(memory.values()) > _space(budget.layout):
        return False
    return work.cycles <= budget.cycles and work.spikes <= FIFO_SPIKES


def _cut(budget: Budget, name: str, size: int, most: int, cost: Cost) -> list[_Part]:
    """As few cores as can be, filled alike where that fits."""
    most = min(most, budget.neurons or most)
    space = _space(budget.layout)

    def fits(start: int, stop: int) -> bool:
        memory, work = cost(start, stop, None)
        # A single neuron may need more than a tick: then the tick must become longer, S015.
        alone = stop - start == 1 and sum(memory.values()) <= space
        return alone or _holds(budget, memory, work)

    bounds = [0]
    while bounds[-1] < size:
        start = bounds[-1]
        low, high = 0, min(most, size - start)
        step = high
        while low < high:
            if fits(start, start + step):
                low = step
            else:
                high = step - 1
            step = (low + high + 1) // 2
        if not low:
            need = sum(cost(start, start + 1, None)[0].values())
            raise CapacityError(
                f"S010 %{name}: the synapses of neuron {start} need {need} bytes, a core has "
                f"{space} for them ({budget.layout.source}); reduce its inputs, or what is "
                "recorded with --option duration=N"
            )
        bounds.append(start + low)
    cores = len(bounds) - 1
    even = [size * i // cores for i in range(cores + 1)]
    if all(fits(a, b) for a, b in pairwise(even)):
        bounds = even
    return [_Part(name, a, b, *cost(a, b, None)) for a, b in pairwise(bounds)]


def _space(layout: Layout) -> int:
    """Bytes for what depends on the neurons of a core."""
    return layout.budget_bytes - _count_reserved(layout)


def _count_reserved(layout: Layout) -> int:
    """Bytes of what every core has, with as many targets as a chip can ask for."""
    most = QUADS_PER_CHIP if layout.target_words == 3 else CORES_PER_CHIP
    return sum(count_fixed_bytes(layout, most).values())


def _link(
    layout: Layout,
    parts: Sequence[_Part],
    into: Mapping[str, Sequence[Synapses]],
    rates: Mapping[str, float],
) -> Partition:
    first: dict[str, int] = {}
    own: dict[str, list[_Part]] = {}
    for index, part in enumerate(parts):
        first.setdefault(part.population, index)
        own.setdefault(part.population, []).append(part)
    owners = {name: _owners(some) for name, some in own.items()}
    links: list[tuple[Integers, Integers, Integers]] = []
    for index, part in enumerate(parts):
        for found in _fans(into.get(part.population, ()), part.start, part.stop, part.tile):
            counts = found.count_per_part(owners[found.source], len(own[found.source]))
            heard = np.flatnonzero(counts)
            links.append((heard + first[found.source], np.full_like(heard, index), counts[heard]))
    none = np.zeros(0, dtype=np.int64)
    columns = zip(*links, strict=True) if links else ((none,), (none,), (none,))
    source, target, count = (np.concatenate(each) for each in columns)
    order = np.lexsort((target, source))
    offsets = np.searchsorted(source[order], np.arange(len(parts) + 1))
    sent = np.array([rates[p.population] * (p.stop - p.start) for p in parts])
    targets = np.diff(offsets)
    return Partition(
        cores=tuple(_core(layout, part, int(n)) for part, n in zip(parts, targets, strict=True)),
        rates=sent,
        offsets=offsets.astype(np.int64),
        targets=target[order],
        synapses=count[order],
    )


def _owners(parts: Sequence[_Part]) -> Integers:
    """The part that each neuron of a population is in."""
    result = np.empty(parts[-1].stop, dtype=np.int64)
    for number, part in enumerate(parts):
        result[part.tile.members if part.tile else slice(part.start, part.stop)] = number
    return result


def _core(layout: Layout, part: _Part, targets: int) -> Core:
    ways = targets if layout.target_words != 3 else min(targets, QUADS_PER_CHIP)
    memory = {**count_fixed_bytes(layout, ways), **part.memory}
    events, spikes = part.load.events, part.load.spikes
    return Core(part.population, part.start, part.stop, memory, events, spikes, part.tile)


def least_cores(
    budget: Budget,
    sources: Sequence[Source],
    neurons: Sequence[Neurons],
    partition: Partition,
    synapses: Sequence[Synapses],
) -> int:
    """A lower bound of the number of cores, over all ways to deal neurons out to cores.

    However a population is cut, each of its cores holds a row for every source neuron that even
    its least connected neuron receives, and all synapses have a place. What is recorded, and
    sources, are taken as they are.
    """
    space = _space(budget.layout)
    here = Counter(core.population for core in partition.cores)
    total = sum(here[s.name] for s in sources)
    for n in neurons:
        into = [s for s in synapses if s.target == n.name]
        if n.application == "lif_conv2d":
            total += ceil(n.size / CONV_NEURONS_PER_CORE)
            continue
        words = sum(int(np.count_nonzero(s.weights)) for s in into) * SYNAPSE_BYTES
        heard = max((_count_sources(s) for s in into), default=0)
        row = heard * (ROW_HEADER_BYTES + budget.layout.table_entry_bytes)
        bound = max(ceil(words / max(space - row, 1)), ceil(n.size / NEURONS_PER_CORE))
        total += min(bound, here[n.name])
    return total


def _count_sources(synapses: Synapses) -> int:
    """Source neurons of the least connected target neuron."""
    if synapses.kind == "dense":
        return int(np.count_nonzero(synapses.weights, axis=1).min(initial=synapses.inputs))
    return int(np.bincount(synapses.rows, minlength=synapses.outputs).min())
