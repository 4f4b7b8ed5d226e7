"""What a program does in a tick, step by step, counted: no instruction yet, and no core."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from snncc.backends.c99 import Program

from .amounts import Amounts
from .array_steps import (
    count_dot,
    count_loop,
    count_matrix_product,
    count_normalise,
    count_pool_window,
    count_spread,
)
from .list_steps import (
    count_keep,
    count_pool_events,
    count_products,
    count_renumber,
    count_row_sums,
    count_scan,
    count_scatter,
    count_settle,
    count_unpack,
)
from .population_steps import count_population
from .wire_activity import Activity

TICK = "Tick"
"""The kind of what a tick does itself: calls, delay lines, scores."""

KINDS: Mapping[str, Callable[[Any, Activity, Program], Amounts]] = {
    "Population": lambda step, activity, program: count_population(step, activity),
    "RowSums": count_row_sums,
    "Scatter": count_scatter,
    "Products": count_products,
    "Settle": count_settle,
    "PoolEvents": count_pool_events,
    "Scan": count_scan,
    "Renumber": count_renumber,
    "Unpack": count_unpack,
    "Keep": count_keep,
    "Spread": count_spread,
    "Dot": count_dot,
    "Loop": count_loop,
    "MatrixProduct": count_matrix_product,
    "Normalise": count_normalise,
    "PoolWindow": count_pool_window,
}
"""Class of a step → how what it does is counted."""


def count_steps(program: Program, activity: Activity) -> tuple[tuple[str, Amounts], ...]:
    """Kind and counts of each step of a program, in order; the tick itself comes last."""
    found = [
        (kind := type(step).__name__, KINDS[kind](step, activity, program))
        for step in program.steps
    ]
    return (*found, (TICK, _count_tick(program, activity)))


def _count_tick(program: Program, activity: Activity) -> Amounts:
    rings = {wire.slots for wire in program.wires if wire.slots > 1}
    found = Amounts({"call": 1.0, "step": len(program.steps), "ring": len(rings)})
    if program.scored:
        reading = program.outputs[0].reading
        wire = next(w for w in program.wires if w.name == reading.wire)
        if wire.kind == "events":
            found["score.event"] = activity.count_events(reading)
        else:
            found["score"] = wire.size
    return found
