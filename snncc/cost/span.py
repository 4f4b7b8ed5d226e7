"""Span: a value with the range that it may lie in; Derived: one that says its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from snncc.backends import Json

Fidelity: TypeAlias = Literal["measured", "model", "convention", "bound"]
"""Measured on silicon; a model of a chip; a convention of papers; a bound and no more."""


@dataclass(frozen=True)
class Span:
    """A value and the range that it may lie in; who keeps one says its unit."""

    value: float
    low: float
    high: float

    def __add__(self, other: Span) -> Span:
        return Span(self.value + other.value, self.low + other.low, self.high + other.high)

    def times(self, factor: float) -> Span:
        """So many times this."""
        return Span(factor * self.value, factor * self.low, factor * self.high)

    @property
    def ends(self) -> tuple[float, float, float]:
        """The value, the least and the most."""
        return self.value, self.low, self.high

    def as_json(self) -> dict[str, Json]:
        """As `estimate --json` prints it."""
        return {"value": self.value, "low": self.low, "high": self.high}


NOTHING = Span(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Derived:
    """A span, how far to trust it, and what it follows from."""

    span: Span
    fidelity: Fidelity
    source: str

    def as_json(self) -> dict[str, Json]:
        """As `estimate --json` prints it."""
        return {**self.span.as_json(), "fidelity": self.fidelity, "source": self.source}
