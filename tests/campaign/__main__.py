"""Random networks on every target: every wire, every warning, every refusal counted; resumable."""

from __future__ import annotations

import argparse
import collections
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from snncc.boards.toolchain import cache_directory

from .attempt import FAULTS, Record, campaign, preload
from .case import KINDS
from .refusals import CLASSES
from .reproduction import reproduce

CONSOLE = Console()


def main() -> int:
    """Runs what is not in the file of results yet, and prints what came of all of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--networks", type=int, default=1000, help="of each generator")
    parser.add_argument("--seed", type=int, default=0, help="of the first; the others follow")
    parser.add_argument("--jobs", type=int, default=1, help="networks at a time")
    parser.add_argument("--kinds", default=",".join(KINDS), help="generators: ops, modules")
    parser.add_argument("--json", type=Path, default=Path("build/networks.jsonl"))
    parser.add_argument("--keep", type=Path, default=Path("build/networks"), help="of faults")
    parser.add_argument("--only", default="", help="KIND:NUMBER, to look at one network")
    told = parser.parse_args()
    if told.only:
        kind, _, number = told.only.partition(":")
        asked = [(kind, int(number))]
    else:
        numbers = range(told.seed, told.seed + told.networks)
        asked = [(kind, number) for number in numbers for kind in told.kinds.split(",")]
    wanted = set(asked)
    known = [] if told.only else [r for r in stored(told.json) if (r.kind, r.number) in wanted]
    done = {(record.kind, record.number) for record in known}
    preload()
    with cache():
        waiting = [each for each in asked if each not in done]
        for records in shown(campaign(waiting, told.keep / "work", told.jobs), len(waiting)):
            known += records
            if not told.only:
                store(told.json, records)
            for record in records:
                if record.fault:
                    report(record, told.keep)
    summary(known)
    return any(record.fault for record in known)


def stored(path: Path) -> list[Record]:
    """The records of runs before; a last line that was cut off is left out."""
    if not path.is_file():
        return []
    lines = path.read_text().splitlines(keepends=True)
    return [Record.read(line) for line in lines if line.endswith("\n")]


def store(path: Path, records: Iterable[Record]) -> None:
    """Appends all records of a network at once, so that a run that is ended resumes after it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write("".join(f"{record.line}\n" for record in records))


def cache() -> tempfile.TemporaryDirectory[str]:
    """A folder for libraries of networks, which goes with the campaign; zig keeps what it has."""
    zig = cache_directory() / "zig"
    zig.mkdir(exist_ok=True)
    place = tempfile.TemporaryDirectory(prefix="snncc-networks-")
    (Path(place.name) / "snncc").mkdir()
    (Path(place.name) / "snncc" / "zig").symlink_to(zig)
    os.environ["XDG_CACHE_HOME"] = place.name
    return place


def shown(results: Iterator[list[Record]], total: int) -> Iterator[list[Record]]:
    """The results, with a bar that says how many there are and how many are at fault."""
    columns = (
        TextColumn("networks"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[faults]} at fault"),
        TimeRemainingColumn(),
    )
    faults = 0
    with Progress(*columns, console=CONSOLE) as progress:
        task = progress.add_task("networks", total=total, faults=0)
        for records in results:
            faults += any(record.fault for record in records)
            progress.update(task, advance=1, faults=faults)
            yield records


def report(record: Record, keep: Path) -> None:
    """Says what is wrong with a network, and how to see it again in as little as there is."""
    name = f"{record.kind}:{record.number}"
    place = f"{name} {record.stage} {record.result} {record.choice}"
    CONSOLE.print(f"{place}\n{record.told}", markup=False, highlight=False)
    CONSOLE.print(f"again: python -m tests.campaign --only {name}", highlight=False)
    if record.result in ("slow", "killed", "no module"):
        return
    where = reproduce(record, keep)
    if where is not None:
        CONSOLE.print(f"smallest: {where}", highlight=False)


def summary(records: Iterable[Record]) -> None:
    """Prints the tables: results of each stage, and rules × counts with their reasons."""
    results: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    rules: collections.Counter[tuple[str, str]] = collections.Counter()
    ways: collections.Counter[str] = collections.Counter()
    spiking: dict[str, list[bool]] = collections.defaultdict(list)
    for record in records:
        results[f"{record.kind} {record.stage}"][record.result] += 1
        ways.update(f"{record.stage} {way}" for way in record.ways)
        if record.rule:
            rules[record.stage, record.rule] += 1
        if record.stage == "import" and record.result == "equal":
            spiking[record.kind].append(record.spikes > 0)
    table = Table("generator, stage", "equal", "refused", *FAULTS)
    for stage, counts in sorted(results.items()):
        cells = ("equal", "refused", *FAULTS)
        table.add_row(stage, *(str(counts[cell] or "") for cell in cells))
    CONSOLE.print(table)
    table = Table("refused by", "stage", "networks", "why that is right")
    for (stage, rule), count in sorted(rules.items()):
        reasons = dict.fromkeys(each.why for each in CLASSES if each.rule == rule)
        table.add_row(rule, stage, str(count), "; ".join(reasons))
    CONSOLE.print(table)
    CONSOLE.print("compared: " + ", ".join(f"{way} {n}" for way, n in sorted(ways.items())))
    for kind, fires in spiking.items():
        CONSOLE.print(f"{kind}: {sum(fires)} of {len(fires)} networks spike")


if __name__ == "__main__":
    sys.exit(main())
