"""Program → Trace: the chip tick by tick, in its arithmetic, spikes as they are delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from snncc.backends import choose_readouts, demand_same_samples, encode_inputs
from snncc.ir import Integers, Trace, UsageError, Values

from .applications.currents import Currents
from .applications.host_run import HostRun
from .applications.population_tick import State
from .chip.target import HOP_TICKS
from .program import Neurons, Program, Source, Synapses, Wire


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
    return Stream(program, record).play(signal)


class Stream:
    """A program that is given its signal in parts, and keeps its states in between.

    After a part each population has had as many of its own ticks as there were of the signal: the
    chip ticks to which they belong differ, and so does how far each is ahead of the others.
    Arguments and errors are those of `simulate`; a part with other samples than the first is
    refused as well.
    """

    def __init__(self, program: Program, record: Sequence[str] = ()) -> None:
        self._program = program
        self._wires = choose_readouts(program.outputs, program.traced, record)
        self._hosts = HostRun(program)
        self._chip = _Chip(program, find_lost(program))
        self._phases = {n.name: n.phase for n in program.neurons}
        self._samples = self._done = 0

    def play(self, signal: Values | Mapping[str, Values]) -> Trace:
        """What the program puts out for the next ticks `[samples, ticks, *shape]`."""
        program, chip = self._program, self._chip
        fed = _encode_inputs(program, signal, self._done)
        samples, ticks = next(iter(fed.values())).shape[:2]
        if not self._done:
            self._samples = samples
        demand_same_samples(self._samples, samples)
        computed = self._hosts.play(fed)
        chip.feed(_with_hosts(fed, computed), self._done)
        rows: dict[str, list[Values]] = {wire.text: [] for wire in self._wires}
        self._done += ticks
        for now in range(*chip.find_extent(self._done)):
            active = chip.tick(now, samples, self._done) & self._phases.keys()
            for wire in self._wires:
                if wire.population in active and self._is_tick(wire.population, now):
                    rows[wire.text].append(chip.read(wire))
        for wire in self._wires:
            if wire.population in computed:
                spikes, potential = computed[wire.population]
                rows[wire.text] = list((potential if wire.state else spikes).swapaxes(0, 1))
        return self._make_trace(rows, samples, ticks)

    def _is_tick(self, population: str, now: int) -> bool:
        """Whether a population on the chip has a tick of its own in a chip tick."""
        late = now - self._phases[population]
        return late >= 0 and late % self._program.period == 0

    def _make_trace(self, rows: Mapping[str, list[Values]], samples: int, ticks: int) -> Trace:
        program = self._program
        shapes = {n.name: n.shape for n in program.neurons}
        shapes |= {host.name: host.shape for host in program.hosts}
        found = {
            wire.text: np.stack(rows[wire.text], axis=1).reshape(
                samples, ticks, *shapes[wire.population]
            )
            for wire in self._wires
        }
        return Trace(MappingProxyType(found), tuple(wire.text for wire in program.outputs))


def play(program: Program, signal: Values | Mapping[str, Values]) -> Iterator[Mapping[str, Values]]:
    """Spikes of each population and source `[samples, neurons]`, chip tick by chip tick.

    Raises:
        UsageError: the signal has another shape.
    """
    fed = _encode_inputs(program, signal, 0)
    samples, ticks = next(iter(fed.values())).shape[:2]
    chip = _Chip(program, find_lost(program))
    chip.feed(_with_hosts(fed, HostRun(program).play(fed)), 0)
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
    """All populations, each up to a chip tick of its own, and the spikes of the last ones."""

    def __init__(self, program: Program, missing: frozenset[tuple[int, int]]) -> None:
        self.program = program
        self.fed: Mapping[str, Values] = {}
        self.first = 0  # tick of the signal with which `fed` begins
        self.phases = {s.name: s.phase for s in program.sources}
        self.phases |= {n.name: n.phase for n in program.neurons}
        self.sent: dict[str, list[Values]] = {name: [] for name in self.phases}
        self.done = dict.fromkeys(self.phases, 0)  # chip ticks
        self.kept = _count_kept(program, self.phases)
        self.into: dict[str, list[tuple[Currents, list[_Gap]]]] = {
            n.name: [] for n in program.neurons
        }
        apart = {n.name: n.population.current_decays is not None for n in program.neurons}
        for each in program.synapses:
            gaps = _gaps(program, each.source, each.target, missing)
            self.into[each.target].append((Currents(each, apart[each.target]), gaps))
        self.states: dict[str, State] = {}
        self.gathered: dict[str, tuple[Values, Values]] = {}

    def feed(self, fed: Mapping[str, Values], first: int) -> None:
        """Takes what enters in the ticks of the signal from `first` on: name → spikes."""
        self.fed, self.first = fed, first

    def find_extent(self, ticks: int) -> tuple[int, int]:
        """The chip ticks in which something is left to do for so many ticks of the signal."""
        ends = [self._find_end(name, ticks) for name in self.phases]
        return min(self.done.values(), default=0), max(ends, default=0)

    def _find_end(self, name: str, ticks: int) -> int:
        """The chip tick after the one in which a population has the last of so many ticks.

        Until its next one it sends nothing.
        """
        return self.phases[name] + (ticks - 1) * self.program.period + 1

    def tick(self, now: int, samples: int, ticks: int | None = None) -> frozenset[str]:
        """Who has something to do receives, computes and sends; returns who that was.

        Args:
            now: chip tick.
            samples: that run together.
            ticks: how many ticks the signal has; nothing is computed after them. None: no limit.
        """
        active = frozenset(
            name
            for name, done in self.done.items()
            if done == now and (ticks is None or now < self._find_end(name, ticks))
        )
        program = self.program
        fresh = {
            n.name: self._population(n, now, samples) for n in program.neurons if n.name in active
        }
        fresh |= {
            s.name: self._source(s, now, samples) for s in program.sources if s.name in active
        }
        for name, spikes in fresh.items():
            self.sent[name].append(spikes)
            del self.sent[name][: -self.kept[name]]
            self.done[name] += 1
        return active

    def read(self, wire: Wire) -> Values:
        """What a population put out in the tick that was last, `[samples, neurons]`."""
        if wire.state:
            return self.states[wire.population][2]
        return self.sent[wire.population][-1]

    def _recall(self, name: str, then: int) -> Values | None:
        """What was sent in a chip tick; None where that was nothing."""
        ago = self.done[name] - then
        return self.sent[name][-ago] if 0 < ago <= len(self.sent[name]) else None

    def _source(self, source: Source, now: int, samples: int) -> Values:
        tick, rest = divmod(now - source.phase, self.program.period)
        spikes = self.fed.get(source.node)
        at = tick - self.first
        if rest or tick < 0 or (spikes is not None and at >= spikes.shape[1]):
            return np.zeros((samples, source.size), dtype=np.float32)
        if spikes is None:
            return np.ones((samples, source.size), dtype=np.float32)
        return spikes[:, at]

    def _population(self, n: Neurons, now: int, samples: int) -> Values:
        zero = np.zeros((samples, n.size), dtype=np.float32)
        state = self.states.get(n.name) or n.population.begin(samples)
        exc, inh = self.gathered.pop(n.name, (zero, zero))
        for currents, gaps in self.into[n.name]:
            past = self._recall(currents.synapses.source, now - _find_lateness(currents.synapses))
            if past is None or not past.any():
                continue
            more, less = _deliver_currents(currents, past, gaps)
            exc, inh = exc + more, inh + less
        if n.pace > 1 and (now < n.phase or (now - n.phase) % n.pace):
            self.states[n.name], self.gathered[n.name] = state, (exc, inh)
            return zero
        self.states[n.name], spikes = n.population.step(state, exc, inh)
        return spikes.astype(np.float32)


def _find_lateness(synapses: Synapses) -> int:
    """Chip ticks from a spike to what it does."""
    return synapses.delay + HOP_TICKS


def _count_kept(program: Program, phases: Mapping[str, int]) -> dict[str, int]:
    """Population or source → the chip ticks of which what it sent may still be asked for.

    A target of an earlier phase may lag behind its source by as many chip ticks as lie between.
    """
    kept = dict.fromkeys(phases, 1)
    for each in program.synapses:
        behind = max(0, phases[each.source] - phases[each.target])
        needed = _find_lateness(each) + behind + program.period
        kept[each.source] = max(kept[each.source], needed)
    return kept


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


def _encode_inputs(
    program: Program, signal: Values | Mapping[str, Values], before: int
) -> dict[str, Values]:
    """The inputs as codes or spikes `[samples, ticks, neurons]` int64, by name.

    Raises:
        UsageError: an input has another shape, or there are, with those before, more ticks than
            recordings have room for.
    """
    found = encode_inputs(program.inputs, signal)
    ticks = before + next(iter(found.values())).shape[1]
    if ticks > program.duration:
        raise UsageError(
            f"the signal has {ticks} ticks, the program's cores have room for "
            f"{program.duration}; build with --option duration={ticks}"
        )
    return found
