"""The way from floats to integers for every trained zoo model and target, on its test split.

Rows are appended to `--rows FILE` as they are measured, and those that are there are not measured
again. `--page FILE` writes them as docs/losses.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import mean, pstdev

from rich.console import Console
from rich.table import Table

from benchmarks.workloads.losses_page import BARS, CELLS, MADE_BY, cells, losses_page
from benchmarks.workloads.whole_way import WAYS, Row, Way, measure_variants, measure_ways
from snncc.files import write_file
from snncc.ir import SnnccError, plugins
from snncc.zoo import names


def list_ways(targets: Iterable[str], weight_bits: int, *, searches: bool) -> Iterator[Way]:
    """The rows of a model: usual calibration, and after a search too if that is asked for."""
    for target, option, state_bits in WAYS:
        if target in targets:
            yield Way(target, option, state_bits, weight_bits, search=False)
            if searches:
                yield Way(target, option, state_bits, weight_bits, search=True)


def read_rows(path: Path | None) -> list[Row]:
    """What has been measured before; a line that was cut off is measured again."""
    rows = list[Row]()
    for line in path.read_text().splitlines() if path is not None and path.exists() else ():
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
    return rows


def measure_missing(
    model: str, ways: Iterable[Way], known: list[Row], most: int | None, path: Path | None
) -> Iterator[Row]:
    """The rows of a model that are not known yet, each written as soon as it is measured."""
    missing = [way for way in ways if not any(is_row(row, model, way, most) for row in known)]
    for row in measure_ways(model, missing, most) if missing else ():
        row["most"] = most
        if path is not None:
            with path.open("a") as file:
                file.write(f"{json.dumps(row)}\n")
        yield row


def is_row(row: Row, model: str, way: Way, most: int | None) -> bool:
    """Whether a row says what a way gives for a model."""
    asked = {"model": model, "most": most, **way.as_row()}
    return all(row.get(key) == value for key, value in asked.items())


def show_variants(models: list[str], ways: list[Way], count: int, most: int | None) -> None:
    """What integers lose that are as good as those of each row: mean, spread, and each."""
    table = Table("model", "target", "states", "points: mean", "standard deviation", "each")
    for name in models:
        for way in ways:
            try:
                points = [-each for each in measure_variants(name, way, count, most)]
            except SnnccError:
                continue  # the table says what is refused
            each = ", ".join(f"{point + 0.0:+.2f}" for point in points)
            cells = f"{mean(points):+.2f}", f"{pstdev(points):.2f}", each
            table.add_row(name, f"{way.target} {way.option}", str(way.state_bits), *cells)
    Console(width=160).print(table)


def main() -> None:
    """Measures the models named, or all trained ones, for the targets named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=names())
    parser.add_argument("--target", action="append", help="may be repeated")
    parser.add_argument("--weight-bits", type=int, default=8)
    parser.add_argument("--samples", type=int, help="of the test split, spread; all if left out")
    parser.add_argument("--search", action="store_true", help="also with a search: more rows")
    parser.add_argument("--variants", type=int, help="only: so many integer networks a row")
    parser.add_argument("--rows", type=Path, help="JSON lines; rows that are there are kept")
    parser.add_argument("--page", type=Path, help="all rows of --rows as a page of docs")
    parser.add_argument("--json", type=Path, help="the rows that were asked for, at the end")
    asked = parser.parse_args()
    targets = asked.target or list(plugins("snncc.backends"))
    ways = list(list_ways(targets, asked.weight_bits, searches=asked.search))
    if asked.variants:
        show_variants(asked.models, ways, asked.variants, asked.samples)
        return
    known = read_rows(asked.rows)
    for name in asked.models:
        for row in measure_missing(name, ways, known, asked.samples, asked.rows):
            known.append(row)
    shown = [
        row
        for name in asked.models
        for way in ways
        for row in known
        if is_row(row, name, way, asked.samples)
    ]
    table = Table(*CELLS, title=f"{asked.weight_bits}-bit weights; ! beyond {BARS}")
    for row in shown:
        table.add_row(*cells(row))
    Console(width=200).print(table)
    if asked.json:
        asked.json.write_text(json.dumps(shown, indent=2))
    if asked.page:
        write_file(asked.page, losses_page(known).encode(), mark=MADE_BY)


if __name__ == "__main__":
    main()
