"""`snncc flash`: a bundle's firmware onto a board; builds and compares nothing itself."""

from pathlib import Path

import click

from .display import progress, show_json, show_table
from .failures import debug_option
from .options import BUNDLE, board_option, json_option, signature_option


@click.command("flash")
@click.argument("bundle", type=BUNDLE)
@board_option
@click.option(
    "--port",
    help="Where it is attached: serial line, folder, probe, or HOST:PORT of a debug server.",
)
@click.option("--check", is_flag=True, help="Replay the bundle's check spikes and compare.")
@click.option("--dry-run", is_flag=True, help="Build the firmware, but touch no board.")
@signature_option
@json_option
@debug_option
def command(
    bundle: Path,
    board: str | None,
    port: str | None,
    check: bool,
    dry_run: bool,
    signed_by: Path | None,
    as_json: bool,
) -> None:
    """Program a board with the firmware of BUNDLE; exit code 3 when its spikes differ."""
    from snncc.bundle import Bundle
    from snncc.run import flash

    if check and dry_run:
        click.echo("note: --dry-run touches no board, so no check spikes are played", err=True)
    opened = Bundle.open(bundle, signed_by)
    with progress().status("building, programming, playing"):
        report = flash(opened, board, port, check=check, dry_run=dry_run)
    if as_json:
        show_json(report.as_json())
        return
    sizes = ("flash", report.flash_bytes), ("RAM", report.ram_bytes)
    rows = [
        *((what, f"{size:,} bytes") for what, size in sizes if size is not None),
        ("programmed", "yes" if report.programmed else "no"),
        ("read back", "yes, no byte differs" if report.verified else "no"),
    ]
    if report.mismatches is not None:
        rows.append(("check spikes", f"{report.spikes:,}, {report.mismatches} mismatches"))
    if report.instructions_per_tick is not None:
        rows.append(("instructions per tick", f"{report.instructions_per_tick:,.0f}"))
    show_table(report.board, ("", ""), rows)
