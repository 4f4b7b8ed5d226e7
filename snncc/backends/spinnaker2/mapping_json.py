"""mapping.json: populations, projections, cores, router tables; all that program.py builds from."""

from __future__ import annotations

import numpy as np

from snncc.backends import Json, Port

from .partition.conv_tiles import CONVOLVING, Cut, cuts, find_uncut
from .placement.traffic import Traffic
from .program import Host, Neurons, Program, Register, Source, Synapses
from .routing.routing_json import costs, places, tables


def describe_mapping(program: Program) -> dict[str, Json]:
    """Placement: populations and projections, cores with memory, keys and lists, tables."""
    whole, partition = find_uncut(program), program.partition
    traffic = Traffic(partition.rates, partition.offsets, partition.targets)
    most: dict[str, int] = {}
    for core in partition.cores:
        most[core.population] = max(core.neurons, most.get(core.population, 0))
    return {
        "name": program.name,
        "tick": program.tick,
        "sys_tick": program.sys_tick,
        "decode": program.decode,
        "period": program.period,
        "layout": program.layout,
        "duration": program.duration,
        "chip_ticks": program.ticks,
        "inputs": [_port(each) for each in program.inputs],
        "registers": [_register(r) for r in program.registers],
        "hosts": [_host(h) for h in program.hosts],
        "sources": [_source(s, s.name in whole, most[s.name]) for s in program.sources],
        "populations": [_population(n, n.name in whole, most[n.name]) for n in program.neurons],
        "projections": [
            _projection(s, [_cut(c) for c in cuts(program, number)])
            for number, s in enumerate(program.synapses)
        ],
        "outputs": [
            {
                "wire": wire.text,
                "population": wire.population,
                "state": wire.state,
                "shape": list(_shapes(program)[wire.population]),
            }
            for wire in program.outputs
        ],
        "cores": _cores(program),
        "tables": tables(program.routing),
        "load": costs(traffic, program.routing),
    }


def _shapes(program: Program) -> dict[str, tuple[int, ...]]:
    return {h.name: h.shape for h in program.hosts} | {n.name: n.shape for n in program.neurons}


def _cores(program: Program) -> list[Json]:
    partition = program.partition
    rows: list[Json] = []
    for index, (core, place) in enumerate(
        zip(partition.cores, places(program.routing), strict=True)
    ):
        ends = slice(*partition.offsets[index : index + 2])
        rows.append(
            {
                "core": index,
                "population": core.population,
                "neurons": [core.start, core.stop],
                "where": core.where,
                "box": [list(ends) for ends in zip(core.tile.low, core.tile.high, strict=True)]
                if core.tile
                else None,
                "memory_bytes": dict(core.memory),
                "targets": partition.targets[ends].tolist(),
                "spikes_per_tick": round(float(partition.rates[index]), 3),
                "events_per_tick": round(core.events, 3),
                "place": place,
            }
        )
    return rows


def _port(port: Port) -> Json:
    found: dict[str, Json] = {"name": port.name, "shape": list(port.shape), "bits": 0}
    if port.format is not None:
        assert isinstance(port.format.unit, int), "an input counts in powers of two"
        found |= {"bits": port.format.bits, "fraction": port.format.unit}
        found |= {"low": port.format.low, "high": port.format.high}
    return found


def _register(r: Register) -> Json:
    return {
        "name": r.name,
        "currents": [[name, delay] for name, delay, _ in r.currents],
        "fraction": r.fraction,
        "low": r.low,
        "high": r.high,
    }


def _host(h: Host) -> Json:
    p = h.population
    return {
        "name": h.name,
        "shape": list(h.shape),
        "currents": [[name, delay] for name, delay, _ in h.currents],
        "neuron": {
            "current_order": p.current_order,
            "strict": p.strict,
            "reset": p.reset,
            "order": p.order,
            "refractory": p.refractory,
        },
    }


def _source(s: Source, whole: bool, atoms: int) -> Json:
    return {
        "name": s.name,
        "node": s.node,
        "shape": list(s.shape),
        "neurons": s.size,
        "phase": s.phase,
        "whole": whole,
        "atoms": atoms,
    }


def _population(n: Neurons, whole: bool, atoms: int) -> Json:
    p = n.population
    return {
        "name": n.name,
        "node": n.node,
        "model": n.application,
        "neurons": n.size,
        "whole": whole,
        "atoms": atoms,
        "shape": list(n.shape),
        "phase": n.phase,
        "pace": n.pace,
        "reset": "reset_by_subtraction" if p.reset is None else "reset_to_v_reset",
        "t_refrac": p.refractory,
        "record": n.record,
        "parameters": parameters(n),
    }


def parameters(n: Neurons) -> list[Json]:
    """Names of the parameters per neuron that the population's application takes.

    Public scripts give `lif_conv2d` neither v_init nor v_reset. That it has them, as the other
    applications do, is inferred; it is given them only where they are not zero.
    """
    p = n.population
    found: list[Json] = ["threshold", "alpha_decay", "i_offset"]
    stated = n.application != CONVOLVING
    if stated or p.initial.any():
        found.append("v_init")
    if p.reset is not None and (stated or p.reset.any()):
        found.append("v_reset")
    if p.current_decays is not None:
        found += ["exc_decay", "inh_decay"]
    return found


def _projection(s: Synapses, pieces: list[Json]) -> Json:
    return {
        "name": s.name,
        "source": s.source,
        "target": s.target,
        "form": s.kind,
        "delay": s.delay,
        "synapses": int(np.count_nonzero(s.weights)),
        "pieces": pieces,
    }


def _cut(c: Cut) -> Json:
    return {
        "source": c.source,
        "target": c.target,
        "weights": c.name,
        "size": list(c.size),
        "pool": list(c.pool),
        "stride": list(c.piece.stride),
        "padding": list(c.piece.padding),
    }
