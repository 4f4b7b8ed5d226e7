"""Program → files: what runs on which core, its numbers, what runs them; decides nothing."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import PurePosixPath

from snncc.backends import Files, pack_npz
from snncc.ir import Values

from .mapping_json import describe_mapping
from .partition.conv_tiles import cuts
from .program import Program

KERNEL = ("paced.c", "paced.h")
AS_THEY_STAND = {
    "program.py": "package/program.py.txt",
    "arithmetic.py": "applications/population_tick.py",
    "requirements.txt": "package/requirements.txt",
}


def emit(program: Program) -> Files:
    """mapping.json, network.npz and program.py; where cores must wait, the kernel that can."""
    here = files(__package__ or "snncc.backends.spinnaker2")
    mapping = json.dumps(describe_mapping(program), indent=1, ensure_ascii=False)
    found = {
        PurePosixPath("mapping.json"): f"{mapping}\n".encode(),
        PurePosixPath("network.npz"): pack_npz(arrays(program)),
    }
    for name, origin in AS_THEY_STAND.items():
        found[PurePosixPath(name)] = (here / origin).read_bytes()
    if program.period > 1:
        for name in KERNEL:
            found[PurePosixPath("kernel") / name] = (here / "package" / name).read_bytes()
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
    for r in program.registers:
        found |= {f"{r.name}.factor": r.factor, f"{r.name}.constant": r.constant}
        found |= {f"{r.name}.{number}.weights": w for number, (_, _, w) in enumerate(r.currents)}
    for h in program.hosts:
        e = h.population
        host: dict[str, Values | None] = {
            "decay": e.decay,
            "current_decay": e.current_decay,
            "bias": e.bias,
            "threshold": e.threshold,
            "amount": e.amount,
            "initial": e.initial,
            "constant": h.constant,
            **{f"{number}.weights": weights for number, (_, _, weights) in enumerate(h.currents)},
        }
        found |= {f"{h.name}.{key}": values for key, values in host.items() if values is not None}
    for index, s in enumerate(program.synapses):
        if s.kind == "conv":
            found |= {cut.name: cut.piece.weights for cut in cuts(program, index)}
            continue
        found[f"{index}.weights"] = s.weights
        if s.kind == "sparse":
            found[f"{index}.rows"], found[f"{index}.columns"] = s.rows, s.columns
    return found
