"""The c99 backend: integer networks to freestanding C; wires the files below, no logic.

* `lower/`: every choice: kernels of synapses, arithmetic of neurons, C types, shared memory
* `emit/`: the choices as C text: header, source, README
* `passes.py`: which passes a build runs, in which order
* `rules.py`: ids of refusals (C001, …) and what is advised: add a refusal here
* `target.py`: constants: lanes, widths, and the instructions by which kernels are chosen
* `program.py`: the values that say which C to write: steps in order, ports, layers
* `event_steps.py`: a class a kind of step that goes through lists of events, populations too
* `value_steps.py`: a class a kind of step that goes through arrays of values
* `storage.py`: constant tables, wires, states, and the C types that there are (`narrowest`)
* `step_wires.py`: which wires a step reads and fills
* `report.py`: bytes, neurons and synapses of each layer in the bundle's report
* `simulate.py`: the emitted C compiled and run on this machine
* `firmware.py`: the `main` that plays a stimulus on a board, and its bytes
* `embedded.py`: the C of a network as part of something larger, such as a core's
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import prod
from types import MappingProxyType

from snncc.backends import Files, Json, Settings, delivery
from snncc.boards import require_gcc
from snncc.ir import Network, Trace, UsageError, Values
from snncc.ir.passes import Pass, Ranges
from snncc.projects import OPTIONS

from . import firmware, passes
from .embedded import choose_observe_types, data_bytes, embed_program, sources
from .emit.emit import emit
from .emit.project import project_files
from .lower.lower import lower
from .lower.shared_memory import share_memory
from .program import Port, Program
from .report import report
from .rules import RULES
from .simulate import simulate, stream_program

__all__ = [
    "RULES",
    "C99Backend",
    "Port",
    "Program",
    "choose_observe_types",
    "data_bytes",
    "embed_program",
    "sources",
]


def _observes(settings: Settings) -> bool:
    """Whether every layer's spikes stay readable after a tick.

    Raises: UsageError for another answer than yes or no.
    """
    said = settings.options.get("observe", "no")
    if said not in ("yes", "no"):
        raise UsageError(f"--option observe={said}: say yes or no")
    return said == "yes"


class C99Backend:
    """Freestanding C99: event-driven, static memory, int16 lanes where the core has them."""

    name = "c99"
    description = "freestanding C99 for microcontrollers, and the fast engine of this machine"
    options: Mapping[str, str] = MappingProxyType(
        {
            **OPTIONS,
            "name": "of the C files and functions; else the model's",
            "observe": "yes: NAME_observe sees each layer's spikes after a tick; costs RAM",
            "compiler": "an installed GCC, by its name, to build firmware: arm-none-eabi-gcc",
        }
    )

    def passes(self, network: Network, settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
        return passes.passes(settings, ranges)

    def lower(self, network: Network, settings: Settings) -> Program:
        compiler = require_gcc(settings.options.get("compiler", ""))
        handed = delivery(settings, prod(network.shapes[network.outputs[0].source]))
        program = lower(network, settings.rates, name=settings.options.get("name", ""))
        if _observes(settings):
            program = share_memory(program, apart=program.traced)
        return replace(program, delivery=handed, compiler=compiler)

    def emit(self, program: Program) -> Files:
        files = emit(program)
        return project_files(program, files) if program.delivery.project else files

    def simulate(self, program: Program, signal: Values, record: tuple[str, ...]) -> Trace:
        return simulate(program, signal, record)

    def stream(self, program: Program, record: tuple[str, ...]) -> Callable[[Values], Trace]:
        return stream_program(program, record)

    def report(self, program: Program) -> dict[str, Json]:
        return report(program)

    def firmware(self, program: Program, record: tuple[str, ...]) -> Mapping[str, bytes]:
        return firmware.firmware(program, record)

    def compiler(self, program: Program) -> str:
        return program.compiler

    def stimulus(self, program: Program, signal: Values) -> bytes:
        return firmware.stimulus(program, signal)

    def response(
        self, program: Program, record: tuple[str, ...], output: bytes, samples: int
    ) -> Trace:
        return firmware.response(program, record, output, samples)
