"""How commands show results: tables and JSON on stdout, progress on stderr; never computes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

if TYPE_CHECKING:
    from snncc.ir import Network
    from snncc.run import Outcome

FILE_COLUMNS = 200  # width of a table that no terminal limits


def show_json(value: object) -> None:
    """Print a value as indented JSON."""
    click.echo(json.dumps(value, indent=2))


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print one table; a terminal's width wraps it, a file's does not."""
    console = Console()
    if not console.is_terminal:
        console.width = FILE_COLUMNS
    table = Table(title=escape(title), title_justify="left", show_header=any(columns))
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))  # 'snncc[torch]' is not markup
    console.print(table)


def show_outcome(outcome: Outcome, console: Console) -> None:
    """Print how a build or a verification ended; in ASCII alone for pipes and NO_COLOR."""
    from snncc.report import outcome_lines

    plain = not console.is_terminal or console.no_color or not console.encoding.startswith("utf")
    for line in outcome_lines(outcome, plain=plain):
        click.echo(line, err=console.stderr)


def show_notes(notes: Iterable[str]) -> None:
    """Print notes on stderr, each a line or, as a failure's message, some bounded ones."""
    from snncc.ir import make_printable

    for note in notes:
        click.echo(f"note: {make_printable(note)}", err=True)


def show_saturated(saturated: Mapping[str, int], network: Network) -> None:
    """Say on stderr which inputs and nodes had to clip codes, and how many."""
    inputs = {node.name for node in network.inputs}
    for node, codes in saturated.items():
        if node in inputs:
            click.echo(
                f"note: {codes:,} values of input %{node} lie beyond what its format holds and are "
                "clipped; build again with --data that reach as far",
                err=True,
            )
            continue
        click.echo(
            f"note: %{node} clipped {codes:,} codes that its format cannot hold; build again with "
            "--data that drive it as far",
            err=True,
        )


def progress() -> Console:
    """The console that says what is going on; stdout stays for results."""
    return Console(stderr=True, highlight=False)


class Stages:
    """Progress bars on stderr, one for each stage that announces itself."""

    def __init__(self) -> None:
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
        self._bars = Progress(*columns, console=progress(), transient=True)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Stages:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def advance(self, stage: str, done: int, of: int) -> None:
        """Note that `done` of `of` samples, or of their ticks, are through a stage."""
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(escape(stage), total=of)
        self._bars.update(self._tasks[stage], completed=done, total=of)
