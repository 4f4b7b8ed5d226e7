"""What a run asks of the chip: events, arrivals and packets as they were, beside their limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from snncc.backends import ChipLoad
from snncc.ir import Integers, Values

from .chip.multicast_trees import Trees
from .chip.target import (
    CLOCK_HZ,
    CYCLES_PER_NEURON,
    CYCLES_PER_SPIKE,
    CYCLES_PER_SYNAPTIC_EVENT,
    FIFO_SPIKES,
)
from .partition.fan_in import fan
from .placement.traffic import Traffic, cost
from .program import Program
from .simulate import play


@dataclass(frozen=True, eq=False)
class Activity:
    """Counts of a run, per core of the program; a tick is one of the chip.

    Attributes:
        ticks: chip ticks that were counted, over all samples.
        sent: spikes per tick that leave each core, on average: float64 [cores].
        events: most synaptic events of a tick: int64 [cores].
        arrivals: most spikes that arrive for a tick: int64 [cores].
        cycles: most cycles of a tick, as estimated: float64 [cores].
        full: ticks in which more arrived than the FIFO holds: int64 [cores].
        late: ticks whose work took longer than the tick: int64 [cores].
        packets: per tick, on average.
        hops: packets times hops, per tick, on average.
        mesh_load, link_load: packets over the busiest link within a chip, and between chips.
    """

    ticks: int
    sent: Values
    events: Integers
    arrivals: Integers
    cycles: Values
    full: Integers
    late: Integers
    packets: float
    hops: float
    mesh_load: float
    link_load: float

    def as_load(self, program: Program) -> ChipLoad:
        """All of a tick of the chip, and what passed a limit."""
        counts = {
            "packets": self.packets,
            "packets_times_hops": self.hops,
            "packets_over_the_busiest_link": max(self.mesh_load, self.link_load),
            "most_events_of_a_core": float(self.events.max(initial=0)),
            "most_arrivals_at_a_core": float(self.arrivals.max(initial=0)),
            "most_ms_of_a_core": 1e3 * float(self.cycles.max(initial=0.0)) / min(CLOCK_HZ),
            "ms_of_a_chip_tick": 1e3 * program.sys_tick,
            "late_chip_ticks": float(self.late.max(initial=0)),
        }
        return ChipLoad(counts, self.warnings(program))

    def warnings(self, program: Program) -> tuple[str, ...]:
        """A sentence for each limit that the run passed, with the core that passed it most."""
        found: list[str] = []
        for counts, what, advice in (
            (self.late, "work longer than the tick", "lengthen sys_tick, or lower atoms"),
            (
                self.full,
                f"more than {FIFO_SPIKES} arrivals, which the FIFO loses",
                "lower the rates",
            ),
        ):
            if counts.any():
                core = program.partition.cores[int(counts.argmax())]
                found.append(
                    f"S015 %{core.population}[{core.where}]: {int(counts.max())} of {self.ticks} "
                    f"ticks had {what}; {advice}"
                )
        return tuple(found)


def activity(program: Program, signal: Values | Mapping[str, Values], sys_tick: float) -> Activity:
    """The counts of a run.

    Args:
        program: lowered.
        signal: as for `simulate`.
        sys_tick: seconds of a chip tick.
    """
    cores = program.partition.cores
    counter = _Counter(program)
    samples = ticks = 0
    sent = np.zeros(len(cores))
    events, arrivals, full, late = (np.zeros(len(cores), dtype=np.int64) for _ in range(4))
    cycles = np.zeros(len(cores))
    for spikes in play(program, signal):
        leaving = counter.count_leaving(spikes)
        here, came = counter.events(spikes), counter.count_arriving(leaving)
        work = (
            here * CYCLES_PER_SYNAPTIC_EVENT + came * CYCLES_PER_SPIKE
        ) + counter.sizes * CYCLES_PER_NEURON
        sent += leaving.sum(axis=0)
        events = np.maximum(events, here.max(axis=0)).astype(np.int64)
        arrivals = np.maximum(arrivals, came.max(axis=0)).astype(np.int64)
        cycles = np.maximum(cycles, work.max(axis=0))
        full += np.count_nonzero(came > FIFO_SPIKES, axis=0)
        late += np.count_nonzero(work > sys_tick * max(CLOCK_HZ), axis=0)
        samples, ticks = len(leaving), ticks + 1
    rates = sent / max(samples * ticks, 1)
    part, placement = program.partition, program.routing.placement
    traffic = Traffic(rates, part.offsets, part.targets)
    price = cost(traffic, Trees(placement.machine), placement.places)
    return Activity(
        samples * ticks,
        rates,
        events,
        arrivals,
        cycles,
        full,
        late,
        price.packets,
        price.hops,
        price.mesh_load,
        price.link_load,
    )


class _Counter:
    """Turns spikes of populations into counts of cores."""

    def __init__(self, program: Program) -> None:
        self.program = program
        part = program.partition
        sources = {source.name for source in program.sources}  # these compute nothing
        computed = (0 if c.population in sources else c.neurons for c in part.cores)
        self.sizes = np.array([*computed], dtype=np.float64)
        self.links = np.zeros((len(part.cores), len(part.cores)), dtype=np.float32)
        source = np.repeat(np.arange(len(part.cores)), np.diff(part.offsets))
        self.links[source, part.targets] = 1
        self.fans = [
            (each.source, index, fan(each, core.start, core.stop, core.tile))
            for index, core in enumerate(part.cores)
            for each in program.synapses
            if each.target == core.population
        ]

    def count_leaving(self, spikes: Mapping[str, Values]) -> Values:
        """Spikes that leave each core, `[samples, cores]`."""
        cores = self.program.partition.cores
        rows = [spikes[core.population][:, core.members].sum(axis=1) for core in cores]
        return np.stack(rows, axis=1)

    def count_arriving(self, leaving: Values) -> Values:
        """Spikes that reach each core, `[samples, cores]`."""
        return leaving @ self.links

    def events(self, spikes: Mapping[str, Values]) -> Values:
        """Synaptic events of each core, `[samples, cores]`."""
        samples = len(next(iter(spikes.values())))
        total = np.zeros((samples, len(self.sizes)))
        for source, core, found in self.fans:
            sent = spikes[source] if found.columns is None else spikes[source][:, found.columns]
            total[:, core] += sent @ found.counts
        return total
