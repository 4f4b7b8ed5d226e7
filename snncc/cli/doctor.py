"""`snncc doctor`: what this machine lacks, with the command that adds each; installs nothing.

It prints; what is looked for, and how, is in `presence.py`.
"""

import platform

import click

from .display import show_json, show_table
from .failures import debug_option
from .options import json_option


@click.command("doctor")
@json_option
@debug_option
def command(as_json: bool) -> None:
    """Say for each target, frontend, board and optional part what this machine lacks."""
    from snncc import __version__

    from .presence import boards, data, frontends, list_extras, targets

    found = [*targets(), *frontends(), *boards(), *list_extras(), *data()]
    if as_json:
        show_json(
            {
                "snncc": __version__,
                "python": platform.python_version(),
                "machine": f"{platform.system()} {platform.machine()}",
                "checks": [each.as_json() for each in found],
            }
        )
        return
    show_table(
        f"snncc {__version__}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}",
        ("", "name", "what", "state"),
        [(each.kind, each.name, each.detail, each.state) for each in found],
    )
