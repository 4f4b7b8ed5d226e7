"""Why integers lose, for people: tables of blame and of sensitivity; measures nothing."""

from __future__ import annotations

from rich.table import Table

from snncc.run import Explained

from .text_report import render_table

SHOWN = 12  # rows of blame; JSON has all


def loss_text(found: Explained) -> str:
    """Who is to blame, what each cause loses, and what changes at random would."""
    blame, few = found.blame, ("accuracy" if found.blame.labelled else "equal answers")
    head = (
        f"{found.bundle} for {found.target}: the integers lose {blame.lost:.2f} points of {few} on "
        f"{found.samples[0]} of {found.samples[1]} samples"
    )
    table = Table("to blame", "of layer", "cause", "scores", "spikes", "alone", "without", box=None)
    for row in blame.rows[:SHOWN]:
        table.add_row(
            f"%{row.node}",
            f"%{row.layer}",
            row.cause.value + (f" ({row.suspect})" if row.suspect else ""),
            f"{row.moved:.2%}",
            f"{row.changed:.2%}",
            _show_points(-row.lost),
            "" if row.regained is None else _show_points(row.regained),
        )
    left = len(blame.rows) - SHOWN
    more = [f"and {left} more; --json has all"] if left > 0 else []
    more += [f"{blame.skipped} causes were not run"] if blame.skipped else []
    causes = ", ".join(f"{c.value} {_show_points(-lost)}" for c, lost in blame.causes.items())
    lines = [
        head,
        "",
        render_table(table).rstrip("\n"),
        *more,
        "scores: how far the float network's scores move with this alone, of their spread; spikes:",
        "share that changes; alone: points, in the float network; without: in the integer network",
        *([f"each cause at all nodes: {causes}"] if causes else []),
        "",
        render_table(_changes(found)).rstrip("\n"),
        *_list_layers(found),
        "",
        *found.notes,
    ]
    return "\n".join(lines) + "\n"


def _changes(found: Explained) -> Table:
    table = Table("weights changed by", "points", "same answers", "first tick", box=None)
    for each in found.sensitivity.changes:
        first = "" if each.first is None else str(each.first)
        table.add_row(f"{each.level:g}", _show_points(-each.lost), f"{each.agreement:.2%}", first)
    return table


def _list_layers(found: Explained) -> list[str]:
    felt = [each for each in found.sensitivity.layers if each.changed][:3]
    shown = ", ".join(f"%{e.layer} {e.changed:.2%} from tick {e.first}" for e in felt)
    return [f"one layer changed, spikes that differ: {shown}"] if felt else []


def _show_points(value: float) -> str:
    return f"{value:+.2f}" if abs(value) >= 0.005 else "0.00"
