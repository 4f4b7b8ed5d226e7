"""What a loss says beside the network's own sensitivity, and what would help; measures nothing."""

from __future__ import annotations

from .blame import Blame, Row
from .causes import Cause
from .sensitivity import LIKE_INTEGERS, Sensitivity

FELT = 0.01  # scores that move by less of their spread answer the same

CURES = {
    Cause.WEIGHTS: "give these weights more bits (--layer-bits NODE=16 on c99 and on our kernel of "
    "spinnaker2)",
    Cause.CONSTANTS: "widen the state, in whose unit they count",
    Cause.DECAY: "give decays more bits",
    Cause.STATE: "widen this state, register or input",
    Cause.SATURATION: "calibrate with --data that reach as far",
    Cause.ARITHMETIC: "build for another target, or train with what this one does",
}


def advise(blame: Blame, floor: Sensitivity) -> tuple[str, ...]:
    """Sentences on what was lost: how it compares, what is to blame, what would help."""
    what = "accuracy" if blame.labelled else "equal answers"
    found = [
        f"the integers lose {blame.lost:.2f} points of {what}; any relative change of the weights "
        f"by {LIKE_INTEGERS:g} loses {floor.floor:.2f}"
    ]
    if floor.chosen:
        best = floor.score - min(each.least_lost for each in floor.changes if each.agreement < 1)
        found.append(
            f"warning: the float network's score of {floor.score:.2f} % lies above what it keeps "
            f"under any change that it feels ({best:.2f} % at best): it was chosen on these "
            "samples, so compare with the changed networks; tuning under noise would help"
        )
    if blame.lost > floor.sample and blame.lost <= max(floor.floor, 0.0) + floor.sample:
        found.append(
            "the loss is the network's own sensitivity: changes far below the rounding lose as "
            "much, so wider formats will not regain it; tune the network under noise"
        )
    elif blame.rows and blame.rows[0].moved > FELT:
        found.append(_name_first(blame.rows[0]))
    return tuple(found)


def _name_first(row: Row) -> str:
    place = f" ({row.place})" if row.place else ""
    odd = f", {row.suspect}" if row.suspect else ""
    return (
        f"most to blame: {row.cause.value} at %{row.node}{place}{odd}; alone it moves the scores "
        f"by {row.moved:.1%} of their spread; {CURES[row.cause].replace('NODE', row.node)}"
    )
