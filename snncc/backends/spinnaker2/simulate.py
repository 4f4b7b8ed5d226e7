"""Program → Trace: the chip tick by tick, in its arithmetic, spikes as they are delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from snncc.backends import choose_readouts, encode_inputs
from snncc.ir import Integers, Trace, UsageError, Values

from .applications.currents import Currents
from .applications.population_tick import State, rescale_codes
from .chip.target import DELAY_MAX, HOP_TICKS
from .program import Neurons, Program, Source, Wire

KEPT = DELAY_MAX + HOP_TICKS  # ticks after which no spike is still on its way


def simulate(
    program: Program,
    signal: Values | Mapping[str, Values],
    record: Sequence[str] = (),
) -> Trace:
    """What the program puts out, and the wires of `record`, for `signal` `[samples, ticks, ...]`.

    Populations run in the ticks of the chip; what each does in its tick t is in tick t of the
    trace, whenever that was on the chip. Spikes arrive where lists and tables of the program's
    routing take them: what these lose is lost here as well.

    Args:
        program: lowered.
        signal: values or spikes, as the user has them.
        record: wires in addition to the outputs, by their text.

    Raises:
        UsageError: the signal has another shape, or a wire cannot be recorded.
    """
    wires = choose_readouts(program.outputs, program.traced, record)
    fed = _encode_inputs(program, signal)
    samples, ticks = next(iter(fed.values())).shape[:2]
    computed = _hosts(program, fed)
    chip = _Chip(program, _with_hosts(fed, computed), find_lost(program))
    rows: dict[str, list[Values]] = {wire.text: [] for wire in wires}
    phases = {n.name: n.phase for n in program.neurons}
    for now in range(ticks * program.period + program.settle):
        chip.tick(now, samples)
        for wire in wires:
            if wire.population in phases:
                tick, rest = divmod(now - phases[wire.population], program.period)
                if not rest and 0 <= tick < ticks:
                    rows[wire.text].append(chip.read(wire))
    for wire in wires:
        if wire.population in computed:
            spikes, potential = computed[wire.population]
            rows[wire.text] = list((potential if wire.state else spikes).swapaxes(0, 1))
    shapes = {n.name: n.shape for n in program.neurons}
    shapes |= {host.name: host.shape for host in program.hosts}
    found = {
        wire.text: np.stack(rows[wire.text], axis=1).reshape(
            samples, ticks, *shapes[wire.population]
        )
        for wire in wires
    }
    return Trace(MappingProxyType(found), tuple(wire.text for wire in program.outputs))


def play(program: Program, signal: Values | Mapping[str, Values]) -> Iterator[Mapping[str, Values]]:
    """Spikes of each population and source `[samples, neurons]`, chip tick by chip tick.

    Raises:
        UsageError: the signal has another shape.
    """
    fed = _encode_inputs(program, signal)
    samples, ticks = next(iter(fed.values())).shape[:2]
    chip = _Chip(program, _with_hosts(fed, _hosts(program, fed)), find_lost(program))
    for now in range(ticks * program.period + program.settle):
        chip.tick(now, samples)
        yield {name: spikes[-1] for name, spikes in chip.sent.items()}


def _with_hosts(
    fed: Mapping[str, Values], computed: Mapping[str, tuple[Values, Values]]
) -> Mapping[str, Values]:
    """What enters the chip: the inputs, and the spikes of populations that the host computes."""
    return {**fed, **{name: spikes for name, (spikes, _) in computed.items()}}


def find_lost(program: Program) -> frozenset[tuple[int, int]]:
    """Pairs of cores, by their places in the partition, between which no spike arrives."""
    part, cores = program.partition, len(program.partition.cores)
    meant = np.repeat(np.arange(cores), np.diff(part.offsets)) * cores + part.targets
    offsets, targets = program.routing.trace_deliveries()
    reached = np.repeat(np.arange(cores), np.diff(offsets)) * cores + targets
    sources, ends = np.divmod(np.setdiff1d(meant, reached), cores)
    return frozenset(zip(sources.tolist(), ends.tolist(), strict=True))


class _Chip:
    """All populations at one tick, and the spikes of the last ones."""

    def __init__(
        self,
        program: Program,
        fed: Mapping[str, Values],
        missing: frozenset[tuple[int, int]],
    ) -> None:
        self.program, self.fed = program, fed
        self.sent: dict[str, list[Values]] = {s.name: [] for s in program.sources}
        self.sent |= {n.name: [] for n in program.neurons}
        self.into: dict[str, list[tuple[Currents, list[_Gap]]]] = {
            n.name: [] for n in program.neurons
        }
        apart = {n.name: n.population.current_decays is not None for n in program.neurons}
        for each in program.synapses:
            gaps = _gaps(program, each.source, each.target, missing)
            self.into[each.target].append((Currents(each, apart[each.target]), gaps))
        self.states: dict[str, State] = {}
        self.gathered: dict[str, tuple[Values, Values]] = {}

    def tick(self, now: int, samples: int) -> None:
        """Everybody receives, computes and sends."""
        fresh = {n.name: self._population(n, now, samples) for n in self.program.neurons}
        fresh |= {s.name: self._source(s, now, samples) for s in self.program.sources}
        for name, spikes in fresh.items():
            self.sent[name].append(spikes)
            del self.sent[name][:-KEPT]

    def read(self, wire: Wire) -> Values:
        """What a population put out in the tick that was last, `[samples, neurons]`."""
        if wire.state:
            return self.states[wire.population][2]
        return self.sent[wire.population][-1]

    def _source(self, source: Source, now: int, samples: int) -> Values:
        tick, rest = divmod(now - source.phase, self.program.period)
        spikes = self.fed.get(source.node)
        if rest or tick < 0 or (spikes is not None and tick >= spikes.shape[1]):
            return np.zeros((samples, source.size), dtype=np.float32)
        if spikes is None:
            return np.ones((samples, source.size), dtype=np.float32)
        return spikes[:, tick]

    def _population(self, n: Neurons, now: int, samples: int) -> Values:
        zero = np.zeros((samples, n.size), dtype=np.float32)
        state = self.states.get(n.name) or n.population.begin(samples)
        exc, inh = self.gathered.pop(n.name, (zero, zero))
        for currents, gaps in self.into[n.name]:
            past = self.sent[currents.synapses.source]
            late = currents.synapses.delay + HOP_TICKS
            if late > len(past):
                continue
            more, less = _deliver_currents(currents, past[-late], gaps)
            exc, inh = exc + more, inh + less
        if n.pace > 1 and (now < n.phase or (now - n.phase) % n.pace):
            self.states[n.name], self.gathered[n.name] = state, (exc, inh)
            return zero
        self.states[n.name], spikes = n.population.step(state, exc, inh)
        return spikes.astype(np.float32)


@dataclass(frozen=True)
class _Gap:
    """A part of a source that does not reach a part of a target."""

    source: Integers
    target: Integers


def _gaps(
    program: Program, source: str, target: str, missing: frozenset[tuple[int, int]]
) -> list[_Gap]:
    cores = program.partition.cores
    return [
        _Gap(cores[a].members, cores[b].members)
        for a, b in sorted(missing)
        if cores[a].population == source and cores[b].population == target
    ]


def _deliver_currents(
    currents: Currents, spikes: Values, gaps: list[_Gap]
) -> tuple[Values, Values]:
    """Currents of what arrives: all, without what gaps keep back."""
    more, less = currents.of(spikes)
    for gap in gaps:
        only = np.zeros_like(spikes)
        only[:, gap.source] = spikes[:, gap.source]
        for total, missing in zip((more, less), currents.of(only), strict=True):
            total[:, gap.target] -= missing[:, gap.target]
    return more, less


def _hosts(program: Program, fed: Mapping[str, Values]) -> dict[str, tuple[Values, Values]]:
    """Host population → its spikes and potentials `[samples, ticks, neurons]`."""
    if not program.hosts:
        return {}
    samples, ticks = next(iter(fed.values())).shape[:2]
    history: dict[str, list[Values]] = {
        name: list(values.swapaxes(0, 1)) for name, values in fed.items()
    }
    history |= {host.name: [] for host in program.hosts}
    states: dict[str, State] = {h.name: h.population.begin(samples) for h in program.hosts}
    shown: dict[str, list[Values]] = {host.name: [] for host in program.hosts}
    history |= {register.name: [] for register in program.registers}
    for tick in range(ticks):
        for r in program.registers:
            codes = _drive(r.currents, r.constant, history, tick, samples)
            history[r.name].append(rescale_codes(codes, r.factor, r.fraction, r.low, r.high))
        for host in program.hosts:
            drive = _drive(host.currents, host.constant, history, tick, samples)
            states[host.name], spikes = host.population.step(states[host.name], drive)
            history[host.name].append(spikes.astype(np.int64))
            shown[host.name].append(states[host.name][2])
    return {
        host.name: (np.stack(history[host.name], axis=1), np.stack(shown[host.name], axis=1))
        for host in program.hosts
    }


def _drive(
    currents: Sequence[tuple[str, int, Integers]],
    constant: Integers,
    history: Mapping[str, list[Values]],
    tick: int,
    samples: int,
) -> Values:
    total = np.zeros((samples, len(constant)), dtype=np.int64) + constant
    for name, delay, weights in currents:
        if tick >= delay:
            total += history[name][tick - delay].astype(np.int64) @ weights.T
    return total


def _encode_inputs(program: Program, signal: Values | Mapping[str, Values]) -> dict[str, Values]:
    """The inputs as codes or spikes `[samples, ticks, neurons]` int64, by name.

    Raises:
        UsageError: an input has another shape, or more ticks than recordings have room for.
    """
    found = encode_inputs(program.inputs, signal)
    ticks = next(iter(found.values())).shape[1]
    if ticks > program.duration:
        raise UsageError(
            f"the signal has {ticks} ticks, the program's cores have room for "
            f"{program.duration}; build with --option duration={ticks}"
        )
    return found
