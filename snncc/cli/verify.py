"""`snncc verify`: the spikes of every stage side by side; compares nothing itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .display import Stages, show_json, show_saturated, show_table
from .failures import debug_option
from .options import (
    BUNDLE,
    board_option,
    data_option,
    json_option,
    signature_option,
    weights_option,
)

if TYPE_CHECKING:
    from snncc.run import Report


@click.command("verify")
@click.argument("bundle", type=BUNDLE)
@data_option
@click.option("--model", help="The model again, where it is no longer where build found it.")
@weights_option
@board_option
@click.option(
    "--target-samples",
    type=click.IntRange(1),
    default=40,
    show_default=True,
    help="How many samples run on the target itself.",
)
@signature_option
@json_option
@debug_option
def command(
    bundle: Path,
    data: Path | None,
    model: str | None,
    weights: Path | None,
    board: str | None,
    target_samples: int,
    signed_by: Path | None,
    as_json: bool,
) -> None:
    """Compare the spikes of every stage of BUNDLE; exit code 3 when they differ."""
    from snncc.bundle import Bundle
    from snncc.run import verify

    opened = Bundle.open(bundle, signed_by)
    with Stages() as stages:
        report = verify(
            opened,
            data=data,
            model=model,
            weights=weights,
            board=board,
            target_samples=target_samples,
            advance=stages.advance,
        )
    if as_json:
        show_json(report.as_json())
    else:
        show_report(report)
    show_saturated(report.saturated, opened.network)
    for note in report.notes:
        click.echo(f"note: {note}", err=True)
    refuse_differences(report)


def show_report(report: Report) -> None:
    """Print what was compared, and each stage's accuracy."""
    rows = [
        (
            f"{c.left} = {c.right}",
            str(c.samples),
            f"{c.spikes:,}",
            f"{c.mismatches:,}",
            f"not compared: {c.absent}" if c.absent else str(c.first or "equal"),
        )
        for c in report.comparisons
    ]
    found = report.rebuilt
    result = found.differs[0] if found.differs else "equal"
    if found.absent:
        result = f"not compared: {found.absent}"
    rows.append(("source/ lowered again = the rest", "", "", f"{len(found.differs)}", result))
    columns = ("compared", "samples", "spikes", "mismatches", "result")
    show_table(f"{report.bundle}, {report.ticks} ticks", columns, rows)
    if report.accuracy:
        show_table("accuracy", ("stage", "right"), accuracies(report).items())


def accuracies(report: Report) -> dict[str, str]:
    """Stage → its accuracy, and over how many samples, for people."""
    seen: dict[str, int] = {each.right: each.samples for each in report.comparisons}
    return {
        stage: f"{share:.2%} of {seen.get(stage, report.samples)} samples"
        for stage, share in report.accuracy.items()
    }


def refuse_differences(report: Report) -> None:
    """Fail unless every stage was there and equal.

    Raises:
        SpikesDiffer: two stages part; names them and the first place.
        DeviceError: a stage cannot run on this machine.
    """
    from snncc.ir import DeviceError, SpikesDiffer

    for each in report.comparisons:
        if each.mismatches:
            raise SpikesDiffer(
                f"{each.right} differs from {each.left} in {each.mismatches} values, "
                f"first at {each.first}"
            )
    if report.rebuilt.differs:
        raise SpikesDiffer(
            f"{report.bundle}: {report.rebuilt.differs[0]}; the bundle was changed after the "
            "build, do not use it"
        )
    for each in report.comparisons:
        if each.absent and each.left != "eager":
            raise DeviceError(f"{each.right} could not be run: {each.absent}")
