"""`snncc demo`: the whole way on one zoo model, ending in one table; every figure is measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .display import Stages, progress, show_json, show_table
from .failures import debug_option
from .options import NEW, json_option
from .verify import accuracies, refuse_differences

if TYPE_CHECKING:
    from snncc.compare import Report

MODEL, TARGET, BOARD = "zoo:l2mu-motions", "c99", "cortex-m4-emulated"
STAGES = {
    "eager": "PyTorch, float64",
    "reference-float": "reference, float64",
    "reference-quantized": "reference, int8",
    "native": "C on this machine",
    "target": "C on the board",
}

FIGURES = {
    "flash_bytes": "flash, bytes",
    "code_bytes": "  of it code",
    "weight_bytes": "  of it weights and tables",
    "ram_bytes": "RAM, bytes",
    "instructions_per_tick": "instructions per tick",
    "instructions_per_inference": "instructions per inference",
}


@click.command("demo")
@click.option(
    "-o",
    "--output",
    type=NEW,
    default=Path("build/demo/l2mu-motions.snnb"),
    show_default=True,
    help="The bundle that is made on the way.",
)
@json_option
@debug_option
def command(output: Path, as_json: bool) -> None:
    """Take a trained network from its checkpoint to an emulated Cortex-M4, spike for spike."""
    from snncc.bundle import Bundle
    from snncc.compare import verify
    from snncc.compiler import compile_model
    from snncc.manifest import BuildRequest

    console = progress()
    with console.status(f"building {MODEL} for {BOARD}"):
        request = BuildRequest(MODEL, TARGET, board=BOARD, output=output)
        path = compile_model(request)
    console.print(f"built {path}")
    with Stages() as stages:
        report = verify(Bundle.open(path), advance=stages.advance)
    if as_json:
        show_json(report.as_json())
    else:
        show_table(f"{MODEL} on {BOARD}", ("", ""), rows(report))
    refuse_differences(report)


def rows(report: Report) -> list[tuple[str, str]]:
    """The lines of the table: accuracies, mismatches, bytes, instructions."""
    found = [(f"accuracy, {STAGES[stage]}", text) for stage, text in accuracies(report).items()]
    found += [
        (
            f"mismatches, {STAGES[each.left]} / {STAGES[each.right]}",
            each.absent or f"{each.mismatches:,} ({each.spikes:,} spikes)",
        )
        for each in report.comparisons
    ]
    found += [
        (label, f"{value:,.0f}")
        for label, value in ((label, report.board.get(key)) for key, label in FIGURES.items())
        if isinstance(value, int | float)
    ]
    return found
