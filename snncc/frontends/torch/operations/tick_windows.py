"""Windows and sums that run along ticks: each window is one over the few ticks that it meets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from ..expressions.axes import Grid, axis_of, sizes
from ..expressions.axis_ops import Loom
from .borders import add_zeros
from .fixed_maps import map_signal
from .layouts import join
from .operation_table import Operand, row


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

    A window that meets all ticks is left to others: it is not part of a network that runs tick by
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
        return _list_along([loom.select(row, axis, 0) for row in rows], axis)
    return None


@row("cumsum")
def _cumsum(loom: Loom, signal: Grid, dim: int, dtype: object = None) -> Grid:
    """Over ticks what has arrived so far; over values of one tick a linear map of these."""
    grid, axis = loom.merge_atoms(signal), dim % len(signal.axes)
    if not grid.is_pure(axis, "list"):
        return _map_values(loom, "cumsum", (signal, dim))
    zero: Operand = torch.zeros((), dtype=torch.float64)
    rows: list[Grid] = []
    for tick in range(grid.shape[axis]):
        rows.append(
            loom.pointwise("sum", [rows[-1] if rows else zero, loom.select(grid, axis, tick)])
        )
    return _list_along(rows, axis)


def _list_along(rows: Sequence[Grid], axis: int) -> Grid:
    """Grids of one shape as a list along a new axis."""
    where = len(sizes(rows[0].axes[:axis], "list"))
    cells = np.stack([each.cells for each in rows], axis=where)
    return Grid(cells, (*rows[0].axes[:axis], axis_of("list", len(rows)), *rows[0].axes[axis:]))


@row("unfold")
def _unfold(loom: Loom, signal: Grid, dimension: int, size: int, step: int) -> Grid:
    """`Tensor.unfold`: the windows of an axis, each along a new last axis."""
    grid, axis = loom.merge_atoms(signal), dimension % len(signal.axes)
    if not grid.is_pure(axis, "list"):
        return _map_values(loom, "unfold", (signal, dimension, size, step))
    starts = range(0, grid.shape[axis] - size + 1, step)
    order = [*(k for k in range(len(grid.axes)) if k != axis), axis]
    windows = [loom.permute(loom.pick(grid, axis, range(t, t + size)), order) for t in starts]
    return join(loom, [loom.unsqueeze(each, axis) for each in windows], axis)


def _map_values(loom: Loom, name: str, args: tuple[object, ...]) -> Grid:
    """An operation on the values of one tick, which moves or weighs these."""
    made = map_signal(loom, name, args, {})
    if made is None:
        raise loom.weaver.refuse_batch(f"'{name}' runs along the batch")
    return made
