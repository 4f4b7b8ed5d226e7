"""The spinnaker2 backend: networks on the cores of SpiNNaker 2; wires the files below, no logic.

* `chip/`: what the chip has: bytes of a core, cores, links, router entries
* `applications/`: populations as applications of py-spinnaker2; delays, host, currents
* `partition/`: how many neurons share a core, and the bytes that they take
* `placement/`: which core of the machine each part runs on
* `routing/`: keys, target lists, router tables
* `kernel/`: the whole way for a kernel of our own
* `passes.py`: which passes a build runs; whether py-spinnaker2's applications or our kernel is used
* `rules.py`: ids of refusals (S001, …) and what is advised: add a refusal here
* `settings.py`: what a user may choose (`--option`): boards, placement, kernel
* `lower.py`: from a network to populations of py-spinnaker2, and in which chip ticks
* `program.py`: the values: populations, synapses, cores
* `emit.py`: the files: mapping, weights, the program that runs them
* `mapping_json.py`: what `mapping.json` says
* `simulate.py`: the chip on this machine, tick by tick; spikes that are lost
* `activity.py`: events, arrivals and packets of a run
* `limit_warnings.py`: warnings before a run: cycles of a tick, the shortest tick
* `report.py`: cores, bytes and work in the bundle's report
* `device.py`: which py-spinnaker2 is installed (`snncc setup`), and running on a board
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from snncc.backends import ChipLoad, Clock, Files, Json, Settings
from snncc.ir import DeviceError, Network, Trace, Values
from snncc.ir.passes import Pass, Ranges

from . import device, kernel, passes
from .activity import Activity, activity
from .emit import emit
from .lower import lower
from .program import Program
from .report import report
from .rules import RULES
from .settings import OPTIONS
from .simulate import Stream, simulate

__all__ = ["RULES", "Activity", "AnyProgram", "Program", "Spinnaker2Backend", "activity"]

AnyProgram: TypeAlias = Program | kernel.Program
"""For the applications of py-spinnaker2, or for our own kernel."""


class Spinnaker2Backend:
    """SpiNNaker 2: through py-spinnaker2, or on a kernel of our own for what that cannot compute.

    The applications of py-spinnaker2 keep states in float32; our kernel is C in integers.
    """

    name = device = "spinnaker2"
    description = "SpiNNaker 2: applications of py-spinnaker2, or our kernel; events over multicast"
    options: Mapping[str, str] = OPTIONS
    packages = ("mtkahypar",)

    def passes(self, network: Network, settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
        return passes.passes(network, settings, ranges)

    def ways(self, settings: Settings) -> tuple[Settings, ...]:
        return passes.ways(settings)

    def count_stored_bits(self, settings: Settings) -> tuple[int, str] | None:
        if passes.for_own_kernel(settings):
            return None
        return passes.WEIGHT_BITS, "a synapse of py-spinnaker2's applications is of one size"

    def lower(self, network: Network, settings: Settings) -> AnyProgram:
        own = passes.for_own_kernel(settings)
        return kernel.lower(network, settings) if own else lower(network, settings)

    def emit(self, program: AnyProgram) -> Files:
        return kernel.emit(program) if isinstance(program, kernel.Program) else emit(program)

    def simulate(self, program: AnyProgram, signal: Values, record: tuple[str, ...]) -> Trace:
        if isinstance(program, kernel.Program):
            return kernel.simulate(program, signal, record)
        return simulate(program, signal, record)

    def stream(self, program: AnyProgram, record: tuple[str, ...]) -> Callable[[Values], Trace]:
        if isinstance(program, kernel.Program):
            return kernel.Stream(program, record).play
        return Stream(program, record).play

    def play(self, program: AnyProgram, signal: Values, record: tuple[str, ...]) -> Trace:
        if isinstance(program, kernel.Program):
            return kernel.play(program, signal, record).trace
        return simulate(program, signal, record)

    def absent(self) -> str | None:
        return device.runtime().absent()

    def install(self, say: Callable[[str], None]) -> str:
        return device.runtime().install(say)

    def perform(self, program: AnyProgram, signal: Values, port: str) -> Trace:
        if isinstance(program, kernel.Program):
            raise DeviceError(
                "this bundle is for our own kernel, which py-spinnaker2 does not load; see the "
                "bundle's README for what a chip needs, or build with --option kernel=stock"
            )
        return device.perform(program, signal, port)

    def clock(self, program: AnyProgram) -> Clock:
        chips = len(np.unique(program.routing.placement.chips))
        if isinstance(program, kernel.Program):
            return Clock(program.tick, chips)
        return Clock(program.period * program.sys_tick, chips)

    def measure_load(self, program: AnyProgram, signal: Values) -> ChipLoad:
        if isinstance(program, kernel.Program):
            return kernel.measure_load(program, kernel.play(program, signal, count=True))
        return activity(program, signal, program.sys_tick).as_load(program)

    def report(self, program: AnyProgram) -> dict[str, Json]:
        return kernel.report(program) if isinstance(program, kernel.Program) else report(program)
