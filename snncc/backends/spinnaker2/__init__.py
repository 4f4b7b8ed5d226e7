"""The spinnaker2 backend: networks on the cores of SpiNNaker 2; wires the files below, no logic."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from snncc.backends import Files, Json, Settings
from snncc.ir import Network, Trace, Values
from snncc.ir.passes import Pass, Ranges

from . import device, pipeline
from .activity import Activity, activity
from .choices import OPTIONS
from .emit import emit
from .lower import lower
from .program import Program
from .report import report
from .simulate import simulate
from .target import RULES

__all__ = ["RULES", "Activity", "Program", "Spinnaker2Backend", "activity"]


class Spinnaker2Backend:
    """SpiNNaker 2 through py-spinnaker2: float32 neurons on 148 cores, whole weights."""

    name = device = "spinnaker2"
    description = "SpiNNaker 2: float32 neurons, weights of 8 bits, spikes over multicast"
    options: Mapping[str, str] = OPTIONS

    def passes(self, network: Network, settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
        return pipeline.passes(network, settings, ranges)

    def lower(self, network: Network, settings: Settings) -> Program:
        return lower(network, settings)

    def emit(self, program: Program) -> Files:
        return emit(program)

    def simulate(self, program: Program, signal: Values, record: tuple[str, ...]) -> Trace:
        return simulate(program, signal, record)

    def absent(self) -> str | None:
        return device.runtime().absent()

    def install(self, say: Callable[[str], None]) -> str:
        return device.runtime().install(say)

    def perform(self, program: Program, signal: Values, port: str) -> Trace:
        return device.perform(program, signal, port)

    def report(self, program: Program) -> dict[str, Json]:
        return report(program)
