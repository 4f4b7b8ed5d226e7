"""What a run sends between the cores of Loihi; where Lava puts these cores is not known here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snncc.backends import ChipLoad
from snncc.ir import Values

from .cores import CHIPS, needs
from .program import Program, Synapses
from .simulate import Stream, synaptic

MOST_HOPS = 10  # from corner to corner of 8 x 4 tiles: Davies et al., doi 10.1109/MM.2018.112130359


def measure_load(program: Program, signal: Values) -> ChipLoad:
    """Messages, synapse reads and barriers of a tick, for `signal` `[samples, ticks, *shape]`.

    A spike is one message to each core of each population that receives it, and reads all synapses
    that it has there; the weights of a matrix that are zero are among them. How far apart cores are
    Lava decides; the hops are those of the longest way.
    """
    chip = next(each for each in CHIPS if each.name == "loihi2")
    cores = {name: need.cores for name, need in needs(program, chip).items()}
    neurons = {n.name for n in program.neurons}
    messages = entering = reads = 0.0

    def count(synapses: Synapses, arriving: Values) -> None:
        nonlocal messages, entering, reads
        fired = (arriving != 0).astype(np.int64)
        sent = float(fired.sum()) * cores[synapses.target]
        if synapses.source in neurons:
            messages += sent
        else:
            entering += sent
        full = replace(synapses, weights=np.ones_like(synapses.weights))
        reads += float(synaptic(full, fired).sum())

    Stream(program, watch=count).play(signal)
    passed = signal.shape[0] * signal.shape[1]
    return ChipLoad(
        {
            "messages": messages / passed,
            "messages_that_enter": entering / passed,
            "hops_at_most": messages / passed * MOST_HOPS,
            "synapse_reads": reads / passed,
            "barriers": float(program.period),
        }
    )
