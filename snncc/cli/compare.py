"""`snncc compare`: bundles side by side, what they answer and what they cost; computes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .display import progress, show_json, show_notes, show_table
from .failures import debug_option
from .options import BUNDLE, data_option, json_option

if TYPE_CHECKING:
    from snncc.run import Pair


@click.command("compare")
@click.argument("bundles", type=BUNDLE, nargs=-1, required=True, metavar="A B...")
@data_option
@json_option
@debug_option
def command(bundles: tuple[Path, ...], data: Path | None, as_json: bool) -> None:
    """Set bundles side by side: A beside each other one, on the same samples.

    Other bits, another target, another version: what changes in the answers, in the spikes of each
    layer and in the cost.
    """
    if len(bundles) < 2:
        raise click.UsageError("give two bundles or more")
    from snncc.bundle import Bundle
    from snncc.report import estimate_rows
    from snncc.run import compare, estimate

    opened = [Bundle.open(path) for path in bundles]
    with progress().status("running the bundles"):
        pairs = [compare(opened[0], other, data) for other in opened[1:]]
        costs = [estimate(each, data) for each in opened]
    if as_json:
        shown = [each.as_json() for each in pairs]
        show_json({"pairs": shown, "bundles": [each.as_json() for each in costs]})
        return
    for pair in pairs:
        show_pair(pair)
    columns = ("", *(each.bundle for each in costs))
    show_table("what they cost, per inference", columns, estimate_rows(costs))
    show_notes(note for pair in pairs for note in pair.notes)
    show_notes(f"{each.bundle}: {note}" for each in costs for note in each.notes)


def show_pair(pair: Pair) -> None:
    """Print what two bundles answer, and where their layers part."""
    found, accuracy = pair.found, pair.accuracy
    rows = [
        (
            f"%{layer.node}",
            f"{layer.spikes_float:,}",
            f"{layer.spikes_quantized:,}",
            f"{layer.equal / max(1, layer.values):.2%}",
            "" if layer.first is None else f"sample {layer.first.sample}, tick {layer.first.tick}",
        )
        for layer in found.layers
    ]
    right = "".join(f", {name} {value:.2%} right" for name, value in accuracy.items())
    title = (
        f"{pair.left} (left) beside {pair.right} (right), {pair.samples} samples: "
        f"{found.agreement:.2%} same answers{right}"
    )
    show_table(title, ("layer", "spikes left", "right", "equal", "first difference"), rows)
