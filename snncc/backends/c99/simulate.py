"""Program → Trace: the emitted C, compiled for this machine and run on all of its cores."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from math import prod
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from snncc.backends import choose_readouts, demand_same_samples
from snncc.boards import build_shared_library
from snncc.ir import Trace, Values, encode, input_signals, require_spikes

from .emit.emit import emit
from .emit.project import code_of
from .emit.weight_arrays import embed_long_arrays
from .lower.shared_memory import share_memory
from .program import Port, Program, Readout

NUMBERS: Mapping[str, npt.DTypeLike] = {
    "uint8_t": np.uint8,
    "int8_t": np.int8,
    "int16_t": np.int16,
    "uint16_t": np.uint16,
    "int32_t": np.int32,
}
ENGINES_KEPT = 4
SHARES = 4  # parts of the work per core: the last one to end keeps the others waiting least


def simulate(
    program: Program, signal: Values | Mapping[str, Values], record: Sequence[str] = ()
) -> Trace:
    """What the program puts out, and the wires of `record`, for `signal` `[samples, ticks, ...]`.

    Raises:
        UsageError: the signal has another shape, or a wire cannot be observed.
        ToolchainError: there is no C compiler.
    """
    readouts = choose_readouts(program.outputs, program.traced, record)
    engine = _engine(program, readouts)
    return _play(program, engine, readouts, signal, lambda sample: engine.find_rest())


def stream_program(program: Program, record: Sequence[str] = ()) -> Callable[[Values], Trace]:
    """The program at rest: each call plays the next ticks `[samples, ticks, *shape]`.

    Raises:
        UsageError: a wire cannot be observed; of a call: the signal has another shape, or other
            samples than before.
        ToolchainError: there is no C compiler.
    """
    readouts = choose_readouts(program.outputs, program.traced, record)
    engine = _engine(program, readouts)
    states: list[Values] = []

    def play(signal: Values) -> Trace:
        if not states:
            states.extend(engine.find_rest() for _ in signal)
        demand_same_samples(len(states), len(signal))
        return _play(program, engine, readouts, signal, lambda sample: states[sample])

    return play


def _play(
    program: Program,
    engine: _Engine,
    readouts: Sequence[Readout],
    signal: Values | Mapping[str, Values],
    state_of: Callable[[int], Values],
) -> Trace:
    """The next ticks of all samples, which go on from the state of each."""
    fed = codes(program, signal)
    samples, ticks = next(iter(fed.values())).shape[:2]
    kinds = elements(program)
    rows = {r.text: np.zeros((samples, ticks, *r.shape), dtype=kinds[r.text]) for r in readouts}
    which = number_observed(engine.program, readouts)
    cores = os.cpu_count() or 1
    edges = np.linspace(0, samples, min(samples, SHARES * cores) + 1).astype(int).tolist()

    def share(part: int) -> None:
        for sample in range(edges[part], edges[part + 1]):
            inputs = [fed[port.node][sample] for port in program.ports]
            given = [rows[r.text][sample] for r in readouts]
            engine.go_on(state_of(sample), ticks, inputs, which, given)

    if samples == 1:
        share(0)  # as in a stream of single ticks, for which threads take longer
    else:
        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(share, range(len(edges) - 1)))
    return Trace(MappingProxyType(rows), tuple(r.text for r in program.outputs))


def elements(program: Program) -> Mapping[str, npt.DTypeLike]:
    """Text of each wire that can be observed → type of one element."""
    kinds = {wire.name: wire.kind for wire in program.wires}
    return {
        r.text: np.uint8 if kinds[r.reading.wire] == "events" else np.int32 for r in program.traced
    }


def number_observed(program: Program, readouts: Sequence[Readout]) -> list[int]:
    """Numbers by which the C knows some of the wires that can be observed."""
    place = {readout.text: number for number, readout in enumerate(program.observable)}
    return [place[readout.text] for readout in readouts]


def codes(program: Program, signal: Values | Mapping[str, Values]) -> dict[str, Values]:
    """The inputs in the types that the C takes, by name.

    Raises:
        UsageError: an input is missing, has another shape or contains other values than spikes.
    """
    given = input_signals({port.node: port.shape for port in program.ports}, signal)
    return {
        port.node: np.ascontiguousarray(_encode(port, given[port.node])) for port in program.ports
    }


def _encode(port: Port, values: Values) -> Values:
    if port.format is None:
        require_spikes(port.node, values)
        return values.astype(np.uint8)
    assert isinstance(port.format.unit, int), "an input counts in powers of two"
    unit = np.asarray(2.0**-port.format.unit)
    real = np.asarray(values, dtype=np.float64)
    return encode(real, unit, port.format, f"%{port.node}").astype(NUMBERS[port.ctype])


@lru_cache(maxsize=ENGINES_KEPT)
def _engine(program: Program, apart: tuple[Readout, ...]) -> _Engine:
    """The engine of a program; a program is a value, so its engine can be used again.

    Without `apart` it is the C that is shipped.
    """
    return _Engine(share_memory(program, apart))


class _Engine:
    """The program as a library of this machine."""

    def __init__(self, program: Program) -> None:
        self.program = program
        sources = code_of(emit(program), embed_long_arrays(program))
        sources["native.c"] = _native(program).encode()
        library = ctypes.CDLL(str(build_shared_library(sources)))
        self._play = getattr(library, f"{program.name}_play")
        self._init = getattr(library, f"{program.name}_init")
        size = getattr(library, f"{program.name}_state_bytes")
        size.restype = ctypes.c_uint32
        self._play.restype = self._init.restype = None
        self._state_bytes = int(size())

    def find_rest(self) -> Values:
        """A state before tick 0."""
        state = np.empty(self._state_bytes // 8 + 1, dtype=np.int64)
        self._init(ctypes.c_void_p(state.ctypes.data))
        return state

    def go_on(
        self,
        state: Values,
        ticks: int,
        inputs: Sequence[Values],
        which: Sequence[int],
        rows: Sequence[Values],
    ) -> None:
        """The next ticks of a sample; fills `rows`, one array `[ticks, ...]` per wire.

        Args:
            state: after the last tick; it becomes that after these.
            ticks: how many.
            inputs: codes `[ticks, ...]` of each input.
            which: numbers of the wires.
            rows: of each wire.
        """
        taken = (ctypes.c_void_p * len(inputs))(*(values.ctypes.data for values in inputs))
        given = (ctypes.c_void_p * len(rows))(*(values.ctypes.data for values in rows))
        numbers = (ctypes.c_uint32 * len(which))(*which)
        self._play(
            ctypes.c_void_p(state.ctypes.data),
            ctypes.c_uint32(ticks),
            taken,
            ctypes.c_uint32(len(which)),
            numbers,
            given,
        )


def _native(program: Program) -> str:
    name = program.name
    inputs = "".join(
        f",\n                  (const {port.ctype} *)input[{k}] + (size_t)t * {prod(port.shape)}u"
        for k, port in enumerate(program.ports)
    )
    return f"""/* native.c: many ticks in one call, for the host. */
#include "{name}_observe.h"

#include <stddef.h>

uint32_t {name}_state_bytes(void);
void {name}_play({name}_state *state, uint32_t ticks, const void *const *input, uint32_t many,
                 const uint32_t *which, void *const *to);

uint32_t {name}_state_bytes(void)
{{
    return sizeof({name}_state);
}}

void {name}_play({name}_state *state, uint32_t ticks, const void *const *input, uint32_t many,
                 const uint32_t *which, void *const *to)
{{
    static const uint32_t bytes[] = {name.upper()}_OBSERVED_BYTES;

    for (uint32_t t = 0; t < ticks; t++) {{
        {name}_tick(state{inputs});
        for (uint32_t k = 0; k < many; k++)
            {name}_observe(state, which[k], (uint8_t *)to[k] + (size_t)t * bytes[which[k]]);
    }}
}}
"""
