"""The table of what integers lose, in the terminal and as docs/losses.md; measures nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .whole_way import WAYS, Row

BAR = 0.5  # points that 8-bit weights may lose, or one test sample
LOIHI_BAR = 1.0
FEW_BITS_BAR = 3.0  # of weights of 4 bits, on recurrent networks of LMUs
MOST_SECONDS = 60.0
BARS = f"{BAR} points or a sample ({LOIHI_BAR:g} on Loihi, {FEW_BITS_BAR:g} with 4 bits)"
CELLS = (
    "model", "target", "states", "search", "float", "integers", "points", "any change",
    "same answers", "least alike", "calibration",
)  # fmt: skip
MADE_BY = "Made by `benchmarks/losses.py"
HEAD = f"""<!-- {MADE_BY} --rows FILE --page docs/losses.md`; not by hand. -->

# What integers lose

Each trained model of the zoo, made into integers for each target and run beside the float network
on its whole test split. Calibration sees training data only. *Points* are of accuracy, negative
where integers lose; **bold** where they lose more than
{BARS}. *Any change* is what random
relative changes of all weights do to the float network, in the mean and at worst over some seeds:
by 1e-4, far below what 8 bits round; by 1e-3, still below it. A loss within these is the network's
own sensitivity, and which answers it hits is chance: no rounding to so many bits avoids it. *Same
answers* is the share of samples with the answer of the float network, *least alike* the layer with
the smallest share of equal values. *Calibration* is seconds of one core, all passes and the search
included. What a target's program computes equals its integers, bit by bit ([results](results.md)).
"""


def is_beyond(row: Row) -> bool:
    """Whether a row loses more than it should."""
    if "refused" in row:
        return False
    bar = LOIHI_BAR if row["target"] == "lava" else BAR
    bar = bar if row["weight_bits"] >= 8 else FEW_BITS_BAR
    return bool(row["points"] > max(bar, 100 / row["samples"]) + 1e-9)


def is_slow(row: Row) -> bool:
    """Whether calibration took longer than it should."""
    return bool(row.get("calibration_seconds", 0) > MOST_SECONDS)


def cells(row: Row) -> list[str]:
    """The cells of a row, in the order of the columns."""
    target = row["target"] + (f", {row['option']}" if row["option"] else "")
    shown = [row["model"], target, str(row["state_bits"]), "yes" if row["search"] else ""]
    if "refused" in row:
        return [*shown, f"refused: {row['refused'][:60]}", *[""] * 6]
    least = row["least_alike"]
    floors = (
        f"{0.0 - each['mean']:+.2f}, {0.0 - each['most']:+.2f}" for each in row["floors"].values()
    )
    return [
        *shown,
        f"{row['accuracy']['float']:.2%}",
        f"{row['accuracy']['quantized']:.2%}",
        f"{-row['points'] + 0.0:+.2f}{' !' if is_beyond(row) else ''}",
        "; ".join(floors),
        f"{row['agreement']:.2%}",
        f"{least['agreement']:.2%} %{least['node']}" if least["node"] else "",
        f"{row['calibration_seconds']:.1f} s{' !' if is_slow(row) else ''}",
    ]


def losses_page(rows: Sequence[Row]) -> str:
    """Markdown of the page: a table for each width of weights, and what is beyond the bars."""
    parts = [HEAD]
    for bits in sorted({row["weight_bits"] for row in rows}, reverse=True):
        some = [row for row in rows if row["weight_bits"] == bits]
        parts.append(f"## Weights of {bits} bits\n\n{_summary(some)}\n")
        lines = [CELLS, ("---",) * len(CELLS), *map(_mark, _sort(some))]
        parts.append("".join(f"| {' | '.join(line)} |\n" for line in lines))
    return "\n".join(parts)


def _summary(rows: Sequence[Row]) -> str:
    """How many rows miss a bar, and how many of these lose what any change may."""
    measured = [row for row in rows if "refused" not in row]
    beyond, slow = ([row for row in measured if is_(row)] for is_ in (is_beyond, is_slow))
    felt = sum(
        row["points"] <= max(each["most"] for each in row["floors"].values()) for row in beyond
    )
    longest = max((row["calibration_seconds"] for row in measured), default=0.0)
    return (
        f"{len(beyond)} of {len(measured)} rows lose more than the bar, {felt} of them no more "
        f"than the worst of the random changes. Calibration took at most {longest:.1f} s; "
        f"{len(slow)} rows took more than {MOST_SECONDS:g}."
    )


def _sort(rows: Iterable[Row]) -> list[Row]:
    """The rows by model and way, without what a target refuses a second time for a search."""
    ways = [(target, option, bits) for target, option, bits in WAYS]

    def place(row: Row) -> tuple[str, int, bool]:
        return (
            row["model"],
            ways.index((row["target"], row["option"], row["state_bits"])),
            row["search"],
        )

    return sorted((row for row in rows if not ("refused" in row and row["search"])), key=place)


def _mark(row: Row) -> list[str]:
    """The cells in Markdown: bold where a bar is missed."""
    found = [cell.replace("|", "/") for cell in cells(row)]
    return [f"**{cell.removesuffix(' !')}**" if cell.endswith(" !") else cell for cell in found]
