"""What a program costs, layer by layer, with the reason for how each is computed."""

from __future__ import annotations

from dataclasses import asdict

from snncc.backends import Json

from .emit.header import state_bytes
from .event_steps import Population
from .program import Program


def report(program: Program) -> dict[str, Json]:
    """Neurons, synapses and bytes of the program and of each of its layers."""
    layers: list[Json] = [dict(asdict(layer)) for layer in program.layers]
    tables: dict[str, Json] = {table.name: table.bytes for table in program.tables}
    own = [wire for wire in program.wires if not wire.borrowed and wire.place is None]
    wires: dict[str, Json] = {wire.name: wire.bytes for wire in own}
    wires |= {"shared": program.shared_bytes} if program.shared_bytes else {}
    for step in program.steps:
        if isinstance(step, Population):
            wires.update({memory.name: memory.bytes for memory in step.memories})
    return {
        "neurons": sum(layer.neurons for layer in program.layers),
        "synapses": sum(layer.synapses for layer in program.layers),
        "constant_bytes": program.weight_bytes,
        "state_bytes": state_bytes(program),
        "layers": layers,
        "tables": tables,
        "state": wires,
        "warnings": list(program.delivery.warnings),
    }
