"""How commands show results: tables and JSON on stdout, progress on stderr; never computes."""

import json
from collections.abc import Iterable, Sequence

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table


def show_json(value: object) -> None:
    """Print a value as indented JSON."""
    click.echo(json.dumps(value, indent=2))


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print one table; a terminal's width wraps it, a file's does not."""
    console = Console(soft_wrap=False)
    if not console.is_terminal:
        console.width = 200
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))  # 'snncc[torch]' is no markup
    console.print(table)


def progress() -> Console:
    """The console that says what is going on; stdout stays for results."""
    return Console(stderr=True, highlight=False)
