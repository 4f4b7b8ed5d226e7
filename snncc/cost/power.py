"""Power: what a board or a chip draws for as long as it computes, and asleep after that."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta, Struct

from snncc.ir import UsageError

from .span import Span

Drawn = Annotated[float, Meta(ge=0, le=1e9)]
Above = Annotated[float, Meta(gt=0, le=1e9)]
Sentence = Annotated[str, Meta(min_length=1, max_length=1_000)]


class Power(Struct, frozen=True, forbid_unknown_fields=True):
    """What is drawn, as a datasheet says it or as a user measured it.

    Attributes:
        source: where it is written.
        watts: drawn while it computes; or instead of it:
        milliamperes, volts: the current, at this voltage.
        low, high: where the watts or milliamperes may lie; the value itself where left out.
        megahertz: the clock at which it is drawn; None: at any.
        asleep_microamperes: drawn between ticks, at the same voltage; None: that is not known.
        sure: under which conditions, and how sure it is, in words.
    """

    source: Sentence
    watts: Above | None = None
    milliamperes: Above | None = None
    volts: Above | None = None
    low: Above | None = None
    high: Above | None = None
    megahertz: Above | None = None
    asleep_microamperes: Drawn | None = None
    sure: str = ""

    @property
    def awake(self) -> Span:
        """Watts while it computes."""
        value, unit = self._find_value()
        low = value if self.low is None else self.low
        high = value if self.high is None else self.high
        return Span(value, low, high).times(unit)

    @property
    def hertz(self) -> float | None:
        """The clock at which it is drawn."""
        return None if self.megahertz is None else 1e6 * self.megahertz

    @property
    def asleep(self) -> float | None:
        """Watts between ticks."""
        if self.asleep_microamperes is None or self.volts is None:
            return None
        return 1e-6 * self.asleep_microamperes * self.volts

    def draw(self, milliseconds: Span, whole: float) -> Span:
        """Microjoules that are drawn by a tick: while it is computed, and asleep after that.

        Args:
            milliseconds: that it takes, at the clock at which the power is drawn.
            whole: milliseconds that the tick stands for.
        """
        spent = Span(
            *(
                1e3 * taken * drawn
                for taken, drawn in zip(milliseconds.ends, self.awake.ends, strict=True)
            )
        )
        if self.asleep is not None:
            # The longer a tick takes, the shorter is the rest of it.
            rest = Span(*(max(0.0, whole - taken) for taken in milliseconds.ends))
            spent += rest.times(1e3 * self.asleep)
        return spent

    def check(self) -> None:
        """Raises ValueError, with what is wrong, where its numbers do not go together."""
        current = (self.milliamperes is None, self.volts is None)
        if current != ((self.watts is not None,) * 2):
            raise ValueError("give either watts, or milliamperes and volts")
        if self.asleep_microamperes is not None and self.volts is None:
            raise ValueError("asleep_microamperes need volts")
        found = self.awake
        if not found.low <= found.value <= found.high:
            raise ValueError("the power is not within its own range")

    def _find_value(self) -> tuple[float, float]:
        """What is drawn, and how many watts one of it is."""
        if self.watts is not None:
            return self.watts, 1.0
        return self.milliamperes or 0.0, 1e-3 * (self.volts or 0.0)

    def __str__(self) -> str:
        if self.watts is not None:
            return f"{self.watts:g}W"
        clock = "" if self.megahertz is None else f"@{self.megahertz:g}MHz"
        asleep = "" if self.asleep_microamperes is None else f",{self.asleep_microamperes:g}uA"
        return f"{self.milliamperes:g}mA{clock},{self.volts:g}V{asleep}"


def parse_current(text: str) -> Power:
    """What a user says that a board draws: `6.5mA@64MHz,3V`, or `6.5mA@64MHz,3V,2.6uA`.

    The last is drawn asleep between ticks. The units may be left out.

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
    return Power(
        source="the current given",
        milliamperes=values[0],
        megahertz=values[1],
        volts=values[2],
        asleep_microamperes=None if found[4] is None else float(found[4]),
    )
