"""Windows that slide over ticks: each is a window over the few ticks that it meets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..expressions.axes import Grid, axis_of, sizes
from ..expressions.axis_ops import Loom
from .borders import add_zeros


@dataclass(frozen=True)
class Slide:
    """How a window slides along one axis.

    Attributes:
        kernel, stride, dilation: as PyTorch counts them.
        pads: zeros in front and behind.
    """

    kernel: int
    stride: int
    pads: tuple[int, int]
    dilation: int = 1

    @property
    def span(self) -> int:
        """From the first value that a window meets to the last."""
        return self.dilation * (self.kernel - 1) + 1


def slide_over_ticks(
    loom: Loom,
    signal: Grid,
    slides: tuple[Slide, ...],
    do: Callable[[Grid, tuple[Slide, ...]], Grid],
) -> Grid | None:
    """Windows over the last axes of a signal, of which one is ticks.

    A window that meets all ticks is left to others: it is no part of a network that runs tick by
    tick, but may be how the model reads its scores.

    Args:
        loom: works on grids.
        signal: batch, channels and an axis for each slide.
        slides: of each axis.
        do: what is done with the ticks of one window; its slides have no pads along ticks.

    Returns:
        None where none of the axes is ticks, or one window meets them all.
    """
    grid, first = loom.merge_atoms(signal), len(signal.axes) - len(slides)
    for place, slide in enumerate(slides):
        axis = first + place
        if not grid.is_pure(axis, "list") or slide.span >= grid.shape[axis]:
            continue
        padded = add_zeros(loom, grid, axis, slide.pads)
        still = replace(slide, pads=(0, 0))
        own = (*slides[:place], still, *slides[place + 1 :])
        starts = range(0, padded.shape[axis] - slide.span + 1, slide.stride)
        rows = [do(loom.pick(padded, axis, range(t, t + slide.span)), own) for t in starts]
        made = [loom.select(row, axis, 0) for row in rows]
        where = len(sizes(made[0].axes[:axis], "list"))
        cells = np.stack([each.cells for each in made], axis=where)
        ticks = axis_of("list", len(made))
        return Grid(cells, (*made[0].axes[:axis], ticks, *made[0].axes[axis:]))
    return None
