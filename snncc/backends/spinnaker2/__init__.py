"""The spinnaker2 backend: networks on the cores of SpiNNaker 2; wires the files below, no logic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from snncc.backends import Files, Json, Settings
from snncc.ir import DeviceError, Network, Trace, Values
from snncc.ir.passes import Pass, Ranges

from . import device, pe, pipeline
from .activity import Activity, activity
from .choices import OPTIONS
from .emit import emit
from .lower import lower
from .program import Program
from .report import report
from .simulate import simulate
from .target import RULES

__all__ = ["RULES", "Activity", "AnyProgram", "Program", "Spinnaker2Backend", "activity"]

AnyProgram: TypeAlias = Program | pe.Program
"""For the applications of py-spinnaker2, or for our own kernel."""


class Spinnaker2Backend:
    """SpiNNaker 2: through py-spinnaker2, or on a kernel of our own for what that cannot compute.

    The applications of py-spinnaker2 keep states in float32; our kernel is C in whole numbers.
    """

    name = device = "spinnaker2"
    description = "SpiNNaker 2: applications of py-spinnaker2, or our kernel; events over multicast"
    options: Mapping[str, str] = OPTIONS

    def passes(self, network: Network, settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
        return pipeline.passes(network, settings, ranges)

    def lower(self, network: Network, settings: Settings) -> AnyProgram:
        own = pipeline.for_own_kernel(network, settings)
        return pe.lower(network, settings) if own else lower(network, settings)

    def emit(self, program: AnyProgram) -> Files:
        return pe.emit(program) if isinstance(program, pe.Program) else emit(program)

    def simulate(self, program: AnyProgram, signal: Values, record: tuple[str, ...]) -> Trace:
        if isinstance(program, pe.Program):
            return pe.simulate(program, signal, record)
        return simulate(program, signal, record)

    def play(self, program: AnyProgram, signal: Values, record: tuple[str, ...]) -> Trace:
        if isinstance(program, pe.Program):
            return pe.play(program, signal, record).trace
        return simulate(program, signal, record)

    def absent(self) -> str | None:
        return device.runtime().absent()

    def install(self, say: Callable[[str], None]) -> str:
        return device.runtime().install(say)

    def perform(self, program: AnyProgram, signal: Values, port: str) -> Trace:
        if isinstance(program, pe.Program):
            raise DeviceError(
                "this bundle is for our own kernel, which py-spinnaker2 does not load; see the "
                "bundle's README for what a chip needs, or build with --option kernel=stock"
            )
        return device.perform(program, signal, port)

    def report(self, program: AnyProgram) -> dict[str, Json]:
        return pe.report(program) if isinstance(program, pe.Program) else report(program)
