"""Program → Trace: the emitted processes' arithmetic on this machine, tick by tick, no Lava."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from types import MappingProxyType

import numpy as np

from snncc.backends import Port, choose_readouts, demand_same_samples, encode_inputs
from snncc.ir import Trace, Values

from .population_tick import ALIGN_BITS, LIMIT, State, scale_codes
from .program import Neurons, Program, Registers, Synapses, Window, Wire
from .target import DECAY_BITS

UNITY = 1 << DECAY_BITS
FULL = 64  # places of a matrix to a weight: beyond it, listed weights are summed one by one


def simulate(
    program: Program, signal: Values | Mapping[str, Values], record: Sequence[str] = ()
) -> Trace:
    """What the program puts out, and the wires of `record`, for `signal` `[samples, ticks, ...]`.

    Steps between two ticks change nothing, so only ticks are computed; what comes later on the
    chip, by its phase, is in the tick to which it belongs.

    Raises:
        UsageError: the signal has another shape, or a wire cannot be recorded.
    """
    return Stream(program, record).play(signal)


class Stream:
    """A program that is given its signal in parts, and keeps its states in between.

    Of what was sent it keeps what a synapse may still deliver. Arguments and errors are those of
    `simulate`; a part with other samples than the first is refused as well. `watch` is given what
    arrives at the synapses in each tick, `[samples, in]`.
    """

    def __init__(
        self,
        program: Program,
        record: Sequence[str] = (),
        watch: Callable[[Synapses, Values], None] = lambda synapses, arriving: None,
    ) -> None:
        self._program, self._wires, self._watch = program, read(program, record), watch
        self._ports = [Port(s.name, s.shape, s.format) for s in program.sources]
        self._order = sorted(program.neurons, key=lambda n: n.phase)
        self._into: dict[str, list[Synapses]] = {n.name: [] for n in self._order}
        for each in program.synapses:
            self._into[each.target].append(each)
        delays = [each.delay for each in program.synapses]
        delays += [each.delay for host in program.hosts for each in host.whole.currents]
        self._kept = max(delays, default=0)  # ticks
        self._samples = 0
        self._states: dict[str, State] = {}
        self._sent: dict[str, Values] = {}

    def play(self, signal: Values | Mapping[str, Values]) -> Trace:
        """What the program puts out for the next ticks `[samples, ticks, *shape]`."""
        fed = encode_inputs(self._ports, signal)
        samples, ticks = next(iter(fed.values())).shape[:2]
        if not self._states:
            self._samples = samples
            self._states = {n.name: _begin(n, samples) for n in self._order}
        demand_same_samples(self._samples, samples)
        history = self._begin_history(fed)
        rows: dict[str, list[Values]] = {wire.text: [] for wire in self._wires}
        for tick in range(self._kept, self._kept + ticks):
            for n in self._order:
                current = np.zeros((samples, n.size), dtype=np.int64)
                for each in self._into[n.name]:
                    arriving = history[each.source][tick - each.delay]
                    current += synaptic(each, arriving)
                    self._watch(each, arriving)
                self._states[n.name], output = _step(n, self._states[n.name], current)
                history[n.name].append(output)
            for wire in self._wires:
                rows[wire.text].append(self._read_row(wire, history))
        self._keep(history)
        return self._make_trace(rows, samples, ticks)

    def _begin_history(self, fed: dict[str, Values]) -> dict[str, list[Values]]:
        """By name, what was sent in the ticks that are kept, and of inputs and host in the next."""
        first = next(iter(fed.values()))
        spans: dict[str, Values] = {}
        for name, values in fed.items():
            spans[name] = np.concatenate([self._recall(name, len(first), values), values], axis=1)
        for host in self._program.hosts:
            # What it sent in the ticks that are kept lacks what came before these.
            fresh = host.whole.compute_sent(spans)[:, self._kept :]
            spans[host.name] = np.concatenate(
                [self._recall(host.name, len(first), fresh), fresh], 1
            )
        history = {name: list(values.swapaxes(0, 1)) for name, values in spans.items()}
        for n in self._order:
            zero = np.zeros((len(first), n.size), dtype=np.int64)
            past = self._sent.get(n.name)
            history[n.name] = [zero] * self._kept if past is None else list(past.swapaxes(0, 1))
        return history

    def _recall(self, name: str, samples: int, like: Values) -> Values:
        """What was sent in the ticks that are kept; zeros before tick 0."""
        if name in self._sent:
            return self._sent[name]
        return np.zeros((samples, self._kept, like.shape[2]), dtype=like.dtype)

    def _keep(self, history: Mapping[str, list[Values]]) -> None:
        for name, sent in history.items() if self._kept else ():
            self._sent[name] = np.stack(sent[-self._kept :], axis=1)

    def _read_row(self, wire: Wire, history: Mapping[str, list[Values]]) -> Values:
        size = prod(self._program.shapes[wire.population])
        row = np.zeros((self._samples, size), dtype=np.int64)
        for n in self._program.parts(wire.population):
            state, sent = self._states[n.name], history[n.name][-1]
            row[:, n.members] = _show(self._program, n, wire, state, sent)
        return row

    def _make_trace(self, rows: Mapping[str, list[Values]], samples: int, ticks: int) -> Trace:
        program = self._program
        shapes = {w.text: (samples, ticks, *program.shapes[w.population]) for w in self._wires}
        found = {
            text: np.stack(all_rows, 1).reshape(shapes[text]) for text, all_rows in rows.items()
        }
        return Trace(MappingProxyType(found), tuple(wire.text for wire in program.outputs))


def read(program: Program, record: Sequence[str]) -> tuple[Wire, ...]:
    """The outputs and the wires of `record`.

    Raises:
        UsageError: a wire cannot be recorded; lists those that can.
    """
    return choose_readouts(program.outputs, program.traced, record)


def synaptic(synapses: Synapses, sent: Values) -> Values:
    """Current in codes `[samples, out]` int64 for what a source has sent `[samples, in]`."""
    # Weights of 8 bits and messages of 24: sums stay far below 2**53, floats hold them exactly.
    signal = sent.astype(np.float64)
    match synapses.kind:
        case "dense":
            total = signal @ synapses.weights.T.astype(np.float64)
        case "conv":
            assert synapses.window is not None
            total = _convolve(signal, synapses.weights, synapses.window)
        case "sparse":
            total = _sum_listed(signal, synapses)
    return total.astype(np.int64)


def _sum_listed(signal: Values, synapses: Synapses) -> Values:
    """Sums over weights that are listed one by one; as a matrix where that is not slower."""
    shape = synapses.outputs, synapses.inputs
    if prod(shape) <= FULL * len(synapses.weights):
        weights = np.zeros(shape)
        np.add.at(weights, (synapses.rows, synapses.columns), synapses.weights)
        return signal @ weights.T
    total = np.zeros((len(signal), synapses.outputs))
    rows, starts = np.unique(synapses.rows, return_index=True)
    terms = signal[:, synapses.columns] * synapses.weights
    total[:, rows] = np.add.reduceat(terms, starts, axis=1)
    return total


def _convolve(signal: Values, weights: Values, window: Window) -> Values:
    """A convolution as shifted sums: one product per tap of the kernel."""
    samples, (channels, height, width) = len(signal), window.size
    image = signal.reshape(samples, window.groups, channels // window.groups, height, width)
    y, x = window.padding
    image = np.pad(image, ((0, 0), (0, 0), (0, 0), (y, y), (x, x)))
    out, down, across = window.out
    kernels = weights.reshape(window.groups, out // window.groups, *weights.shape[1:])
    total = np.zeros((samples, window.groups, out // window.groups, down, across))
    for row in range(weights.shape[2]):
        for column in range(weights.shape[3]):
            first, left = row * window.dilation[0], column * window.dilation[1]
            last = first + (down - 1) * window.stride[0] + 1
            right = left + (across - 1) * window.stride[1] + 1
            part = image[..., first : last : window.stride[0], left : right : window.stride[1]]
            taps = kernels[..., row, column].astype(np.float64)
            total += np.einsum("goi,sgiyx->sgoyx", taps, part)
    return total.reshape(samples, -1)


def _show(program: Program, n: Neurons, wire: Wire, state: State, output: Values) -> Values:
    """What a wire shows of a process after a tick."""
    u, v, _ = state
    if wire.state == "sum":
        reader = program.readers[wire.population]
        return np.asarray((u >> reader.shift) + reader.offset)
    return {"u": u, "v": v, "": output}[wire.state]


def _begin(n: Neurons, samples: int) -> State:
    zero = np.zeros((samples, n.size), dtype=np.int64)
    if n.registers is None:
        return zero, zero + n.whole.initial, zero
    state: State = zero, zero + n.registers.start, zero
    for _ in range(n.phase):
        state, _ = _loihi(n.registers, n.whole.shift, state, zero)
    return (zero, zero, zero) if n.registers.cleared else state


def _step(n: Neurons, state: State, current: Values) -> tuple[State, Values]:
    if n.registers is not None:
        return _loihi(n.registers, n.whole.shift, state, current)
    return n.whole.step(state, current)


def _loihi(r: Registers, shift: int, state: State, current: Values) -> tuple[State, Values]:
    """One step of a LIF as Loihi computes it: Lava 0.10.0, proc/lif/models.py, PyLifModelBitAcc."""
    u, v, wait = state
    arriving = current << (shift - ALIGN_BITS)
    u = scale_codes(u, UNITY - 1 - r.du) + (arriving << ALIGN_BITS)
    u = np.where(u > LIMIT, u - 2 * LIMIT, np.where(u <= -LIMIT, u + 2 * LIMIT, u))
    bias = np.array(r.mantissa, dtype=np.int64) << np.array(r.exponent, dtype=np.int64)
    v = np.clip(scale_codes(v, UNITY - r.dv) + u + bias, 1 - LIMIT, LIMIT - 1)
    spikes = v > r.vth << ALIGN_BITS
    return (u, np.where(spikes, 0, v), wait), spikes.astype(np.int64)
