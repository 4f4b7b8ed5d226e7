"""The types in which an op states its fields: each says what the field's values are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, TypeAlias, TypeGuard, get_args

from ..param import Param, Ref
from .dimensions import Dimension, Field, Measure

Pads: TypeAlias = tuple[tuple[int, int], ...]
"""Zeros before and after, per axis; the two may differ."""

Voltage: TypeAlias = Annotated[Param, Dimension(Measure.VOLTAGE)]
"""In the unit of the potential.

A promise: an op whose inputs, voltages and currents are all multiplied by one positive factor puts
out the same spikes, and its real states are multiplied by that factor.
"""
Floor: TypeAlias = Annotated[Param, Dimension(Measure.VOLTAGE, most=0.0, endless=True)]
"""A voltage of zero or less below which nothing falls; -inf for none."""
Current: TypeAlias = Annotated[Param, Dimension(Measure.CURRENT)]
"""Added to the op's input in every tick, in the unit of the potential."""
Multiplier: TypeAlias = Annotated[Param, Dimension(Measure.FACTOR)]
"""Multiplies a state or a signal; without a unit."""
Decay: TypeAlias = Annotated[Param, Dimension(Measure.FACTOR, least=0.0, most=1.0)]
"""A factor per tick from 0 to 1."""
Weights: TypeAlias = Annotated[Ref, Dimension(Measure.WEIGHT)]
Offset: TypeAlias = Annotated[Param, Dimension(Measure.OFFSET)]
"""Added to a signal, in its unit."""
Bias: TypeAlias = Annotated[Ref | None, Dimension(Measure.OFFSET)]
"""Added to sums of weights, in their unit; or none."""
Indices: TypeAlias = Annotated[Ref, Dimension(Measure.INDEX)]
Count: TypeAlias = Annotated[int, Dimension(Measure.COUNT, least=1)]
"""How many; at least one."""
Ticks: TypeAlias = Annotated[int, Dimension(Measure.TICKS, least=0)]
Extent: TypeAlias = Annotated[int, Dimension(Measure.EXTENT)]
Extents: TypeAlias = Annotated[tuple[int, ...], Dimension(Measure.EXTENT)]
Padding: TypeAlias = Annotated[Pads, Dimension(Measure.EXTENT)]
Number: TypeAlias = Annotated[float, Dimension(Measure.NUMBER)]
"""A number that is not a parameter of single neurons, and without a unit."""


def choice(*options: str) -> Dimension:
    """The dimension of a word among several.

    As in `reset: Annotated[str, choice("subtract", "none")]`.
    """
    return Dimension(Measure.CHOICE, options=options)


def _are_integers(value: object) -> TypeGuard[tuple[int, ...]]:
    return isinstance(value, tuple) and all(isinstance(each, int) for each in value)


READABLE: Mapping[object, tuple[str, Callable[[object], bool]]] = {
    Param: ("a number or a @tensor", lambda value: isinstance(value, int | float | Ref)),
    Ref: ("a @tensor", lambda value: isinstance(value, Ref)),
    Ref | None: ("a @tensor", lambda value: isinstance(value, Ref)),
    str: ("a word in quotes", lambda value: isinstance(value, str)),
    int: ("an integer", lambda value: isinstance(value, int)),
    float: ("a number", lambda value: isinstance(value, int | float)),
    tuple[int, ...]: ("a list of integers", _are_integers),
    Pads: (
        "a list of pairs",
        lambda value: (
            isinstance(value, tuple) and all(_are_integers(v) and len(v) == 2 for v in value)
        ),
    ),
}
"""Python type of a field → how a message calls what the text takes, and whether a value is that."""

EXAMPLES = "Voltage, Current, Decay, Multiplier, Count, Ticks or choice(...)"


def field_of(hint: object) -> Field:
    """What a field is, from its type.

    Raises:
        ValueError: the type has no dimension, or the text form cannot read its values back.
    """
    form, *marks = get_args(hint) if hasattr(hint, "__metadata__") else (hint,)
    dimensions = [mark for mark in marks if isinstance(mark, Dimension)]
    try:
        readable = form in READABLE
    except TypeError:  # not every form is hashable
        readable = False
    if not readable:
        raise ValueError(
            f"has the type {_name(form)}, which the text form cannot read back; state a type of "
            "snncc.ir.op"
        )
    if len(dimensions) != 1:
        raise ValueError(
            f"has the type {_name(form)}, which does not say what it is; state a type of "
            f"snncc.ir.op, such as {EXAMPLES}"
        )
    return Field(form, dimensions[0])


def _name(form: object) -> str:
    return form.__name__ if isinstance(form, type) else str(form)
