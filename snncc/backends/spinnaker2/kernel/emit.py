"""Program → files: C of each core, the kernel, the mapping, a README. No decision."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

from snncc.backends import Files, Json, Port

from ..routing.routing_json import costs, places, tables
from .emit_core import SCRIPT, core_files, kernel
from .partition.core_parts import Stretch
from .program import HOST_KEY, Program
from .readme import readme


def emit(program: Program) -> Files:
    """kernel/, a folder for each core, mapping.json and a README; pure, deterministic."""
    mapping = json.dumps(_map_cores(program), indent=1, ensure_ascii=False)
    found = {
        PurePosixPath("mapping.json"): f"{mapping}\n".encode(),
        PurePosixPath("README.md"): readme(program).encode(),
        PurePosixPath("kernel/core.ld"): SCRIPT.encode(),
    }
    found |= {PurePosixPath("kernel") / name: text for name, text in kernel().items()}
    for core in range(len(program.codes)):
        folder = PurePosixPath(program.folder(core))
        found |= {folder / name: text for name, text in core_files(program, core).items()}
    return found


def _map_cores(program: Program) -> dict[str, Json]:
    """Cores with their keys and routes, what they receive and put out, and the routers' tables."""
    return {
        "name": program.name,
        "tick": program.tick,
        "decode": program.decode,
        "kernel": "own",
        "segments": program.parts.segments,
        "host_key": HOST_KEY,
        "inputs": [
            {**_port(port), "first": int(first)}
            for port, first in zip(program.inputs, program.entries, strict=False)
        ],
        "cores": [_core(program, core) for core in range(len(program.codes))],
        "wires": {
            wire.text: {
                "shape": list(wire.shape),
                "stretches": [_stretch(program, each) for each in wire.stretches],
            }
            for wire in program.traced
        },
        "outputs": [wire.text for wire in program.outputs],
        "tables": tables(program.routing),
        "load": costs(program.traffic, program.routing),
    }


def _port(port: Port) -> dict[str, Json]:
    if port.format is None:
        return {"name": port.name, "shape": list(port.shape), "format": "spikes"}
    return {"name": port.name, "shape": list(port.shape), "format": str(port.format)}


def _core(program: Program, core: int) -> Json:
    code, firsts = program.codes[core], program.firsts[core].tolist()
    return {
        "core": core,
        "folder": program.folder(core),
        "segment": program.parts.cores[core].segment,
        "place": places(program.routing)[core],
        "memory_bytes": dict(program.memory[core]),
        "inbox_events": program.inboxes[core],
        "outputs": [
            {
                "wire": readout.text,
                "first": firsts[number],
                "elements": firsts[number + 1] - firsts[number],
                "sent": (core, number) in program.heard,
            }
            for number, readout in enumerate(code.outputs)
        ],
        "hears_lines": len(program.table(core)),
        "events_per_tick": round(float(program.traffic.rates[core]), 3),
    }


def _stretch(program: Program, stretch: Stretch) -> Json:
    """Core, address of its first element, elements, and where in the wire they belong."""
    return [stretch.core, program.address(stretch), stretch.count, stretch.at]
