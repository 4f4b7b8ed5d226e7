"""Partition: how many neurons share a core, found from memory, time and FIFO; places nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np

from snncc.ir import CapacityError

from .fan import Fan, fan, merged
from .memory import Load, core_bytes, fixed_bytes, kernel_bytes, load, source_bytes
from .program import Core, Neurons, Partition, Source, Synapses, Whole
from .target import (
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


@dataclass(frozen=True)
class Budget:
    """What one core may be given.

    Attributes:
        layout: of its SRAM.
        ticks: chip ticks that recordings and stimuli have room for.
        cycles: of a tick.
        neurons: at most so many per core; 0 leaves it to the limits of the chip.
    """

    layout: Layout
    ticks: int
    cycles: float
    neurons: int = 0


def split(
    budget: Budget,
    sources: Sequence[Source],
    neurons: Sequence[Neurons],
    synapses: Sequence[Synapses],
) -> Partition:
    """The cores of all sources and populations, and which of them hear which.

    Raises:
        CapacityError: S010, not even one neuron fits a core.
    """
    rates = {s.name: s.rate if s.node else 1.0 for s in sources}
    rates |= {n.name: n.rate for n in neurons}
    into: dict[str, list[Synapses]] = {n.name: [] for n in neurons}
    for each in synapses:
        into[each.target].append(each)
    parts: list[_Part] = []
    for source in sources:
        parts += _source(budget, source)
    for population in neurons:
        parts += _population(budget, population, into[population.name], rates)
    return _linked(budget.layout, parts, into, rates)


@dataclass(frozen=True)
class _Part:
    """A core before it is known where its spikes go."""

    population: str
    start: int
    stop: int
    memory: Mapping[str, int]
    load: Load


Cost = Callable[[int, int], tuple[dict[str, int], Load]]


def _source(budget: Budget, source: Source) -> list[_Part]:
    def cost(start: int, stop: int) -> tuple[dict[str, int], Load]:
        return source_bytes(source, stop - start, budget.ticks), Load(0.0, 0.0, 0.0)

    return _cut(budget, source.name, source.size, SOURCES_PER_CORE, cost)


def _population(
    budget: Budget, n: Neurons, into: Sequence[Synapses], rates: Mapping[str, float]
) -> list[_Part]:
    conv = n.application == "lif_conv2d"

    def cost(start: int, stop: int) -> tuple[dict[str, int], Load]:
        fans = _fans(into, start, stop)
        kernel = sum(kernel_bytes(s, start, stop) for s in into) if conv else 0
        memory = core_bytes(budget.layout, n, stop - start, fans, kernel, budget.ticks)
        return memory, load(fans, stop - start, rates)

    most = CONV_NEURONS_PER_CORE if conv else NEURONS_PER_CORE
    return _cut(budget, n.name, n.size, most, cost)


def _fans(into: Sequence[Synapses], start: int, stop: int) -> list[Fan]:
    """One fan per source."""
    found: dict[str, list[Fan]] = {}
    for each in into:
        found.setdefault(each.source, []).append(fan(each, start, stop))
    return [merged(fans) for fans in found.values()]


def _cut(budget: Budget, name: str, size: int, most: int, cost: Cost) -> list[_Part]:
    """As few cores as can be, filled alike where that fits."""
    most = min(most, budget.neurons or most)
    space = budget.layout.budget_bytes - _reserved(budget.layout)

    def fits(start: int, stop: int) -> bool:
        memory, work = cost(start, stop)
        if sum(memory.values()) > space:
            return False
        # A single neuron may need more than a tick: then the tick must become longer, S015.
        within = work.cycles <= budget.cycles and work.spikes <= FIFO_SPIKES
        return within or stop - start == 1

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
            need = sum(cost(start, start + 1)[0].values())
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
    return [_Part(name, a, b, *cost(a, b)) for a, b in pairwise(bounds)]


def _reserved(layout: Layout) -> int:
    """Bytes of what every core has, with as many targets as a chip can ask for."""
    most = QUADS_PER_CHIP if layout.target_words == 3 else CORES_PER_CHIP
    return sum(fixed_bytes(layout, most).values())


def _linked(
    layout: Layout,
    parts: Sequence[_Part],
    into: Mapping[str, Sequence[Synapses]],
    rates: Mapping[str, float],
) -> Partition:
    first: dict[str, int] = {}
    starts: dict[str, list[int]] = {}
    for index, part in enumerate(parts):
        first.setdefault(part.population, index)
        starts.setdefault(part.population, []).append(part.start)
    where = {name: np.array(found, dtype=np.int64) for name, found in starts.items()}
    links: list[tuple[Whole, Whole, Whole]] = []
    for index, part in enumerate(parts):
        for found in _fans(into.get(part.population, ()), part.start, part.stop):
            counts = found.per_part(where[found.source])
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


def _core(layout: Layout, part: _Part, targets: int) -> Core:
    ways = targets if layout.target_words != 3 else min(targets, QUADS_PER_CHIP)
    memory = {**fixed_bytes(layout, ways), **part.memory}
    return Core(part.population, part.start, part.stop, memory, part.load.events, part.load.spikes)


def least_cores(
    budget: Budget,
    sources: Sequence[Source],
    neurons: Sequence[Neurons],
    partition: Partition,
    synapses: Sequence[Synapses],
) -> int:
    """A lower bound of the number of cores, over all ways to deal neurons out to cores.

    However a population is cut, each of its cores holds a row for every source neuron that even
    its least connected neuron hears, and all synapses stand somewhere. What is recorded, and
    sources, are taken as they are.
    """
    space = budget.layout.budget_bytes - _reserved(budget.layout)
    here = Counter(core.population for core in partition.cores)
    total = sum(here[s.name] for s in sources)
    for n in neurons:
        into = [s for s in synapses if s.target == n.name]
        if n.application == "lif_conv2d":
            total += ceil(n.size / CONV_NEURONS_PER_CORE)
            continue
        words = sum(int(np.count_nonzero(s.weights)) for s in into) * SYNAPSE_BYTES
        heard = max((_heard(s) for s in into), default=0)
        row = heard * (ROW_HEADER_BYTES + budget.layout.table_entry_bytes)
        bound = max(ceil(words / max(space - row, 1)), ceil(n.size / NEURONS_PER_CORE))
        total += min(bound, here[n.name])
    return total


def _heard(synapses: Synapses) -> int:
    """Source neurons that the least connected target neuron hears."""
    if synapses.kind == "dense":
        return int(np.count_nonzero(synapses.weights, axis=1).min(initial=synapses.inputs))
    return int(np.bincount(synapses.rows, minlength=synapses.outputs).min())
