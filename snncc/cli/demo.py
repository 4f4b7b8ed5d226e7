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
    from snncc.bundle import Bundle
    from snncc.run import Report

MODEL, BOARD = "zoo:l2mu-motions", "cortex-m4-emulated"
TARGETS = {"c99": "c99, on the board", "tflm": "tflm, in TFLite-Micro"}
"""Target → heading of its column. The board is emulated, TFLite-Micro is the real interpreter."""

STAGES = {
    "eager": "PyTorch, float64",
    "reference-float": "reference, float64",
    "reference-quantized": "reference, int8",
    "native": "the program on this machine",
    "target": "the target itself",
}

FIGURES = {
    "flash_bytes": "flash, bytes (tflm: the model, without the interpreter's code)",
    "ram_bytes": "RAM, bytes (tflm: the arena)",
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
    help="The bundle that is made on the way; the one for TFLite-Micro goes beside it.",
)
@json_option
@debug_option
def command(output: Path, as_json: bool) -> None:
    """Take a trained network from its checkpoint to an emulated Cortex-M4, spike for spike."""
    reports = {target: _make_report(target, output) for target in TARGETS}
    if as_json:
        show_json({t: {**report.as_json(), **sizes} for t, (report, sizes) in reports.items()})
    else:
        show_table(f"{MODEL} on {BOARD}", ("", *TARGETS.values()), rows(reports))
    for report, _ in reports.values():
        refuse_differences(report)


def _make_report(target: str, output: Path) -> tuple[Report, dict[str, float]]:
    """A target's report, and its figures."""
    from snncc.build import compile_model
    from snncc.bundle import BuildRequest, Bundle
    from snncc.run import verify

    board = BOARD if target == "c99" else None
    place = output if target == "c99" else output.with_stem(f"{output.stem}-{target}")
    console = progress()
    with console.status(f"building {MODEL} for {target}"):
        bundle = Bundle.open(compile_model(BuildRequest(MODEL, target, board=board, output=place)))
    console.print(f"built {bundle.path}")
    with Stages() as stages:
        report = verify(bundle, advance=stages.advance)
    return report, _figures(bundle, report)


def _figures(bundle: Bundle, report: Report) -> dict[str, float]:
    """Bytes and instructions: of the firmware where there is one, else of the model itself."""
    found = {key: report.board.get(key) for key in FIGURES}
    if not report.board:
        model = bundle.path / "target" / "model.tflite"
        found |= {"flash_bytes": model.stat().st_size, "ram_bytes": bundle.report["arena_bytes"]}
    return {key: value for key, value in found.items() if isinstance(value, int | float)}


def rows(reports: dict[str, tuple[Report, dict[str, float]]]) -> list[tuple[str, ...]]:
    """The lines of the table: accuracies, mismatches, bytes, instructions, a column a target."""
    shown = {target: accuracies(report) for target, (report, _) in reports.items()}
    found = [
        (f"accuracy, {label}", *(texts.get(stage, "") for texts in shown.values()))
        for stage, label in STAGES.items()
    ]
    for pair in zip(*(report.comparisons for report, _ in reports.values()), strict=True):
        label = f"mismatches, {STAGES[pair[0].left]} / {STAGES[pair[0].right]}"
        cells = (each.absent or f"{each.mismatches:,} ({each.spikes:,} spikes)" for each in pair)
        found.append((label, *cells))
    for key, label in FIGURES.items():
        values = (figures.get(key) for _, figures in reports.values())
        found.append((label, *("" if value is None else f"{value:,.0f}" for value in values)))
    return found
