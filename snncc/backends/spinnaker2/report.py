"""What a program takes of the chip: cores, bytes and work beside their limits; refuses nothing."""

from __future__ import annotations

from collections import Counter

import numpy as np

from snncc.backends import Json

from .chip.target import (
    CLOCK_HZ,
    CORES_PER_QUAD,
    FIFO_SPIKES,
    LAYOUTS,
    NEURONS_PER_CORE,
    QUADS,
    USABLE_CORES_PER_CHIP,
)
from .limit_warnings import cycles, least_tick_seconds
from .program import Core, Program


def report(program: Program) -> dict[str, Json]:
    """Counts per population, and a core map, each figure with the limit that it must keep."""
    layout, partition = LAYOUTS[program.layout], program.partition
    cores = Counter(core.population for core in partition.cores)
    fullest = max(partition.cores, key=lambda core: core.bytes)
    populations: list[Json] = [
        {
            "population": n.name,
            "application": n.application if n.pace == 1 else f"{n.application}, paced",
            "neurons": n.size,
            "cores": cores[n.name],
            "first_chip_tick": n.phase,
        }
        for n in program.neurons
    ]
    sources: list[Json] = [
        {"source": s.name, "neurons": s.size, "cores": cores[s.name]} for s in program.sources
    ]
    return {
        "neurons": sum(n.size for n in program.neurons),
        "synapses": sum(int(np.count_nonzero(s.weights)) for s in program.synapses),
        "chip_ticks_per_tick": program.period,
        "latency_chip_ticks": {
            wire.text: n.phase
            for wire in program.outputs
            for n in program.neurons
            if n.name == wire.population
        },
        "cores": len(partition.cores),
        "limit_cores_per_chip": USABLE_CORES_PER_CHIP,
        "chips": -(-len(partition.cores) // USABLE_CORES_PER_CHIP),
        "fullest_core_bytes": fullest.bytes,
        "limit_core_bytes": layout.budget_bytes + sum(_count_fixed_bytes(fullest).values()),
        "limit_source": layout.source,
        "limit_neurons_per_core": NEURONS_PER_CORE,
        "most_spikes_into_a_core": max(core.spikes for core in partition.cores),
        "limit_spikes_into_a_core": FIFO_SPIKES,
        "least_chip_tick_seconds": least_tick_seconds(partition),
        "on_the_host": [host.name for host in program.hosts],
        "populations": populations,
        "sources": sources,
        "core_map": [_line(program, index) for index in range(len(partition.cores))],
        "warnings": list(program.warnings),
    }


def _count_fixed_bytes(core: Core) -> dict[str, int]:
    """The region in front of the counted space: the data spec."""
    return {name: size for name, size in core.memory.items() if name == "data spec"}


def _line(program: Program, index: int) -> Json:
    """Where a core is (chip, quad, core of the quad), what runs there, and what it needs."""
    core, placement = program.partition.cores[index], program.routing.placement
    chip, rest = divmod(int(placement.places[index]), USABLE_CORES_PER_CHIP)
    quad, of_quad = divmod(rest, CORES_PER_QUAD)
    x, y = placement.machine.positions[chip].tolist()
    milliseconds = cycles(core) / max(CLOCK_HZ) * 1e3
    return (
        f"{index:5}  chip {x},{y} quad {QUADS[quad][0]},{QUADS[quad][1]}.{of_quad}  "
        f"{core.population}[{core.where}]  {core.bytes:,} bytes  {core.events:.0f} events  "
        f"{milliseconds:.3f} ms"
    )
