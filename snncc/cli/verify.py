"""`snncc verify`: the spikes of every stage side by side; compares nothing itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from .display import Stages, show_json, show_outcome, show_saturated, show_table
from .failures import debug_option
from .options import (
    BUNDLE,
    board_option,
    data_option,
    json_option,
    max_drop_option,
    signature_option,
    weights_option,
)

if TYPE_CHECKING:
    from snncc.loss import Loss
    from snncc.run import Comparison, Report


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
@max_drop_option
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
    max_drop: float | None,
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
    if report.outcome is not None and not as_json:
        show_outcome(report.outcome, Console())
    refuse_differences(report)
    if report.loss is not None:
        refuse_loss(report.loss, max_drop)


def show_report(report: Report) -> None:
    """Print what was compared, and each stage's accuracy."""
    rows = [
        (
            f"{c.left} = {c.right}",
            str(c.samples),
            f"{c.spikes:,}",
            f"{c.mismatches:,}",
            _result(c),
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
    if report.loss is not None:
        show_loss(report.loss)
        show_floor(report)
    if report.accuracy:
        show_table("accuracy", ("stage", "right"), accuracies(report).items())


def _result(c: Comparison) -> str:
    if c.absent:
        return f"not compared: {c.absent}"
    return "nothing compared: no spike" if c.empty else str(c.first or "equal")


def show_loss(loss: Loss) -> None:
    """Print what integers lose of the float network, layer by layer."""
    rows = [
        (
            f"%{layer.node}",
            f"{layer.spikes_float:,}",
            f"{layer.spikes_quantized:,}",
            f"{layer.equal / layer.values:.2%}" if layer.values else "",
            str(layer.first or "equal"),
            f"{layer.saturated:,}",
            f"{layer.zero_codes:,}",
        )
        for layer in loss.layers
    ]
    columns = (
        "float beside integers",
        "spikes",
        "in integers",
        "alike",
        "first",
        "clipped",
        "zero codes",
    )
    title = f"lost: {loss.drop:.2f} points; {loss.agreement:.2%} of the answers are the same"
    show_table(title, columns, rows)


def show_floor(report: Report) -> None:
    """Print what any change of the float network's weights loses, beside which a loss counts."""
    if report.floor is not None:
        each, of = report.floor, report.floor_samples
        click.echo(
            f"any relative change of the float network's weights by {each.level:g} loses "
            f"{each.lost:.2f} points on {of} samples; {each.agreement:.2%} of the answers are the "
            "same; `snncc inspect BUNDLE --loss` says which layer and cause lose what"
        )


def refuse_loss(loss: Loss, most: float | None) -> None:
    """Fail where integers lose more points than are allowed.

    Raises:
        SpikesDiffer: says how many.
    """
    from snncc.ir import SpikesDiffer

    if most is not None and loss.drop > most:
        what = "accuracy" if loss.accuracy else "equal answers"
        raise SpikesDiffer(
            f"the integers lose {loss.drop:.2f} points of {what}, more than --max-drop {most:g}"
        )


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
        SpikesDiffer: two stages differ; names them and the first place.
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
        if each.empty:
            raise SpikesDiffer(
                f"nothing was compared: no spike in {each.left} and {each.right} on "
                f"{each.samples} samples; give --data that makes the network fire"
            )
    for each in report.comparisons:
        if each.absent and each.left != "eager":
            raise DeviceError(f"{each.right} could not be run: {each.absent}")
