"""The lava backend: networks as Lava processes for Loihi 2; wires the files below, no logic.

* `lower/`: every choice: which process computes each population, in which step
* `passes.py`: which passes a build runs, in which order
* `rules.py`: ids of refusals (L001, …) and what is advised: add a refusal here
* `target.py`: constants of Loihi: bits of weights, decays, thresholds, delays
* `settings.py`: what a user may choose (`--option`)
* `cores.py`: how many neuro cores a network takes, and whether it fits the chips
* `program.py`: the values that say which processes there are and how they are wired
* `emit.py`: the files of the Lava package
* `netx.py`: the same as HDF5 for lava.lib.dl.netx, where a network is such a chain
* `host.py`: what the host computes of inputs
* `population_tick.py`: one tick of a population in Loihi's arithmetic
* `simulate.py`: the processes computed on this machine, without Lava
* `runtime.py`: which Lava is installed (`snncc setup`), and running a program in it
* `messages.py`: messages, hops and barriers of a run
* `report.py`: processes, synapses and chips in the bundle's report
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from snncc.backends import ChipLoad, Files, Json, Settings
from snncc.ir import Network, Trace, Values
from snncc.ir.passes import Pass, Ranges

from . import passes, runtime
from .cores import check
from .emit import emit
from .lower.lower import lower
from .messages import measure_load
from .netx import layers
from .program import Program
from .report import report
from .rules import RULES
from .settings import OPTIONS
from .simulate import Stream, simulate
from .target import WEIGHT_BITS

__all__ = ["RULES", "LavaBackend", "Program"]


class LavaBackend:
    """Loihi 2 through Lava: stock processes where they are exact, our own elsewhere."""

    name = "lava"
    description = "Loihi 2 through Lava 0.10: bit-accurate processes"
    options: Mapping[str, str] = OPTIONS

    def passes(self, network: Network, settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
        return passes.passes(network, settings, ranges)

    def count_stored_bits(self, settings: Settings) -> tuple[int, str]:
        return WEIGHT_BITS, "it writes synapses with weights of 8 bits"

    def lower(self, network: Network, settings: Settings) -> Program:
        program = lower(network, settings.options)
        check(program)
        if program.netx:
            layers(program)
        return program

    def emit(self, program: Program) -> Files:
        return emit(program)

    def simulate(self, program: Program, signal: Values, record: tuple[str, ...]) -> Trace:
        return simulate(program, signal, record)

    def stream(self, program: Program, record: tuple[str, ...]) -> Callable[[Values], Trace]:
        return Stream(program, record).play

    def measure_load(self, program: Program, signal: Values) -> ChipLoad:
        return measure_load(program, signal)

    def report(self, program: Program) -> dict[str, Json]:
        return report(program)

    def absent(self) -> str | None:
        return runtime.runtime().absent()

    def install(self, say: Callable[[str], None]) -> str:
        return runtime.runtime().install(say)

    def play(self, program: Program, signal: Values, record: tuple[str, ...]) -> Trace:
        return runtime.play(program, signal, record)
