"""A mutant that no test killed: the function, what was changed, and why it lives."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Survivor:
    """By function and changed lines: the numbers that mutmut gives change with the code."""

    function: str
    """Dotted: `snncc.ir.edit.insert`, `snncc.ir.nodes.Use.__str__`."""
    lines: tuple[str, ...]
    """Lines of the difference, `- before` and `+ after`, without their indent."""
    covered: bool = True

    @classmethod
    def of(cls, folder: Path, name: str, uncovered: bool) -> Survivor:
        """As mutmut shows the mutant."""
        command = (sys.executable, "-m", "mutmut", "show", name)
        shown = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        return cls(function(name), difference(shown.stdout), not uncovered)

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        """What survivors.toml is searched for."""
        return self.function, self.lines

    @property
    def shown(self) -> str:
        """For a report."""
        note = "" if self.covered else " (no test runs it)"
        return "\n".join((f"{self.function}{note}", *self.lines))


def function(name: str) -> str:
    """`snncc.ir.edit.insert` of `snncc.ir.edit.x_insert__mutmut_1`."""
    module, _, mangled = name.rpartition(".")
    plain = re.sub(r"__mutmut_\d+$", "", mangled)
    plain = plain.removeprefix("xǁ").replace("ǁ", ".") if "ǁ" in plain else plain.removeprefix("x_")
    return f"{module}.{plain}"


def difference(shown: str) -> tuple[str, ...]:
    """The changed lines of a unified difference."""
    lines = (line for line in shown.splitlines() if line.startswith(("-", "+")))
    return tuple(
        f"{line[0]} {line[1:].strip()}" for line in lines if not line.startswith(("---", "+++"))
    )


def listed() -> dict[tuple[str, tuple[str, ...]], str]:
    """Key of each known survivor → its reason."""
    groups = tomllib.loads(LIST.read_text()).get("survivor", [])
    return {
        (each["function"], tuple(change.strip().splitlines())): each["reason"].strip()
        for each in groups
        for change in each["changes"]
    }
