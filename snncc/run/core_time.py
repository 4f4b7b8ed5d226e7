"""How long a core takes for instructions that were counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from snncc.cost import Derived, Span
from snncc.cycles import count_instructions, find_core_model, read_memories

if TYPE_CHECKING:
    from snncc.boards import Board

ANY_CORE = Span(1.5, 0.5, 3.0)
"""Cycles of an instruction where the core has no model here, or its instructions no classes."""


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
    sources = f"{model.source}; {model.sure}"
    if memory:
        sources += "; ".join(("; flash: " + memory.source, *([memory.sure] if memory.sure else [])))
    return Derived(cycles.times(1e3 / hertz), "model", sources)
