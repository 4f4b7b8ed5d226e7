"""What a program takes of the chip, and what a run of it took; counts beside their limits."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from snncc.backends import ChipLoad, Json
from snncc.ir import Integers

from ..chip.multicast_trees import Trees
from ..chip.target import (
    CLOCK_HZ,
    CORES_PER_QUAD,
    CYCLES_PER_INSTRUCTION,
    DATA_BYTES_PER_CORE,
    QUADS,
    USABLE_CORES_PER_CHIP,
)
from ..placement.traffic import cost
from .emulate import Played
from .program import Program

LIMIT_SOURCE = "96 kB of a core's 128 KiB of SRAM for data: Nazeer et al. 2023, arXiv:2312.09084"


def report(program: Program) -> dict[str, Json]:
    """Cores, segments, bytes and expected events, each with the limit that it must keep."""
    taken = [program.bytes_of(core) for core in range(len(program.codes))]
    layers = [layer for code in program.codes for layer in code.layers]
    return {
        "kernel": "own",
        "neurons": sum(layer.neurons for layer in layers),
        "synapses": sum(layer.synapses for layer in layers),
        "chip_ticks_per_tick": program.parts.segments,
        "cores": len(taken),
        "limit_cores_per_chip": USABLE_CORES_PER_CHIP,
        "chips": len(np.unique(program.routing.placement.chips)),
        "fullest_core": int(np.argmax(taken)),
        "fullest_core_bytes": max(taken),
        "limit_core_bytes": DATA_BYTES_PER_CORE,
        "limit_source": LIMIT_SOURCE,
        "weight_bytes": sum(code.weight_bytes for code in program.codes),
        "layers": _list_layers(program),
        "events_per_tick": round(float(program.traffic.rates.sum()), 3),
        "deliveries_per_tick": round(
            float(program.traffic.rates @ np.diff(program.traffic.offsets)), 3
        ),
        "core_map": [_line(program, core) for core in range(len(taken))],
        "warnings": list(program.warnings),
    }


def _list_layers(program: Program) -> list[Json]:
    """What each node of the network takes on all cores together."""
    names = ("neurons", "synapses", "flash_bytes", "ram_bytes")
    keywords: dict[str, str] = {}
    taken: dict[str, Counter[str]] = {}
    for code in program.codes:
        for part in code.layers:
            keywords[part.node] = part.keyword
            counts = {name: int(getattr(part, name)) for name in names}
            taken.setdefault(part.node, Counter()).update(counts)
    return [
        {"node": node, "keyword": keywords[node], **{name: counts[name] for name in names}}
        for node, counts in taken.items()
    ]


def measure_load(program: Program, played: Played) -> ChipLoad:
    """What a run on emulated cores, with its instructions counted, asked of the chip.

    Instructions are those of a tick of the network; each segment of it is one tick of the chip.
    """
    placement = program.routing.placement
    traffic = replace(program.traffic, rates=played.sent.mean(axis=(0, 1)))
    price = cost(traffic, Trees(placement.machine), placement.places)
    slowest, chip_tick = _find_slowest(program, played), program.tick / program.parts.segments
    cycles = CYCLES_PER_INSTRUCTION * slowest
    late = int(np.count_nonzero(cycles > chip_tick * max(CLOCK_HZ)))
    counts = {
        "packets": price.packets,
        "packets_times_hops": price.hops,
        "packets_over_the_busiest_link": max(price.mesh_load, price.link_load),
        "events": float(played.sent.sum(axis=-1).mean()),
        "most_events_of_a_core": float(played.sent.max(initial=0)),
        "arrivals": float(played.delivered.sum(axis=-1).mean()),
        "most_arrivals_at_a_core": float(played.delivered.max(initial=0)),
        "instructions": float(played.instructions.sum(axis=-1).mean()),
        "instructions_in_a_row": float(slowest.sum(axis=-1).mean()),
        "most_ms_of_a_core": 1e3 * float(cycles.max(initial=0.0)) / min(CLOCK_HZ),
        "ms_of_a_chip_tick": 1e3 * chip_tick,
        "late_chip_ticks": float(late),
    }
    if not late:
        return ChipLoad(counts)
    needed = 1e3 * float(cycles.max()) / max(CLOCK_HZ)
    warning = (
        f"S015: {late} of {cycles.size} chip ticks had work longer than the tick: up to about "
        f"{needed:.3g} ms at {max(CLOCK_HZ) // 1_000_000} MHz of {1e3 * chip_tick:.3g} ms; let a "
        "tick of the model stand for more time, or lower --option atoms=N"
    )
    return ChipLoad(counts, (warning,))


def _find_slowest(program: Program, played: Played) -> Integers:
    """Instructions of the slowest core in each segment: int64 [samples, ticks, segments]."""
    segments = np.array([core.segment for core in program.parts.cores])
    counted = played.instructions
    slowest = [counted[..., segments == s].max(-1) for s in range(program.parts.segments)]
    return np.stack(slowest, axis=-1)


def _line(program: Program, core: int) -> Json:
    """Where a core is (chip, quad, core of the quad), what it computes, and what it needs."""
    placement = program.routing.placement
    chip, rest = divmod(int(placement.places[core]), USABLE_CORES_PER_CHIP)
    quad, of_quad = divmod(rest, CORES_PER_QUAD)
    x, y = placement.machine.positions[chip].tolist()
    wires = ", ".join(
        f"{readout.text}[{elements}]"
        for readout, elements in zip(
            program.codes[core].outputs, np.diff(program.firsts[core]).tolist(), strict=True
        )
    )
    return (
        f"{core:5}  chip {x},{y} quad {QUADS[quad][0]},{QUADS[quad][1]}.{of_quad}  "
        f"segment {program.parts.cores[core].segment}  {wires}  {program.bytes_of(core):,} bytes  "
        f"{program.traffic.rates[core]:.1f} events"
    )
