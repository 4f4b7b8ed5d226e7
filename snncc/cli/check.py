"""`snncc check`: every node of a model on every target; what is in the way, all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from .display import progress, show_json, show_notes, show_table
from .failures import debug_option
from .options import (
    data_option,
    json_option,
    pairs_option,
    state_bits_option,
    weight_bits_option,
    weights_option,
)

if TYPE_CHECKING:
    from snncc.check import Checked, Finding


@click.command("check")
@click.argument("model")
@click.option("--target", default="all", show_default=True, help="One target, or all of them.")
@weights_option
@data_option
@weight_bits_option(8)
@state_bits_option
@pairs_option
@json_option
@debug_option
@click.pass_context
def command(
    context: click.Context,
    model: str,
    target: str,
    weights: Path | None,
    data: Path | None,
    weight_bits: int,
    state_bits: str,
    options: Mapping[str, str],
    as_json: bool,
) -> None:
    """Say of each node of MODEL, on each target, whether it is exact, approximated or refused.

    A refusal comes with the smallest change that removes it. Exit code 1 if a target refuses.
    """
    from snncc.bundle import BuildRequest
    from snncc.check import check_model
    from snncc.ir import ExitCode

    request = BuildRequest(
        model=model,
        target=target,
        weights=weights,
        data=data,
        weight_bits=weight_bits,
        state_bits=int(state_bits),
        options=options,
    )
    with progress().status(f"checking {escape(model)}"):
        found = check_model(request)
    if as_json:
        show_json(found.as_json())
    else:
        _show(found)
    if not found.fits:
        context.exit(ExitCode.REFUSED)


def _show(found: Checked) -> None:
    show_notes(note for note in found.notes if note.startswith("warning"))
    columns = ("node", "op", "targets", "state", "by what, or why; what to do", "place")
    show_table(f"{found.model} on each target", columns, _rows(found))
    for target in found.targets:
        count = sum(node.state == "refused" for node in target.nodes)
        click.echo(f"{target.name}: " + ("takes the model" if target.fits else f"{count} refused"))


def _rows(found: Checked) -> Iterator[tuple[str, ...]]:
    """A row for each node and what becomes of it, with all targets of which that is so."""
    grouped: dict[str, dict[tuple[str, ...], list[str]]] = {}
    for target in found.targets:
        for node in target.nodes:
            rows = grouped.setdefault(node.node, {})
            rows.setdefault(_row(node), []).append(target.name)
    for name, rows in grouped.items():
        for (op, state, said, place), targets in rows.items():
            every = len(targets) == len(found.targets) > 1
            title = "all" if every else ", ".join(targets)
            yield (f"%{name}" if name else "", op, title, state, said, place)


def _row(node: Finding) -> tuple[str, ...]:
    parts = (node.why, node.cure, node.cost)
    said = "; ".join(part for part in parts if part)
    return node.op, f"{node.state} {node.rule}".strip(), said, node.place
