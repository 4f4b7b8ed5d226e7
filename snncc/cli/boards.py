"""`snncc boards`: what can be flashed from here; asks each board's driver."""

import click

from .display import show_json, show_table
from .failures import debug_option
from .options import json_option

KIB = 1024


@click.command("boards")
@json_option
@debug_option
def command(as_json: bool) -> None:
    """List what `snncc flash --board` takes."""
    from snncc.boards import boards, driver

    found = [(board, driver(board).detect(board)) for board in boards()]
    if as_json:
        fields = ("name", "description", "core", "flash_bytes", "ram_bytes")
        show_json(
            [
                {name: getattr(board, name) for name in fields}
                | {"ready": missing is None, "missing": missing}
                for board, missing in found
            ]
        )
        return
    columns = ("name", "core", "flash [KiB]", "RAM [KiB]", "state")
    show_table(
        "boards",
        columns,
        [
            (b.name, b.core, f"{b.flash_bytes // KIB}", f"{b.ram_bytes // KIB}", missing or "ready")
            for b, missing in found
        ],
    )
