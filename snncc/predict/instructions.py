"""Predicted: instructions of a tick on a core, by step; counts nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TypeAlias

import msgspec

from snncc.backends.c99 import Program
from snncc.ir import Network, Values

from .amounts import Amounts
from .step_counts import count_steps
from .wire_activity import Activity

Coefficients: TypeAlias = dict[str, dict[str, dict[str, float]]]
"""Core → kind of step → what is counted → instructions of one."""

CORES: Mapping[str, str] = MappingProxyType(
    {
        "Cortex-M0+": "Cortex-M0+",
        "Cortex-M4": "Cortex-M4",
        "Cortex-M7": "Cortex-M4",
        "Cortex-M33": "Cortex-M4",
        "RV32IMC": "RV32IMC",
        "RV32IMAC": "RV32IMC",
    }
)
"""Core of a board → the core that was measured: the next has the same instructions and lanes."""


@dataclass(frozen=True)
class Predicted:
    """Instructions of a tick that were not counted but follow from counts.

    Attributes:
        core: as the catalogue of boards calls it.
        steps: node of each step of C and its instructions, in order; of the tick itself the node is
            empty.
    """

    core: str
    steps: tuple[tuple[str, float], ...]

    @property
    def total(self) -> float:
        """Instructions of a tick."""
        return sum(instructions for _, instructions in self.steps)

    @property
    def by_node(self) -> Amounts:
        """Node → its instructions; those of the tick itself under no name."""
        found = Amounts()
        for node, instructions in self.steps:
            found[node] += instructions
        return found


def predict_instructions(
    program: Program, network: Network, signal: Values, core: str
) -> Predicted | None:
    """Instructions of a tick on a core, the mean over the ticks of a signal.

    Of firmware as it ships, by the Clang that snncc brings, at -Os.

    Args:
        program: lowered.
        network: that it was lowered from, in integers.
        signal: `[samples, ticks, *shape]`.
        core: as the catalogue of boards calls it.

    Returns:
        None where this core was not measured, or no step of one of the kinds was.
    """
    prices = read_coefficients().get(CORES.get(core, ""))
    if prices is None:
        return None
    counted = count_steps(program, Activity.of(network, signal))
    if any(kind not in prices for kind, _ in counted):
        return None
    nodes = [find_node(step) for step in program.steps]
    amounts = [
        sum(prices[kind].get(name, 0.0) * times for name, times in counts.items())
        for kind, counts in counted
    ]
    return Predicted(core, tuple(zip([*nodes, ""], amounts, strict=True)))


def predict_program(
    program: object, network: Network, signal: Values, core: str
) -> Predicted | None:
    """The same for a program of any target; None where it is not C of ours."""
    if not isinstance(program, Program):
        return None
    return predict_instructions(program, network, signal, core)


def find_node(step: object) -> str:
    """The node that a step of C is for: its own, or that whose signal it copies."""
    if isinstance(node := getattr(step, "node", None), str):
        return node
    target = getattr(step, "target", "")
    return str(target).rpartition("_")[0]


@cache
def read_coefficients() -> Coefficients:
    """Instructions that one of everything costs, as they were measured."""
    text = (files("snncc.predict") / "coefficients.json").read_bytes()
    return msgspec.json.decode(text, type=Measured).cores


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of coefficients.

    Attributes:
        source: what they were measured with.
        cores: the coefficients.
    """

    source: str
    cores: Coefficients
