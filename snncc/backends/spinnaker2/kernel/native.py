"""Program → Trace: the C of all cores in one library of this machine, whole samples at once."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from snncc.backends import choose_readouts, encode_inputs
from snncc.boards import build_shared_library
from snncc.ir import Trace, Values

from .emit_core import core_files
from .harness import harness
from .program import Program

ENGINES_KEPT = 2
SHARES = 4  # parts of the work per core of this machine


def simulate(
    program: Program, signal: Values | Mapping[str, Values], record: Sequence[str] = ()
) -> Trace:
    """What the cores put out, and the wires of `record`, for `signal` `[samples, ticks, *shape]`.

    What routers lose is lost here too.

    Raises:
        UsageError: the signal has another shape, or a wire cannot be recorded.
        ToolchainError: there is no C compiler.
    """
    wires = choose_readouts(program.outputs, program.traced, record)
    fed = encode_inputs(program.inputs, signal)
    samples, ticks = next(iter(fed.values())).shape[:2]
    taken = [
        np.ascontiguousarray(fed[port.name].reshape(samples, ticks, -1), dtype=np.int32)
        for port in program.inputs
    ]
    rows = {wire.text: np.zeros((samples, ticks, *wire.shape), dtype=np.int32) for wire in wires}
    engine = _engine(program)
    which = [program.traced.index(wire) for wire in wires]
    machine = os.cpu_count() or 1
    edges = np.linspace(0, samples, min(samples, SHARES * machine) + 1).astype(int).tolist()

    def share(part: int) -> None:
        for sample in range(edges[part], edges[part + 1]):
            given = [rows[wire.text][sample] for wire in wires]
            engine.play(ticks, [values[sample] for values in taken], which, given)

    with ThreadPoolExecutor(machine) as pool:
        list(pool.map(share, range(len(edges) - 1)))
    return Trace(MappingProxyType(rows), tuple(wire.text for wire in program.outputs))


@lru_cache(maxsize=ENGINES_KEPT)
def _engine(program: Program) -> _Engine:
    """The engine of a program; a program is a value, so its engine can be used again."""
    return _Engine(program)


class _Engine:
    """All cores as a library of this machine."""

    def __init__(self, program: Program) -> None:
        files: dict[str, bytes] = {"native.c": harness(program).encode()}
        for core in range(len(program.codes)):
            files |= core_files(program, core)
        del files["core.c"], files["core.h"]  # for a core with a memory of its own
        library = ctypes.CDLL(str(build_shared_library(files)))
        self._play = library.snncc_chip_play
        self._play.restype = None
        library.snncc_chip_bytes.restype = ctypes.c_uint32
        self._words = int(library.snncc_chip_bytes()) // 8 + 1

    def play(
        self, ticks: int, inputs: Sequence[Values], which: Sequence[int], rows: Sequence[Values]
    ) -> None:
        """One sample from begin to end; fills `rows`, one array `[ticks, ...]` per wire."""
        chip = np.zeros(self._words, dtype=np.int64)
        taken = (ctypes.c_void_p * len(inputs))(*(values.ctypes.data for values in inputs))
        given = (ctypes.c_void_p * len(rows))(*(values.ctypes.data for values in rows))
        numbers = (ctypes.c_uint32 * len(which))(*which)
        self._play(
            ctypes.c_void_p(chip.ctypes.data),
            ctypes.c_uint32(ticks),
            taken,
            ctypes.c_uint32(len(which)),
            numbers,
            given,
        )
