"""Program → Trace: by arrays of this machine, or by the interpreter that a board would run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from snncc.backends import choose_readouts, demand_same_samples
from snncc.ir import Trace, Values, encode_input, input_signals, require_spikes

from ..emit.model import assemble
from ..emit.writer import write
from ..program import Port, Program, StateForm
from .execute import Executor
from .interpreter import Runtime, play_model


def simulate(
    program: Program, signal: Values | Mapping[str, Values], record: Sequence[str] = ()
) -> Trace:
    """What the model's operators compute for `signal` `[samples, ticks, ...]`, by our own kernels.

    Raises:
        UsageError: the signal has another shape, or a wire cannot be observed.
    """
    return stream_program(program, record)(signal)


def stream_program(
    program: Program, record: Sequence[str] = ()
) -> Callable[[Values | Mapping[str, Values]], Trace]:
    """The model at rest: each call computes the next ticks `[samples, ticks, *shape]`.

    Raises:
        UsageError: a wire cannot be observed; of a call: the signal has another shape, or other
            samples than before.
    """
    readouts = choose_readouts(program.outputs, program.traced, record)
    model = assemble(program, record, "io")
    executor, entries = Executor(model), len(program.ports)
    ports, outputs = model.inputs[:entries], model.outputs[: len(readouts)]
    reads, nexts = model.inputs[entries:], model.outputs[len(readouts) :]
    states: dict[int, Values] = {}
    known: list[int] = []

    def play(signal: Values | Mapping[str, Values]) -> Trace:
        fed = codes(program, signal)
        samples, ticks = fed[0].shape[:2]
        if not known:
            known.append(samples)
            for place in reads:
                tensor = model.tensors[place]
                states[place] = np.zeros((samples, *tensor.shape), dtype=tensor.dtype)
        demand_same_samples(known[0], samples)
        rows = [np.zeros((samples, ticks, *r.shape), dtype=np.int32) for r in readouts]
        for tick in range(ticks):
            now = {place: values[:, tick] for place, values in zip(ports, fed, strict=True)}
            found = executor.tick({**now, **states})
            for row, place in zip(rows, outputs, strict=True):
                row[:, tick] = found[place].reshape(-1, *row.shape[2:])
            states.update((r, found[after]) for r, after in zip(reads, nexts, strict=True))
        named = {readout.text: row for readout, row in zip(readouts, rows, strict=True)}
        return Trace(MappingProxyType(named), tuple(r.text for r in program.outputs))

    return play


def play(
    program: Program,
    signal: Values | Mapping[str, Values],
    record: Sequence[str] = (),
    runtime: Runtime = "tflm",
    state: StateForm | None = None,
) -> Trace:
    """The same, computed by an interpreter from the bytes of the .tflite file.

    Raises:
        UsageError: the signal has another shape, or a wire cannot be observed.
        DeviceError: the interpreter is absent, refused the model, ended or took too long.
    """
    readouts = choose_readouts(program.outputs, program.traced, record)
    model = assemble(program, record, state)
    fed = codes(program, signal)
    played = play_model(write(model, program.name), model, fed, len(readouts), runtime)
    named = {
        readout.text: rows.reshape(*rows.shape[:2], *readout.shape)
        for readout, rows in zip(readouts, played.outputs, strict=True)
    }
    return Trace(MappingProxyType(named), tuple(r.text for r in program.outputs))


def codes(program: Program, signal: Values | Mapping[str, Values]) -> list[Values]:
    """The inputs as the model takes them, `[samples, ticks, *tensor shape]` in its types.

    Raises:
        UsageError: an input is missing, has another shape or contains other values than spikes.
    """
    given = input_signals({port.node: port.shape for port in program.ports}, signal)
    found: list[Values] = []
    for port in program.ports:
        values, tensor = given[port.node], program.tensors[port.tensor]
        whole = _encode(port, values).astype(tensor.dtype)
        found.append(np.ascontiguousarray(whole.reshape(*values.shape[:2], *tensor.shape)))
    return found


def _encode(port: Port, values: Values) -> Values:
    if port.format is not None:
        return encode_input(values, port.format, f"%{port.node}: input")[0]
    require_spikes(port.node, values)
    return values
