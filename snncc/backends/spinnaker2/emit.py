"""Program → files: what stands on which core, and all its numbers; decides nothing."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import PurePosixPath

import numpy as np

from snncc.backends import Files, Json
from snncc.ir import Values

from .program import Neurons, Program, Synapses

KERNEL = ("paced.c", "paced.h")


def emit(program: Program) -> Files:
    """mapping.json and network.npz; where cores must wait, the kernel that can."""
    mapping = json.dumps(mapped(program), indent=1, ensure_ascii=False)
    found = {
        PurePosixPath("mapping.json"): f"{mapping}\n".encode(),
        PurePosixPath("network.npz"): packed(arrays(program)),
    }
    if program.period > 1:
        kernel = files(__package__ or "snncc.backends.spinnaker2") / "kernel"
        for name in KERNEL:
            found[PurePosixPath("kernel") / name] = (kernel / name).read_bytes()
    return found


def mapped(program: Program) -> dict[str, Json]:
    """Populations, projections and cores, with what each core holds and hears."""
    partition = program.partition
    cores: list[Json] = []
    for index, core in enumerate(partition.cores):
        ends = slice(*partition.offsets[index : index + 2])
        cores.append(
            {
                "core": index,
                "population": core.population,
                "neurons": [core.start, core.stop],
                "where": core.where,
                "memory_bytes": dict(core.memory),
                "targets": partition.targets[ends].tolist(),
                "spikes_per_tick": round(float(partition.rates[index]), 3),
                "events_per_tick": round(core.events, 3),
            }
        )
    return {
        "name": program.name,
        "period": program.period,
        "layout": program.layout,
        "duration": program.duration,
        "chip_ticks": program.ticks,
        "sources": [
            {"name": s.name, "node": s.node, "neurons": s.size, "phase": s.phase}
            for s in program.sources
        ],
        "populations": [_population(n) for n in program.neurons],
        "projections": [_projection(s) for s in program.synapses],
        "outputs": [
            {"wire": wire.text, "population": wire.population, "state": wire.state}
            for wire in program.outputs
        ],
        "cores": cores,
    }


def _population(n: Neurons) -> Json:
    p = n.population
    return {
        "name": n.name,
        "node": n.node,
        "model": n.application,
        "shape": list(n.shape),
        "phase": n.phase,
        "pace": n.pace,
        "reset": "reset_by_subtraction" if p.reset is None else "reset_to_v_reset",
        "t_refrac": p.refractory,
        "record": n.record,
    }


def _projection(s: Synapses) -> Json:
    found: dict[str, Json] = {
        "name": s.name,
        "source": s.source,
        "target": s.target,
        "form": s.kind,
        "delay": s.delay,
        "synapses": int(np.count_nonzero(s.weights)),
    }
    if s.window is not None:
        found["window"] = {
            "size": list(s.window.size),
            "out": list(s.window.out),
            "pool": list(s.window.pool),
            "stride": list(s.window.stride),
            "padding": list(s.window.padding),
        }
    return found


def arrays(program: Program) -> dict[str, Values]:
    """Parameters of all populations, by `NAME.parameter`; weights by number of the projection."""
    found: dict[str, Values] = {}
    for n in program.neurons:
        p = n.population
        named = {
            "threshold": p.threshold,
            "alpha_decay": p.decay,
            "i_offset": p.bias,
            "v_init": p.initial,
        }
        if p.reset is not None:
            named["v_reset"] = p.reset
        if p.current_decays is not None:
            named["exc_decay"], named["inh_decay"] = p.current_decays
        found |= {f"{n.name}.{key}": values for key, values in named.items()}
    for index, s in enumerate(program.synapses):
        found[f"{index}.weights"] = s.weights
        if s.kind == "sparse":
            found[f"{index}.rows"], found[f"{index}.columns"] = s.rows, s.columns
    return found


def packed(content: Mapping[str, Values]) -> bytes:
    """The arrays as an .npz whose bytes depend on nothing else."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(content):
            one = io.BytesIO()
            np.save(one, content[name], allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), one.getvalue(), zipfile.ZIP_DEFLATED)
    return whole.getvalue()
