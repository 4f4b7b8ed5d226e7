"""`snncc inspect`: what a bundle, a network or a model holds; the report says how it reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click

from .failures import debug_option
from .options import NEW, data_option, pairs_option, weights_option


@click.command("inspect")
@click.argument("path", metavar="PATH")
@click.option(
    "--as", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@weights_option
@data_option
@pairs_option
@click.option("-o", "--output", type=NEW, help="Write there instead of to stdout.")
@debug_option
def command(
    path: str,
    form: str,
    weights: Path | None,
    data: Path | None,
    options: Mapping[str, str],
    output: Path | None,
) -> None:
    """Show PATH: a bundle, a .snn network, or any MODEL that `snncc build` takes."""
    from snncc import report
    from snncc.bundle import Bundle
    from snncc.importing import import_model

    if Path(path).is_dir() or path.endswith(".snnb"):
        if weights is not None or data is not None or options:
            raise click.UsageError("a bundle holds all it needs; leave --weights, --data, --option")
        bundle = Bundle.open(Path(path))
        shown = report.bundle_text(bundle) if form == "text" else _json(report.bundle_json(bundle))
    else:
        network = import_model(path, weights, data, options).imported.network
        shown = (
            report.network_text(network) if form == "text" else _json(report.summary(network, {}))
        )
    if output is None:
        click.echo(shown)
    else:
        output.write_text(shown + "\n", encoding="utf-8")


def _json(value: object) -> str:
    return json.dumps(value, indent=2)
