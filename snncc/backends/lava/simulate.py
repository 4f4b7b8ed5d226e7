"""Program → Trace: the emitted processes' arithmetic on this machine, tick by tick, no Lava."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from types import MappingProxyType

import numpy as np

from snncc.backends import Port, choose_readouts, encode_inputs
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
    chip, by its phase, stands in the tick to which it belongs.

    Raises:
        UsageError: the signal has another shape, or a wire cannot be recorded.
    """
    wires = read(program, record)
    ports = [Port(source.name, source.shape, source.format) for source in program.sources]
    fed = encode_inputs(ports, signal)
    samples, ticks = next(iter(fed.values())).shape[:2]
    order = sorted(program.neurons, key=lambda n: n.phase)
    states = {n.name: _begin(n, samples) for n in order}
    history = {name: list(values.swapaxes(0, 1)) for name, values in fed.items()}
    for host in program.hosts:
        fed[host.name] = host.whole.compute_sent(fed)
        history[host.name] = list(fed[host.name].swapaxes(0, 1))
    history.update({n.name: [] for n in order})
    into: dict[str, list[Synapses]] = {n.name: [] for n in order}
    for each in program.synapses:
        into[each.target].append(each)
    rows: dict[str, list[Values]] = {wire.text: [] for wire in wires}
    for tick in range(ticks):
        for n in order:
            current = np.zeros((samples, n.size), dtype=np.int64)
            for each in into[n.name]:
                if tick >= each.delay:
                    current += synaptic(each, history[each.source][tick - each.delay])
            states[n.name], output = _step(n, states[n.name], current)
            history[n.name].append(output)
        for wire in wires:
            row = np.zeros((samples, prod(program.shapes[wire.population])), dtype=np.int64)
            for n in program.parts(wire.population):
                row[:, n.members] = _show(program, n, wire, states[n.name], history[n.name][-1])
            rows[wire.text].append(row)
    shapes = {wire.text: (samples, ticks, *program.shapes[wire.population]) for wire in wires}
    found = {
        text: np.stack(all_rows, axis=1).reshape(shapes[text]) for text, all_rows in rows.items()
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
    """Sums over weights that are listed one by one; as a matrix where that is no waste of time."""
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
