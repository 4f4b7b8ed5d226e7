"""What a user asks of a project: `--option` project, window, labels and version, read and checked.

The kinds of project are a table in `project_kinds.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from snncc.ir import UsageError

from .project_kinds import LAYOUTS, require_kind

OPTIONS: Mapping[str, str] = {
    "project": f"also write a whole project: {', '.join(sorted(LAYOUTS))}",
    "window": "ticks after which a project answers and starts over; else those of a sample",
    "labels": "what the classes are called, with commas between; else as the data set says",
    "version": "of the library that is written, three numbers; else 1.0.0",
}
"""What any target that writes projects understands."""

GUESSED_TICKS = 100
VERSION = re.compile(r"(0|[1-9]\d{0,5})(\.(0|[1-9]\d{0,5})){2}")
LARGEST_WINDOW = (1 << 31) - 1  # ticks; what an unsigned of 32 bits counts


@dataclass(frozen=True)
class Delivery:
    """How a network is handed over.

    Attributes:
        project: kind of project to write around the sources; empty: none.
        ticks: after which the network is read and starts over.
        guessed: not stated by anyone.
        held: one measurement is shown at all of these ticks, as a still image is.
        labels: what the classes are called, in order; empty if unknown.
        version: of the library.
    """

    project: str = ""
    ticks: int = GUESSED_TICKS
    guessed: bool = True
    held: bool = False
    labels: tuple[str, ...] = ()
    version: str = "1.0.0"

    @classmethod
    def of(
        cls,
        options: Mapping[str, str],
        shown: tuple[int, bool] | None,
        named: tuple[str, ...],
        classes: int,
    ) -> Delivery:
        """What the options ask for.

        Args:
            options: of the target; others than ours are left alone.
            shown: ticks of a sample of the data, and whether they all show the same; None: no data.
            named: what the data set calls its classes; empty if unknown.
            classes: how many scores the network gives.

        Raises:
            UsageError: an option has a value that it does not take.
        """
        ticks, held = shown or (GUESSED_TICKS, False)
        window = _window(options.get("window", ""))
        return cls(
            require_kind(options.get("project", "")),
            window or ticks,
            not window and shown is None,
            held,
            _labels(options.get("labels", ""), classes) or named,
            _version(options.get("version", cls.version)),
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know, a sentence each."""
        if not self.project or not self.guessed:
            return ()
        return (
            f"the {self.project} project answers after {self.ticks} ticks, which is a guess, as no "
            "data say how many a sample has; give --data FILE.npz or --option window=TICKS",
        )


UNASKED = Delivery()
"""Of a network without any request."""


def _window(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and 0 < int(text[:11]) <= LARGEST_WINDOW):
        raise UsageError(f"--option window takes a number of ticks above zero, found '{text}'")
    return int(text)


def _labels(text: str, classes: int) -> tuple[str, ...]:
    found = tuple(label.strip() for label in text.split(",")) if text else ()
    if found and len(found) != classes:
        raise UsageError(
            f"--option labels names {len(found)} classes, the network has {classes}; give one name "
            "for each, with commas between"
        )
    if not all(label.isprintable() and label for label in found):
        raise UsageError("--option labels has an empty name, or one that cannot be printed")
    return found


def _version(text: str) -> str:
    if not VERSION.fullmatch(text):
        raise UsageError(f"--option version takes three numbers such as 1.2.0, found '{text}'")
    return text
