"""How the work of each stage grows with a network: counted, not timed; one exponent an axis."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.workloads.counting import (
    Work,
    count_places,
    measure,
    steepness,
)
from benchmarks.workloads.growing import AXES, KINDS, Axis
from benchmarks.workloads.stages import ROUNDS, STAGES, Case, belongs
from snncc.ir import SnnccError

DECADES: Mapping[Axis, tuple[int, ...]] = {
    "neurons": (10, 100, 1_000, 10_000),
    "synapses": (100, 1_024, 10_000, 100_489),
    "ticks": (10, 100, 1_000, 10_000),
    "samples": (1, 10, 100, 1_000),
    "layers": (1, 10, 100, 1_000),
}
"""Three of them for each axis; more with --more."""
LARGER: Mapping[Axis, tuple[int, ...]] = {
    "neurons": (100_000,),
    "synapses": (1_000_000,),
    "ticks": (100_000, 1_000_000),
}
STEEPEST = 1.1
AMOUNTS = "lines", "peak_bytes", "made"
"""What is counted, the same in every run; seconds are shown beside it."""
SECONDS = 60.0
"""A stage that takes so long at one size is not run at the next."""


@dataclass
class Row:
    """One stage along one axis: what was counted up to the last size, or to its limit.

    Attributes:
        found: size → work.
        refused: the limit of a target that the next size meets; empty if none does.
    """

    axis: Axis
    stage: str
    kind: str
    found: list[tuple[int, Work]] = field(default_factory=list[tuple[int, Work]])
    refused: str = ""
    slow: bool = False

    def measure(self, case: Case) -> None:
        """Adds the work at the size of a case, unless the last one took too long or was refused.

        Lines are those of a round, where a stage computes in more of them along the axis.
        """
        if self.slow or self.refused:
            return
        try:
            work = measure(STAGES[self.stage](case))
        except SnnccError as error:  # a limit of a target is a result here
            self.refused = f"{type(error).__name__}: {error}".splitlines()[0]
            return
        key = self.axis, self.stage
        rounds = ROUNDS[key](case) if key in ROUNDS else 1
        self.found.append((case.size, replace(work, lines=work.lines // rounds)))
        self.slow = work.seconds > SECONDS / 10

    def as_json(self) -> dict[str, Any]:
        """As `--json` writes it."""
        result: dict[str, Any] = {
            "axis": self.axis,
            "kind": self.kind,
            "stage": self.stage,
            "by": "tick of the chip" if (self.axis, self.stage) in ROUNDS else "",
            "sizes": [size for size, _ in self.found],
            "refused": self.refused,
        }
        for name in (*AMOUNTS, "seconds"):
            amounts = [getattr(work, name) for _, work in self.found]
            result[name] = amounts
            if len(self.found) > 2:
                result[f"{name}_exponent"] = steepness(result["sizes"], amounts)
        return result


def measure_rows(
    axis: Axis, stages: Sequence[str], kind: str, sizes: Sequence[int]
) -> Iterator[dict[str, Any]]:
    """The lines of the table along an axis; a network is made once a size for all stages."""
    rows = [Row(axis, stage, kind) for stage in stages]
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            case = Case(axis, size, kind, Path(folder))
            for row in rows:
                row.measure(case)
    yield from (row.as_json() for row in rows)


def superlinear(axis: Axis, stage: str, kind: str, size: int) -> list[tuple[int, str]]:
    """How much more often than in proportion a line is executed, and where it stands.

    Between a size and twice that size, and again, a line in proportion is executed twice as often.
    """
    counts: list[Counter[tuple[str, int]]] = []
    for times in (1, 2, 4):
        with tempfile.TemporaryDirectory() as folder:
            call = STAGES[stage](Case(axis, times * size, kind, Path(folder)))
            call()
            counts.append(count_places(call))
    first, second, third = counts
    more = {at: third[at] - second[at] - 2 * (second[at] - first[at]) for at in third}
    found = [(n, at) for at, n in more.items() if n > 50 and n > 0.02 * third[at]]
    return [(n, f"{file}:{line}") for n, (file, line) in sorted(found, reverse=True)]


def judge(found: Mapping[str, Any], sizes: Sequence[int]) -> list[str]:
    """What is wrong with a row, a sentence each: too steep, or not measured and not refused."""
    what = f"{found['stage']} over {found['axis']}"
    wrong = [
        f"{what}: {name} grow with exponent {found[f'{name}_exponent']:.2f}, above {STEEPEST}"
        for name in AMOUNTS
        if found.get(f"{name}_exponent", 0.0) > STEEPEST
    ]
    if len(found["sizes"]) < len(sizes) and not found["refused"]:
        wrong.append(f"{what}: measured up to {max(found['sizes'], default=0):,} alone")
    return wrong


def main() -> int:
    """Prints the table of the axes and stages that are asked for, and writes it as JSON.

    Returns: 1 where something grows too fast.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--axis", action="append", choices=AXES)
    parser.add_argument("--stage", action="append", choices=STAGES)
    parser.add_argument("--kind", choices=KINDS, default="dense", help="of the layers")
    parser.add_argument("--most", type=int, help="the largest size")
    parser.add_argument("--more", action="store_true", help="larger sizes, too")
    parser.add_argument("--where", type=int, metavar="SIZE", help="the lines that grow too fast")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.where:
        _show_lines(given.axis or AXES, given.stage or [*STAGES], given.kind, given.where)
        return 0
    rows: list[dict[str, Any]] = []
    wrong: list[str] = []
    table = Table("axis", "stage", "sizes", *(c for name in COLUMNS for c in (name, "exp.")))
    for axis in given.axis or AXES:
        every = DECADES[axis] + (LARGER.get(axis, ()) if given.more else ())
        sizes = [size for size in every if not given.most or size <= given.most]
        stages = given.stage or [stage for stage in STAGES if belongs(axis, stage)]
        for found in measure_rows(axis, stages, given.kind, sizes):
            rows.append(found)
            wrong += judge(found, sizes)
            print(json.dumps(found), file=sys.stderr, flush=True)
            _add(table, found)
    Console(width=160).print(table)
    print(
        *(f"{row['stage']} over {row['axis']}: {row['refused']}" for row in rows if row["refused"]),
        sep="\n",
    )
    print(f"{sum(os.times()[:4]):,.0f} s of the processor, those of compilers included")
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n")
    print(*wrong, sep="\n", file=sys.stderr)
    return 1 if wrong else 0


COLUMNS: Mapping[str, str] = {
    "lines": "lines",
    "peak MB": "peak_bytes",
    "made": "made",
    "s": "seconds",
}


def _show_lines(axes: Sequence[Axis], stages: Sequence[str], kind: str, size: int) -> None:
    for axis in axes:
        for stage in stages:
            print(f"{axis} {stage}")
            for count, place in superlinear(axis, stage, kind, size)[:20]:
                print(f"  {count:>10,}  {place}")


def _add(table: Table, found: Mapping[str, Any]) -> None:
    cells: list[str] = []
    for title, name in COLUMNS.items():
        last = found[name][-1] if found[name] else 0
        shown = f"{last:,}" if title in ("lines", "made") else f"{last:.2f}"
        cells.append(f"{last / 1e6:.1f}" if title == "peak MB" else shown)
        value = found.get(f"{name}_exponent")
        cells.append("" if value is None else f"{value:.2f}")
    sizes = f"{found['sizes'][0]:,}-{found['sizes'][-1]:,}" if found["sizes"] else "refused"
    stage = f"{found['stage']}, by {found['by']}" if found["by"] else found["stage"]
    table.add_row(found["axis"], stage, sizes, *cells)


if __name__ == "__main__":
    sys.exit(main())
