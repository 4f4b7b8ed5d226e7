"""The tflm backend: networks as TFLite-Micro models; wires the files below, no logic.

* `lower/`: every choice: which operators each op becomes, and the proof that int32 holds it
* `emit/`: files: the model, op_resolver.h, the application
* `run/`: running a model here: by arrays, or by its interpreter
* `passes.py`: which passes a build runs, in which order
* `rules.py`: ids of refusals (T001, …) and what is advised: add a refusal here
* `target.py`: constants: what stock kernels hold, and the release of TFLite-Micro
* `schema.py`: which operators may be used (`KINDS`), and the numbers of the file format
* `program.py`: the values: tensors, operators, variables
* `report.py`: bytes and operators in the bundle's report
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import prod
from types import MappingProxyType

from snncc.backends import Files, Json, Settings, delivery
from snncc.ir import Network, Trace, UsageError, Values, describe_unknown
from snncc.ir.passes import Pass, Ranges
from snncc.projects import OPTIONS

from . import passes
from .emit.emit import emit
from .emit.project import project_files
from .lower.lower import lower
from .program import Program
from .report import report
from .rules import RULES
from .run import interpreter, simulate
from .target import STATES, WEIGHT_BITS_MAX

__all__ = ["RULES", "Program", "TflmBackend"]


class TflmBackend:
    """TFLite-Micro by its stock operators alone: exact sums of int8 weights, states in int32."""

    name = "tflm"
    description = "TFLite-Micro models for boards that run its interpreter"
    options: Mapping[str, str] = MappingProxyType(
        {
            **OPTIONS,
            "state": "variables (the model remembers) or io (states are inputs and outputs)",
        }
    )

    def passes(self, network: Network, settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
        return passes.passes(settings, ranges)

    def count_stored_bits(self, settings: Settings) -> tuple[int, str]:
        return WEIGHT_BITS_MAX, "the kernels that it uses read weights as int8"

    def lower(self, network: Network, settings: Settings) -> Program:
        asked = settings.options.get("state", "variables")
        if (state := STATES.get(asked)) is None:
            raise UsageError(describe_unknown("state", asked, STATES))
        handed = delivery(settings, prod(network.shapes[network.outputs[0].source]))
        return replace(lower(network, state), delivery=handed)

    def emit(self, program: Program) -> Files:
        files = emit(program)
        return project_files(program, files) if program.delivery.project else files

    def simulate(self, program: Program, signal: Values, record: tuple[str, ...]) -> Trace:
        return simulate.simulate(program, signal, record)

    def stream(self, program: Program, record: tuple[str, ...]) -> Callable[[Values], Trace]:
        return simulate.stream_program(program, record)

    def report(self, program: Program) -> dict[str, Json]:
        return report(program)

    def absent(self) -> str | None:
        return interpreter.absent()

    def install(self, say: Callable[[str], None]) -> str:
        return interpreter.install(say)

    def play(self, program: Program, signal: Values, record: tuple[str, ...]) -> Trace:
        return simulate.play(program, signal, record)
