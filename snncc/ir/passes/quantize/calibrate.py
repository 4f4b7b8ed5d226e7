"""calibrate: what a network does on real data, as a value; the network itself does not change.

All samples that it is given count, with the largest magnitude that they show, not a percentile. How
many of the user's samples and ticks it is given, `snncc/build/calibration_data.py` decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from types import MappingProxyType

import numpy as np

from ...interpreter.reference import Stream
from ...interpreter.trace import Trace
from ...network import Network, Node
from ...param import Values
from ..base import Pass

KEPT = 64  # samples that later passes may run again
TOGETHER = 64  # samples that run at a time
TRACE_BYTES = 1 << 26  # of what is recorded of them at a time: a part of their ticks


@dataclass(frozen=True)
class Ranges:
    """What was seen in a calibration run.

    Attributes:
        rates: node → mean spikes per neuron and tick, for every spiking node and spike input;
            a graded spike counts as one.
        peaks: wire (`%x` for an input, `%s1.v` for a state, `%s1` for several spikes in a tick) →
            largest magnitude seen, `[*shape]`.
        means: wire (inputs, spikes and states) → mean magnitude, `[*shape]`.
        negative: names of the real inputs that took values below zero.
        samples: how many samples were run.
        signal: some of them, by input, for what later passes must see for themselves.
        held_out: names of the inputs of which `signal` has the samples that something was chosen
            on, and that are left out of what is tested later.
        chosen: `NODE.FIELD` → real values that quantize rounds in place of the network's own, as a
            search has found that less is lost so.
        units: node with weights → smallest unit of its current, broadcastable to its output.
        finer: population → k, by which its potential counts 2**k finer than its current.
    """

    rates: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    peaks: Mapping[str, Values] = field(default_factory=lambda: MappingProxyType({}))
    means: Mapping[str, Values] = field(default_factory=lambda: MappingProxyType({}))
    negative: frozenset[str] = frozenset()
    samples: int = 0
    signal: Mapping[str, Values] = field(default_factory=lambda: MappingProxyType({}))
    held_out: frozenset[str] = frozenset()
    chosen: Mapping[str, Values] = field(default_factory=lambda: MappingProxyType({}))
    units: Mapping[str, Values] = field(default_factory=lambda: MappingProxyType({}))
    finer: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def potential(self, node: Node) -> Values | None:
        """Largest magnitude `[*shape]` that a population's real states took; None if unknown."""
        wires = (f"%{node.name}.{state.name}" for state in node.op.states if state.real)
        found = [self.peaks[wire] for wire in wires if wire in self.peaks]
        return np.maximum.reduce(np.broadcast_arrays(*found)) if found else None


def name_recorded(node: Node, state: str) -> str:
    """The wire that `calibrate` records of what a population or an input puts out.

    Of an output that is a potential, the state that is the potential: `v`, or the first real one.

    Args:
        node: the source.
        state: the state that is read; empty for the output.
    """
    real = [each.name for each in node.op.states if each.real]
    if not state and real and not node.op.spiking:
        state = "v" if "v" in real else real[0]
    return f"%{node.name}.{state}" if state else f"%{node.name}"


def calibrate(network: Network, signal: Values | Mapping[str, Values]) -> Ranges:
    """Rates and ranges of a float network on `signal` `[samples, ticks, *shape]`.

    Samples run some at a time, and some ticks at a time: what is kept does not grow with them.
    """
    if not isinstance(signal, Mapping):
        signal = {network.inputs[0].name: signal}
    seen = _Seen.of(network)
    samples = len(next(iter(signal.values())))
    for start in range(0, samples, TOGETHER):
        part = {name: values[start : start + TOGETHER] for name, values in signal.items()}
        for trace in _play(network, part, seen.wires):
            seen.add(trace)
    kept = {n.name: np.asarray(signal[n.name][:KEPT], dtype=np.float64) for n in network.inputs}
    return Ranges(
        MappingProxyType(seen.rates()),
        MappingProxyType(seen.peaks),
        MappingProxyType({wire: total / seen.ticks for wire, total in seen.sums.items()}),
        frozenset(seen.negative),
        samples,
        MappingProxyType(kept),
    )


def with_ranges(steps: Sequence[Pass], ranges: Ranges) -> tuple[Pass, ...]:
    """Passes as text names them, with what was seen given to those that have a field for it."""
    return tuple(
        replace(step, **{"ranges": ranges}) if "ranges" in step.__dataclass_fields__ else step
        for step in steps
    )


def with_inputs(ranges: Ranges, name: str, signal: Values) -> Ranges:
    """The ranges with how far an input reaches in a larger signal `[samples, ticks, *shape]`."""
    peak = np.maximum(np.max(signal, axis=(0, 1)), -np.min(signal, axis=(0, 1)).astype(np.float64))
    below = {name} if np.min(signal, initial=0) < 0 else set[str]()
    peaks = MappingProxyType({**ranges.peaks, f"%{name}": peak})
    return replace(ranges, peaks=peaks, negative=ranges.negative | below)


def _play(
    network: Network, signal: Mapping[str, Values], wires: tuple[str, ...]
) -> Iterator[Trace]:
    """What some samples do, a part of their ticks at a time."""
    stream = Stream(network, record=wires)
    samples, ticks = next(iter(signal.values())).shape[:2]
    values = sum(prod(network.shapes[wire[1:].partition(".")[0]]) for wire in wires)
    most = max(1, TRACE_BYTES // max(1, samples * values * np.dtype(np.float64).itemsize))
    for start in range(0, ticks, most):
        yield stream.play({name: x[:, start : start + most] for name, x in signal.items()})


@dataclass
class _Seen:
    """What the samples so far have shown.

    Attributes:
        firing: nodes that put out spikes; `graded` are those whose spikes carry a value.
        wires: all that is recorded; of `ranging` the largest magnitude is kept.
        sums: wire → sum of its magnitudes, `[*shape]`, in `ticks` ticks of all samples.
        spikes, sizes: node → its spikes, and how many values could have been one.
    """

    firing: tuple[str, ...]
    graded: frozenset[str]
    inputs: tuple[str, ...]
    wires: tuple[str, ...]
    ranging: frozenset[str]
    peaks: dict[str, Values] = field(default_factory=dict[str, Values])
    sums: dict[str, Values] = field(default_factory=dict[str, Values])
    spikes: dict[str, int] = field(default_factory=dict[str, int])
    sizes: dict[str, int] = field(default_factory=dict[str, int])
    negative: set[str] = field(default_factory=set[str])
    ticks: int = 0

    @classmethod
    def of(cls, network: Network) -> _Seen:
        spiking = (*network.firing, *(n for n in network.inputs if n.op.spiking))
        states = [f"%{n.name}.{s.name}" for n in network.populations for s in n.op.states if s.real]
        inputs = tuple(n.name for n in network.inputs)
        firing = tuple(n.name for n in spiking)
        wires = dict.fromkeys((*(f"%{n}" for n in (*firing, *inputs)), *states))
        several = (n.name for n in spiking if n.op.counts > 1)
        ranging = frozenset((*states, *(f"%{n}" for n in (*inputs, *several))))
        graded = frozenset(n.name for n in spiking if not n.op.spiking)
        return cls(firing, graded, inputs, tuple(wires), ranging)

    def add(self, trace: Trace) -> None:
        """Takes some more ticks of some samples into account."""
        for wire in self.wires:
            values = trace[wire]
            magnitude = np.abs(values)
            self.sums[wire] = self.sums.get(wire, 0) + np.sum(magnitude, axis=(0, 1))
            if wire in self.ranging:
                peak = np.max(magnitude, axis=(0, 1))
                known = self.peaks.get(wire)
                self.peaks[wire] = peak if known is None else np.maximum(known, peak)
        for name in self.firing:
            values = trace[f"%{name}"]
            count = np.count_nonzero(values) if name in self.graded else np.sum(values)
            self.spikes[name] = self.spikes.get(name, 0) + int(count)
            self.sizes[name] = self.sizes.get(name, 0) + values.size
        self.negative.update(n for n in self.inputs if np.min(trace[f"%{n}"], initial=0) < 0)
        self.ticks += int(np.prod(trace[self.wires[0]].shape[:2]))

    def rates(self) -> dict[str, float]:
        """Node → mean spikes per neuron and tick."""
        return {name: self.spikes[name] / max(self.sizes[name], 1) for name in self.firing}
