"""What a run sends between the cores of Loihi; where Lava puts these cores is not known here."""

from __future__ import annotations

import numpy as np

from snncc.ir import Values

from .cores import CHIPS, needs
from .program import Program
from .simulate import simulate

MOST_HOPS = 10  # from corner to corner of 8 x 4 tiles: Davies et al., doi 10.1109/MM.2018.112130359


def count_traffic(program: Program, signal: Values) -> dict[str, float]:
    """Messages, hops and barriers of a tick, for `signal` `[samples, ticks, *shape]`.

    A spike is one message to each core of each population that receives it. How far apart cores
    are Lava decides; the hops are those of the longest way.
    """
    chip = next(each for each in CHIPS if each.name == "loihi2")
    cores = {name: need.cores for name, need in needs(program, chip).items()}
    firing = {f"%{n.population}" for n in program.neurons} & {w.text for w in program.traced}
    trace = simulate(program, signal, tuple(sorted(firing)))
    messages = 0.0
    for n in program.neurons:
        values = trace.wires.get(f"%{n.population}")
        if values is None:
            continue
        flat = values.reshape(*values.shape[:2], -1)[..., n.members]
        sent = float(np.count_nonzero(flat)) / (values.shape[0] * values.shape[1])
        messages += sent * sum(cores[s.target] for s in program.synapses if s.source == n.name)
    return {
        "messages": messages,
        "hops_at_most": messages * MOST_HOPS,
        "barriers": float(program.period),
    }
