"""`snncc targets`: what can be built here; asks every installed backend, names none."""

import click

from .display import show_json, show_table
from .failures import debug_option
from .options import json_option


@click.command("targets")
@json_option
@debug_option
def command(as_json: bool) -> None:
    """List what `snncc build --target` takes."""
    from .presence import targets

    found = targets()
    if as_json:
        show_json([each.as_json() for each in found])
    else:
        rows = [(each.name, each.detail, each.state) for each in found]
        show_table("targets", ("name", "what", "state"), rows)
