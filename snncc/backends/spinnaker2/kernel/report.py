"""What a program takes of the chip, and what a run of it took; counts beside their limits."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from snncc.backends import Json
from snncc.ir import Values

from ..chip.multicast_trees import Trees
from ..chip.target import CORES_PER_QUAD, DATA_BYTES_PER_CORE, QUADS, USABLE_CORES_PER_CHIP
from ..placement.traffic import cost
from .emulate import Played, play
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


def performance(program: Program, played: Played) -> dict[str, Json]:
    """What a tick took in a run on emulated cores, on average."""
    sent = played.sent.mean(axis=(0, 1))
    placement = program.routing.placement
    traffic = replace(program.traffic, rates=sent)
    found: dict[str, Json] = {
        "cores": len(program.codes),
        "chip_ticks_per_tick": program.parts.segments,
        "fullest_core_data_bytes": max(played.data_bytes),
        "fullest_core_code_bytes": max(played.code_bytes),
        "limit_core_bytes": DATA_BYTES_PER_CORE,
        "events_per_tick": round(float(sent.sum()), 3),
        "packets_per_tick": round(
            cost(traffic, Trees(placement.machine), placement.places).packets, 3
        ),
        "deliveries_per_tick": round(float(played.delivered.sum(axis=-1).mean()), 3),
    }
    if played.instructions.size:
        per_core = played.instructions.mean(axis=(0, 1))
        segments = np.array([core.segment for core in program.parts.cores])
        slowest = [per_core[segments == s].max() for s in range(program.parts.segments)]
        found |= {
            "instructions_per_tick": round(float(per_core.sum())),
            "instructions_per_tick_of_the_busiest": round(float(per_core.max())),
            "instructions_per_tick_in_a_row": round(float(sum(slowest))),
        }
    return found


def count_traffic(program: Program, signal: Values) -> dict[str, float]:
    """What a tick of a run on emulated cores sends, on average; see `performance`."""
    played = play(program, signal)
    placement = program.routing.placement
    traffic = replace(program.traffic, rates=played.sent.mean(axis=(0, 1)))
    price = cost(traffic, Trees(placement.machine), placement.places)
    return {
        "packets": price.packets,
        "packets_times_hops": price.hops,
        "packets_over_the_busiest_link": max(price.mesh_load, price.link_load),
        "most_arrivals_at_a_core": float(played.delivered.max(initial=0)),
        "arrivals": float(played.delivered.sum(axis=-1).mean()),
    }


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
