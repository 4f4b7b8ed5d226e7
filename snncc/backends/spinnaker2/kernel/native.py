"""Program → Trace: the C of all cores in one library of this machine, part by part of a signal."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from snncc.backends import choose_readouts, demand_same_samples, encode_inputs
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
    return Stream(program, record).play(signal)


class Stream:
    """A program that is given its signal in parts, and keeps its memory in between.

    Arguments and errors are those of `simulate`; a part with other samples than the first is
    refused as well.
    """

    def __init__(self, program: Program, record: Sequence[str] = ()) -> None:
        self._program = program
        self._wires = choose_readouts(program.outputs, program.traced, record)
        self._which = [program.traced.index(wire) for wire in self._wires]
        self._engine = _engine(program)
        self._chips: list[Values] = []

    def play(self, signal: Values | Mapping[str, Values]) -> Trace:
        """What the cores put out for the next ticks `[samples, ticks, *shape]`."""
        fed = encode_inputs(self._program.inputs, signal)
        samples, ticks = next(iter(fed.values())).shape[:2]
        if not self._chips:
            self._chips = [self._engine.begin() for _ in range(samples)]
        demand_same_samples(len(self._chips), samples)
        taken = [
            np.ascontiguousarray(fed[port.name].reshape(samples, ticks, -1), dtype=np.int32)
            for port in self._program.inputs
        ]
        rows = {
            wire.text: np.zeros((samples, ticks, *wire.shape), dtype=np.int32)
            for wire in self._wires
        }
        machine = os.cpu_count() or 1
        edges = np.linspace(0, samples, min(samples, SHARES * machine) + 1).astype(int).tolist()

        def share(part: int) -> None:
            for sample in range(edges[part], edges[part + 1]):
                given = [rows[wire.text][sample] for wire in self._wires]
                inputs = [values[sample] for values in taken]
                self._engine.play(self._chips[sample], ticks, inputs, self._which, given)

        with ThreadPoolExecutor(machine) as pool:
            list(pool.map(share, range(len(edges) - 1)))
        return Trace(MappingProxyType(rows), tuple(wire.text for wire in self._program.outputs))


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
        self._play, self._begin = library.snncc_chip_play, library.snncc_chip_begin
        self._play.restype = self._begin.restype = None
        library.snncc_chip_bytes.restype = ctypes.c_uint32
        self._words = int(library.snncc_chip_bytes()) // 8 + 1

    def begin(self) -> Values:
        """The memory of all cores before the first tick of a sample."""
        chip = np.zeros(self._words, dtype=np.int64)
        self._begin(ctypes.c_void_p(chip.ctypes.data))
        return chip

    def play(
        self,
        chip: Values,
        ticks: int,
        inputs: Sequence[Values],
        which: Sequence[int],
        rows: Sequence[Values],
    ) -> None:
        """The next ticks of one sample; fills `rows`, one array `[ticks, ...]` per wire.

        Args:
            chip: what `begin` has made, in which the cores' states stay.
            ticks: how many.
            inputs: one array int32 `[ticks, values]` per input.
            which: of the wires that can be recorded, in the order of `rows`.
            rows: int32, C-contiguous.
        """
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
