"""How long a core takes for instructions that were counted, and what it draws meanwhile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snncc.cost import Derived, Span
from snncc.cycles import count_instructions, find_core_model, read_memories
from snncc.ir import UsageError

if TYPE_CHECKING:
    from snncc.boards import Board

ANY_CORE = Span(1.5, 0.5, 3.0)
"""Cycles of an instruction where the core has no model here, or its instructions no classes."""


@dataclass(frozen=True)
class Current:
    """What a board draws at a clock and a voltage: `6.5mA@64MHz,3V`.

    And while it sleeps between ticks, where that is given: `6.5mA@64MHz,3V,2.6uA`.
    """

    amperes: float
    hertz: float
    volts: float
    asleep: float | None = None  # amperes

    @classmethod
    def parse(cls, text: str) -> Current:
        """Reads `mA@MHz,V` or `mA@MHz,V,uA`; the units may be left out.

        Raises:
            UsageError: it is not that.
        """
        number = r"(\d+(?:\.\d+)?)"
        form = rf"{number}(?:mA)?@{number}(?:MHz)?,{number}V?(?:,{number}(?:uA|µA)?)?"
        found = re.fullmatch(form, text.strip())
        values = [float(each) for each in found.groups()[:3]] if found else []
        if not found or not all(values):
            raise UsageError(
                f"'{text}' is not a current such as 6.5mA@64MHz,3V or, with what it draws asleep, "
                "6.5mA@64MHz,3V,2.6uA"
            )
        asleep = None if found[4] is None else float(found[4]) / 1e6
        return cls(values[0] / 1e3, values[1] * 1e6, values[2], asleep)

    def __str__(self) -> str:
        asleep = "" if self.asleep is None else f",{self.asleep * 1e6:g}uA"
        return f"{self.amperes * 1e3:g}mA@{self.hertz / 1e6:g}MHz,{self.volts:g}V{asleep}"

    def draw(self, milliseconds: Span, whole: float) -> Derived:
        """Microjoules that are drawn by a tick: while it is computed, and asleep after that.

        Args:
            milliseconds: that the core takes.
            whole: milliseconds that the tick stands for.
        """
        spent = milliseconds.times(1e3 * self.amperes * self.volts)
        if self.asleep is not None:
            # The longer a tick takes, the shorter is the rest of it.
            rest = Span(*(max(0.0, whole - taken) for taken in milliseconds.ends))
            spent += rest.times(1e3 * self.asleep * self.volts)
        return Derived(spent, "model", f"the current given, {self}")


def time_instructions(
    count: float, classes: Mapping[str, float], board: Board, hertz: float
) -> Derived:
    """Milliseconds that a board's core takes for instructions.

    Args:
        count: of instructions.
        classes: how often each class of instruction ran, in these or in others of the same kind.
        board: whose core and flash it is.
        hertz: its clock.
    """
    model, counted = find_core_model(board.core), count_instructions(classes)
    if model is None or not counted:
        why = "no model of this core" if model is None else "its instructions were not told apart"
        return Derived(ANY_CORE.times(1e3 * count / hertz), "bound", f"{why}: of any small core")
    memory = read_memories().get(board.name.removesuffix("-emulated"))
    cycles = model.time(classes, memory).times(count / counted)
    sources = f"{model.source}; {model.sure}" + (f"; flash: {memory.source}" if memory else "")
    return Derived(cycles.times(1e3 / hertz), "model", sources)
