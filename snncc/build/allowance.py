"""Allowance: what `--budget` lets a build take of its target, and lose; decides nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from snncc.backends import Json
from snncc.ir import UsageError

FIGURES: Mapping[str, tuple[str, ...]] = {
    "flash": ("constant_bytes", "model_bytes"),
    "ram": ("state_bytes", "arena_bytes"),
    "cores": ("cores",),
}
"""What may be limited -> the figures of a target's report that count as it, the first there is."""
FACTORS = {"": 1, "k": 1 << 10, "m": 1 << 20}
SIZE = re.compile(r"(\d+)([km]?)")


@dataclass(frozen=True)
class Allowance:
    """Limits of a build.

    Attributes:
        most: `flash` or `ram` -> bytes, `cores` -> their number.
        points: of accuracy, or of equal answers, that integers may lose; None for any.
    """

    most: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    points: float | None = None

    @classmethod
    def parse(cls, text: str) -> Allowance:
        """The limits of a text such as `flash=64k,ram=8k,accuracy=-0.5`.

        Raises:
            UsageError: it is not such a text.
        """
        most: dict[str, int] = {}
        points: float | None = None
        for part in text.split(","):
            name, _, value = part.strip().partition("=")
            size = SIZE.fullmatch(value.lower())
            if name == "accuracy" and points is None and re.fullmatch(r"-?\d+(\.\d+)?", value):
                points = abs(float(value))
            elif name in FIGURES and name not in most and size is not None:
                most[name] = int(size[1]) * FACTORS[size[2]]
            else:
                raise UsageError(
                    f"--budget has '{part}'; expected flash=64k, ram=8k, cores=4 or accuracy=-0.5, "
                    "separated by commas, each once"
                )
        return cls(MappingProxyType(most), points)

    def read_figures(self, report: Mapping[str, Json]) -> dict[str, int]:
        """What a program takes of all that is limited.

        Raises:
            UsageError: its target does not count something.
        """
        found: dict[str, int] = {}
        for name in self.most:
            counted = [report[key] for key in FIGURES[name] if key in report]
            if not counted or not isinstance(counted[0], int):
                raise UsageError(f"--budget {name}: this target does not count it; leave it out")
            found[name] = counted[0]
        return found

    def count_beyond(self, figures: Mapping[str, int]) -> float:
        """How far beyond its limits a program is: the sum of shares; zero where it keeps all."""
        return sum(max(0.0, figures[name] / max(1, most) - 1) for name, most in self.most.items())
