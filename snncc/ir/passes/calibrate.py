"""calibrate: what a network does on real data, as a value; the network itself does not change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from ..network import Network
from ..op import Values
from ..reference import run


@dataclass(frozen=True)
class Ranges:
    """What was seen in a calibration run.

    Attributes:
        rates: node → mean spikes per neuron and tick, for every spiking node and spike input.
        peaks: wire (`%x` for an input, `%s1.v` for a state) → largest magnitude seen, `[*shape]`.
        negative: names of the real inputs that took values below zero.
        samples: how many samples were run.
    """

    rates: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    peaks: Mapping[str, Values] = field(default_factory=lambda: MappingProxyType({}))
    negative: frozenset[str] = frozenset()
    samples: int = 0


def calibrate(network: Network, signal: Values | Mapping[str, Values]) -> Ranges:
    """Rates and ranges of a float network on `signal` `[samples, ticks, *shape]`."""
    spiking = [n for n in network if n.op.spiking and (n.op.states or not n.inputs)]
    states = [f"%{n.name}.{s}" for n in network.populations for s in n.op.states if s != "wait"]
    inputs = [f"%{n.name}" for n in network.inputs]
    trace = run(network, signal, record=[*(f"%{n.name}" for n in spiking), *states, *inputs])
    peaks = {wire: np.max(np.abs(trace[wire]), axis=(0, 1)) for wire in (*states, *inputs)}
    rates = {n.name: float(np.mean(trace[f"%{n.name}"])) for n in spiking}
    below = frozenset(n.name for n in network.inputs if np.min(trace[f"%{n.name}"], initial=0) < 0)
    samples = len(trace[inputs[0]])
    return Ranges(MappingProxyType(rates), MappingProxyType(peaks), below, samples)
