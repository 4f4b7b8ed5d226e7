"""Which wires a step reads and which it fills. Never: a decision."""

from __future__ import annotations

from .event_steps import Keep, Population, Renumber, RowSums
from .program import Step
from .storage import Reading
from .value_steps import Loop, MatrixProduct


def read_by(step: Step) -> tuple[Reading, ...]:
    """What a step reads."""
    if isinstance(step, Population):
        return (*(g.source for g in step.gathers), *step.currents, *step.sums)
    if isinstance(step, RowSums):
        return (step.gathers[0].source,)
    if isinstance(step, Loop):
        return step.sources
    if isinstance(step, Renumber):
        return tuple(reading for reading, _ in step.sources)
    if isinstance(step, MatrixProduct):
        return step.left, step.right
    return () if isinstance(step, Keep) else (step.source,)


def list_filled(step: Step) -> tuple[str, ...]:
    """Names of the wires that a step fills, wholly or in part."""
    if isinstance(step, Population):
        exposed = (wire for _, wire in step.exposed)
        return tuple(name for name in (step.events, step.values, *exposed) if name)
    return (step.target,)
