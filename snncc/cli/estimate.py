"""`snncc estimate`: what bundles cost, side by side; estimates nothing itself."""

from __future__ import annotations

from pathlib import Path

import click

from .display import progress, show_json, show_notes, show_table
from .failures import debug_option
from .options import BUNDLE, board_option, data_option, json_option


@click.command("estimate")
@click.argument("bundles", type=BUNDLE, nargs=-1, required=True, metavar="BUNDLE...")
@data_option
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="NAME|FILE.toml",
    help="A model of energy, as in docs/cost.md; may be repeated.",
)
@board_option
@click.option(
    "--current",
    metavar="mA@MHz,V[,uA]",
    help="What the board draws while it computes, such as 6.5mA@64MHz,3V.",
)
@json_option
@debug_option
def command(
    bundles: tuple[Path, ...],
    data: Path | None,
    profiles: tuple[str, ...],
    board: str | None,
    current: str | None,
    as_json: bool,
) -> None:
    """Show what each BUNDLE costs on data: operations, time of a tick, energy, memory.

    Operations are counted by the integer reference; instructions on the emulated core. Energy is
    by each profile, which says how far it is to be trusted.
    """
    from snncc.bundle import Bundle
    from snncc.cost import parse_current
    from snncc.report import estimate_rows, layer_rows
    from snncc.run import estimate

    drawn = None if current is None else parse_current(current)
    with progress().status("counting what the bundles do"):
        found = [
            estimate(Bundle.open(path), data, profiles, board=board, current=drawn)
            for path in bundles
        ]
    if as_json:
        show_json([each.as_json() for each in found])
        return
    show_table(
        "what it costs, per inference", ("", *(e.bundle for e in found)), estimate_rows(found)
    )
    if len(found) == 1:
        columns, rows = layer_rows(found[0])
        show_table("layers", columns, rows)
    show_notes(f"{each.bundle}: {note}" for each in found for note in each.notes)
