"""What a bundle's report says of a program: its processes and synapses, and what chips it takes."""

from __future__ import annotations

from math import isinf, prod

from snncc.backends import Json
from snncc.ir import CapacityError

from .cores import CHIPS, Chip, needs
from .program import Neurons, Program, Synapses

CORES_PER_TILE = 4  # Davies et al. 2018, doi 10.1109/MM.2018.112130359: 32 tiles, 128 cores


def report(program: Program) -> dict[str, Json]:
    """Counts per population and projection, and cores per chip, each with its source."""
    populations: list[Json] = [
        {
            "node": n.population,
            "process_name": n.name,
            "op": n.keyword,
            "neurons": n.size,
            "process": _process(n),
            "reason": n.why,
            "overshoot_thresholds": None if isinf(n.over) else round(n.over, 3),
            "first_step": n.phase,
        }
        for n in program.neurons
    ]
    synapses: list[Json] = [
        {
            "node": s.name,
            "form": s.kind,
            "synapses": int(s.weights.size),
            "delay_steps": 1 + s.extra,
            "message_bits": s.message_bits,
        }
        for s in program.synapses
    ]
    hosts: list[Json] = [
        {"node": host.name, "values": host.size, "message_bits": host.message_bits}
        for host in program.hosts
    ]
    return {
        "neurons": sum(n.size for n in program.neurons),
        "synapses": sum(_count(s) for s in program.synapses),
        "native": program.native,
        "steps_per_tick": program.period,
        "latency_steps": {
            wire.text: program.parts(wire.population)[0].phase for wire in program.outputs
        },
        "host": hosts,
        "populations": populations,
        "projections": synapses,
        "chips": {chip.name: _chip(program, chip) for chip in CHIPS},
    }


def _count(s: Synapses) -> int:
    """Connections, a convolution's counted once for each place."""
    places = prod(s.window.out[1:]) if s.window is not None else 1
    return int(s.weights.size) * places


def _process(n: Neurons) -> str:
    if n.registers is None:
        return "own (microcode on silicon)"
    return "LIFReset" if n.registers.cleared else "LIF"


def _chip(program: Program, chip: Chip) -> Json:
    try:
        found = needs(program, chip)
    except CapacityError as over:
        return {"fits": False, "why": str(over), "source": chip.source}
    cores = sum(need.cores for need in found.values())
    graded = any(s.message_bits for s in program.synapses)
    return {
        "fits": cores <= chip.cores * program.chips and not (chip.name == "loihi1" and graded),
        "cores": cores,
        "tiles": -(-cores // CORES_PER_TILE),
        "limit_cores": chip.cores,
        "limit_neurons_per_core": chip.neurons,
        "limit_synapse_words_per_core": chip.words,
        "graded_spikes": graded,
        "populations": {
            name: {"cores": need.cores, "words_per_core": need.words, "axons_per_core": need.axons}
            for name, need in found.items()
        },
        "source": chip.source,
    }
