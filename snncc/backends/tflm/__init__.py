"""The tflm backend: networks as TFLite-Micro models; wires the files below, no logic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from snncc.backends import Files, Json, Settings
from snncc.ir import Network, Trace, UsageError, Values, unknown
from snncc.ir.passes import Pass, Ranges

from . import interpreter, pipeline, simulate
from .emit import emit
from .lower import lower
from .program import Program
from .report import report
from .target import RULES, STATES

__all__ = ["RULES", "Program", "TflmBackend"]


class TflmBackend:
    """TFLite-Micro by its stock operators alone: exact sums of int8 weights, states in int32."""

    name = "tflm"
    description = "TFLite-Micro models for boards that run its interpreter"
    options: Mapping[str, str] = MappingProxyType(
        {"state": "variables (the model remembers) or io (states are inputs and outputs)"}
    )

    def passes(self, settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
        return pipeline.passes(settings, ranges)

    def lower(self, network: Network, settings: Settings) -> Program:
        asked = settings.options.get("state", "variables")
        if (state := STATES.get(asked)) is None:
            raise UsageError(unknown("state", asked, STATES))
        return lower(network, state)

    def emit(self, program: Program) -> Files:
        return emit(program)

    def simulate(self, program: Program, signal: Values, record: tuple[str, ...]) -> Trace:
        return simulate.simulate(program, signal, record)

    def report(self, program: Program) -> dict[str, Json]:
        return report(program)

    def absent(self) -> str | None:
        return interpreter.absent()

    def install(self, say: Callable[[str], None]) -> str:
        return interpreter.install(say)

    def play(self, program: Program, signal: Values, record: tuple[str, ...]) -> Trace:
        return simulate.play(program, signal, record)
