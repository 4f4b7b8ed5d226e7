"""Values picked where a comparison holds, changed, and written back to where they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from snncc.ir import ImportRefused

from ..expressions.axes import Grid, cell
from ..expressions.axis_ops import Loom
from .operation_table import ROWS, Operand

KEEPING = frozenset(
    {"mul", "add", "sub", "rsub", "div", "neg", "lerp", "addcmul", "clone", "detach", "alias"}
    | {"relu", "clamp", "clamp_min", "clamp_max", "_to_copy", "sigmoid", "tanh", "exp"}
)
"""Operations of each value by itself: done for all values, they are done for the picked ones."""


@dataclass(frozen=True, eq=False)
class Picked:
    """Values of a signal at the places where a mask holds.

    Attributes:
        mask: of flags.
        values: at all places, of the mask's shape.
    """

    mask: Grid
    values: Operand

    def has_mask(self, mask: object) -> bool:
        """Whether they were picked by this mask."""
        if not isinstance(mask, Grid) or mask.cells.shape != self.mask.cells.shape:
            return False
        places = np.ndindex(mask.cells.shape)
        return all(cell(mask.cells, k) is cell(self.mask.cells, k) for k in places)


def compute_picked(
    loom: Loom, name: str, args: Sequence[object], kwargs: dict[str, object]
) -> Picked:
    """An operation on picked values and single numbers.

    Raises:
        ImportRefused: it is not done for each value by itself, or joins what two masks picked.
    """
    first, *others = (each for each in args if isinstance(each, Picked))
    if name not in KEEPING or not all(first.has_mask(each.mask) for each in others):
        raise refuse_picked(loom)
    whole = [each.values if isinstance(each, Picked) else each for each in args]
    single = (e for e in args if isinstance(e, (Grid, torch.Tensor)))
    if any(isinstance(e, Grid) or e.numel() > 1 for e in single):
        raise refuse_picked(loom)
    if any(isinstance(each, Grid) for each in whole):
        made: object = ROWS[name](loom, *whole, **kwargs)
    else:
        made = getattr(torch.ops.aten, name)(*whole, **kwargs)
    assert isinstance(made, (Grid, torch.Tensor)), f"{name} gives one value for each"
    return Picked(first.mask, made)


def refuse_picked(loom: Loom) -> ImportRefused:
    """What is said where picked values are used for themselves."""
    return loom.weaver.refuse(
        "how many values are picked where a comparison holds depends on the data; write "
        "`torch.where(mask, new, old)`"
    )
