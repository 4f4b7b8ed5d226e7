"""Dimensions of fields, roles, kinds of states and of outputs: the words in which an op speaks.

Which of them every op must state is in `op.py`; the types of fields by name are in `fields.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Role:
    """One thing of an op that has a number format of its own.

    Attributes:
        name: what formats are keyed by, and what the text prints.
        factor: whether the format is a `Factor` (a multiplier) rather than a `Quantity`.
        optional: whether an integer network may go without (a bias that is not there).
    """

    name: str
    factor: bool = False
    optional: bool = False


POTENTIAL = Role("v")
"""The role of the potential: every voltage counts in its unit."""


class Measure(Enum):
    """What the values of a field are; passes and text ask for this, never for a field's name."""

    VOLTAGE = "a voltage"
    CURRENT = "a current"
    FACTOR = "a factor"
    WEIGHT = "weights"
    OFFSET = "an offset"
    INDEX = "indices"
    COUNT = "a count"
    TICKS = "ticks"
    CHOICE = "a word"
    EXTENT = "an extent"
    NUMBER = "a number"


@dataclass(frozen=True, slots=True)
class Dimension:
    """What a field of an op is, stated in its type: `Annotated[form, Dimension(...)]`.

    The dimensions that ops use are in `snncc/ir/op/fields.py`, by name.

    Attributes:
        measure: what the values are.
        least: the smallest value that is accepted, if there is one.
        most: the largest value that is accepted, if there is one.
        endless: whether -inf is accepted, and stands for none.
        options: the words that are accepted, of a choice.
    """

    measure: Measure
    least: float | None = None
    most: float | None = None
    endless: bool = False
    options: tuple[str, ...] = ()

    def role(self, field: str) -> Role | None:
        """The role in whose unit a field of that name counts, or whose factor it is."""
        match self.measure:
            case Measure.VOLTAGE | Measure.CURRENT:
                return POTENTIAL
            case Measure.FACTOR:
                return Role(field, factor=True)
            case Measure.WEIGHT:
                return Role(field)
            case Measure.OFFSET:
                return Role(field, optional=True)
            case _:
                return None

    def check(self, field: str, values: npt.NDArray[np.float64]) -> None:
        """Refuses numbers out of range.

        Raises:
            ValueError: names the field, the range and what was found.
        """
        if self.endless and np.all(np.isneginf(values)):
            return
        low = self.least is None or bool(np.all(values >= self.least))
        high = self.most is None or bool(np.all(values <= self.most))
        if low and high:
            return
        ends = (repr(float(end)).removesuffix(".0") for end in (values.min(), values.max()))
        found = "found " + " to ".join(dict.fromkeys(ends))
        if self.least is not None and self.most is not None:
            raise ValueError(f"{field} lies between {self.least:g} and {self.most:g}, {found}")
        if self.least is not None:
            raise ValueError(f"{field} is at least {self.least:g}, {found}")
        raise ValueError(f"{field} is at most {self.most:g}, {found}")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an op class: the Python type of its values, and what they are."""

    form: object
    dimension: Dimension


StateKind: TypeAlias = Literal["real", "count", "ticks"]


@dataclass(frozen=True, slots=True)
class State:
    """A value per neuron that an op carries from one tick to the next.

    Attributes:
        name: what wires and texts call it.
        kind: real, in the format of a role; a count of spikes; or ticks. Counts and ticks are
            integers from zero up, in ones, in every arithmetic.
        role: of a real state, the role whose format it has.
        most: of a count or of ticks, the largest value.
    """

    name: str
    kind: StateKind
    role: str = ""
    most: int = 0

    @property
    def real(self) -> bool:
        """Whether the state counts in a unit, rather than in ones."""
        return self.kind == "real"

    @property
    def lacks(self) -> str:
        """Name of the attribute that this kind of state must state and does not; empty if none."""
        if self.real:
            return "" if self.role else "role"
        return "" if self.most > 0 else "most"


class Output(Enum):
    """What an op puts out; from it follow the unit and the range of the wire.

    SPIKES: how many spikes in this tick, an integer from 0 to `counts`, in ones.
    POTENTIAL: the potential itself, in the unit of the role `v`.
    CURRENT: sums of weights, in a unit that `quantize` chooses (the role `weight`).
    HELD: a real value in the format of the role that `held` names, whatever the inputs are.
    EVENTS: graded spikes: as HELD, and zero where there is no spike.
    INPUT: what the user feeds in.
    MOVED: each value is one of the input's, or zero; the unit stays.
    SUMMED: sums of the inputs' values; the unit stays.
    SCALED: the inputs' values times constants, plus constants; the unit stays.
    AVERAGED: sums of the inputs' values, in a unit that is finer by a known number.
    MULTIPLIED: products of the inputs' values, in the product of their units.
    """

    SPIKES = "spikes"
    POTENTIAL = "potential"
    CURRENT = "current"
    HELD = "held"
    EVENTS = "events"
    INPUT = "input"
    MOVED = "moved"
    SUMMED = "summed"
    SCALED = "scaled"
    AVERAGED = "averaged"
    MULTIPLIED = "multiplied"
