"""calibrate: what a network does on real data, as a value; the network itself does not change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from ...network import Network, Node
from ...op import Values
from ...reference import run

KEPT = 64  # samples that later passes may run again


@dataclass(frozen=True)
class Ranges:
    """What was seen in a calibration run.

    Attributes:
        rates: node → mean spikes per neuron and tick, for every spiking node and spike input;
            a graded spike counts as one.
        peaks: wire (`%x` for an input, `%s1.v` for a state) → largest magnitude seen, `[*shape]`.
        negative: names of the real inputs that took values below zero.
        samples: how many samples were run.
        signal: some of them, by input, for what later passes must see for themselves.
    """

    rates: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    peaks: Mapping[str, Values] = field(default_factory=lambda: MappingProxyType({}))
    negative: frozenset[str] = frozenset()
    samples: int = 0
    signal: Mapping[str, Values] = field(default_factory=lambda: MappingProxyType({}))


def calibrate(network: Network, signal: Values | Mapping[str, Values]) -> Ranges:
    """Rates and ranges of a float network on `signal` `[samples, ticks, *shape]`."""
    spiking = [*network.firing, *(n for n in network.inputs if n.op.spiking)]
    states = [f"%{n.name}.{s}" for n in network.populations for s in n.op.states if s != "wait"]
    inputs = [f"%{n.name}" for n in network.inputs]
    trace = run(network, signal, record=[*(f"%{n.name}" for n in spiking), *states, *inputs])
    peaks = {wire: np.max(np.abs(trace[wire]), axis=(0, 1)) for wire in (*states, *inputs)}
    rates = {n.name: _rate(n, trace[f"%{n.name}"]) for n in spiking}
    below = frozenset(n.name for n in network.inputs if np.min(trace[f"%{n.name}"], initial=0) < 0)
    samples = len(trace[inputs[0]])
    kept = MappingProxyType({name[1:]: trace[name][:KEPT] for name in inputs})
    return Ranges(MappingProxyType(rates), MappingProxyType(peaks), below, samples, kept)


def _rate(node: Node, wire: Values) -> float:
    return float(np.mean(wire if node.op.spiking else wire != 0))
