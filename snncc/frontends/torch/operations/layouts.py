"""The rows of the table that move values and change none: views, slices, joins, writes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod

import numpy as np
import torch

from ..expressions.axes import Axis, Grid, axis_of, cell, each, sizes
from ..expressions.axis_ops import Loom
from .operation_table import Operand, Result, row


@row("view", "_unsafe_view")
def _view(loom: Loom, signal: Grid, shape: Sequence[int], *_: object) -> Grid:
    known = -prod(shape) or 1
    whole = prod(signal.shape)
    return loom.view(signal, [whole // known if n == -1 else n for n in shape])


@row("t")
def _t(loom: Loom, signal: Grid) -> Grid:
    return loom.permuted(signal, range(len(signal.axes))[::-1])


@row("transpose")
def _transpose(loom: Loom, signal: Grid, first: int, second: int) -> Grid:
    order = list(range(len(signal.axes)))
    order[first], order[second] = order[second], order[first]
    return loom.permuted(signal, order)


@row("permute")
def _permute(loom: Loom, signal: Grid, dims: Sequence[int]) -> Grid:
    return loom.permuted(signal, [d % len(signal.axes) for d in dims])


@row("unsqueeze")
def _unsqueeze(loom: Loom, signal: Grid, dim: int) -> Grid:
    return loom.unsqueezed(signal, dim % (len(signal.axes) + 1))


@row("squeeze")
def _squeeze(loom: Loom, signal: Grid, dim: int | Sequence[int] | None = None) -> Grid:
    rank = len(signal.axes)
    dims = range(rank) if dim is None else (dim,) if isinstance(dim, int) else dim
    for axis in sorted((d % rank for d in dims), reverse=True):
        signal = loom.squeezed(signal, axis)
    return signal


@row("select")
def _select(loom: Loom, signal: Grid, dim: int, index: int) -> Grid:
    axis = dim % len(signal.axes)
    return loom.selected(signal, axis, index % signal.shape[axis])


@row("slice")
def _slice(
    loom: Loom,
    signal: Grid,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Grid:
    axis = dim % len(signal.axes)
    return loom.picked(signal, axis, range(signal.shape[axis])[start:end:step])


@row("index_select")
def _index_select(loom: Loom, signal: Grid, dim: int, index: torch.Tensor) -> Grid:
    return loom.picked(signal, dim % len(signal.axes), index.tolist())


@row("index")
def _index(loom: Loom, signal: Grid, indices: Sequence[Operand | None]) -> Grid:
    used = [(axis, i) for axis, i in enumerate(indices) if isinstance(i, torch.Tensor)]
    if len(used) != 1 or used[0][1].ndim != 1 or any(isinstance(i, Grid) for i in indices):
        raise loom.weaver.refuse("only one axis can be indexed with a list, and not by a signal")
    axis, index = used[0]
    chosen = index.nonzero()[:, 0] if index.dtype == torch.bool else index % signal.shape[axis]
    return loom.picked(signal, axis, chosen.tolist())


@row("flip")
def _flip(loom: Loom, signal: Grid, dims: Sequence[int]) -> Grid:
    for dim in dims:
        axis = dim % len(signal.axes)
        signal = loom.picked(signal, axis, range(signal.shape[axis])[::-1])
    return signal


@row("unbind")
def _unbind(loom: Loom, signal: Grid, dim: int = 0) -> Result:
    axis = dim % len(signal.axes)
    return [loom.selected(signal, axis, i) for i in range(signal.shape[axis])]


@row("split", "split_with_sizes")
def _split(loom: Loom, signal: Grid, size: int | Sequence[int], dim: int = 0) -> Result:
    axis = dim % len(signal.axes)
    whole = signal.shape[axis]
    parts = [size] * -(-whole // size) if isinstance(size, int) else size
    ends = np.cumsum(parts)
    return [
        loom.picked(signal, axis, range(end - n, min(end, whole)))
        for n, end in zip(parts, ends.tolist(), strict=True)
    ]


@row("expand")
def _expand(loom: Loom, signal: Operand, shape: Sequence[int], *_: object, **__: object) -> Operand:
    if isinstance(signal, torch.Tensor):
        return signal.expand(*shape)
    for _new in range(len(shape) - len(signal.axes)):
        signal = loom.unsqueezed(signal, 0)
    for axis, size in enumerate(shape):
        if size not in (-1, signal.shape[axis]):
            signal = loom.repeated(signal, axis, size)
    return signal


@row("copy")
def _copy(loom: Loom, target: Operand, source: Operand, *_: object) -> Operand:
    return _expand(loom, source, target.shape)


@row("repeat")
def _repeat(loom: Loom, signal: Grid, repeats: Sequence[int]) -> Grid:
    for _new in range(len(repeats) - len(signal.axes)):
        signal = loom.unsqueezed(signal, 0)
    for axis, count in enumerate(repeats):
        if count > 1 and signal.shape[axis] == 1:
            signal = loom.repeated(signal, axis, count)
        elif count > 1:
            signal = loom.picked(signal, axis, [*range(signal.shape[axis])] * count)
    return signal


# --- several tensors ------------------------------------------------------------------------------


def _like(grids: Sequence[Operand]) -> Grid:
    return next(g for g in grids if isinstance(g, Grid))


def _as_grid(loom: Loom, operand: Operand, axes: Sequence[Axis]) -> Grid:
    if isinstance(operand, Grid):
        return operand
    features = tuple(sizes(axes, "feature"))
    cells = np.broadcast_to(loom.numbers(operand, axes), sizes(axes, "list"))
    spread = each(
        Grid(cells, tuple(axes)),
        lambda e: loom.weaver.constant(np.broadcast_to(loom.weaver.at_rest(e), features)),
    )
    return Grid(spread, tuple(axes))


@row("stack")
def _stack(loom: Loom, tensors: Sequence[Operand], dim: int = 0) -> Grid:
    axis = dim % (len(_like(tensors).axes) + 1)
    model = loom.thin(_like(tensors))
    return _joined(
        loom,
        [loom.unsqueezed(_as_grid(loom, t, model.axes), axis) for t in tensors],
        axis,
    )


@row("cat")
def _cat(loom: Loom, tensors: Sequence[Operand], dim: int = 0) -> Grid:
    like = loom.thin(_like(tensors))
    axis = dim % len(like.axes)
    grids = []
    for tensor in tensors:
        if isinstance(tensor, torch.Tensor) and tensor.numel() == 0:
            continue  # the empty tensor that a loop starts to collect in
        kind = like.axes[axis][0][0] if like.axes[axis] else "list"
        size = tensor.shape[axis] if isinstance(tensor, torch.Tensor) else 0
        axes = (*like.axes[:axis], axis_of(kind, size), *like.axes[axis + 1 :])
        grids.append(_as_grid(loom, tensor, axes))
    return _joined(loom, grids, axis)


def _joined(loom: Loom, grids: Sequence[Grid], axis: int) -> Grid:
    """Concatenation along an axis: lists of lists stay lists, features become features."""
    grids = [loom.thin(g) for g in grids]
    if any(g.is_pure(axis, "feature") for g in grids):
        return _concat(loom, grids, axis)
    if any(g.axes[axis] and not g.is_pure(axis, "list") for g in grids):
        raise loom.weaver.torn("tensors are joined along the batch axis")
    listed = [g if g.axes[axis] else loom.repeated(g, axis, 1) for g in grids]
    rests = {g.axes[:axis] + g.axes[axis + 1 :] for g in listed}
    if len(rests) > 1:
        raise loom.weaver.refuse("the joined tensors are laid out differently")
    where = len(sizes(listed[0].axes[:axis], "list"))
    cells = np.concatenate([g.cells for g in listed], axis=where)
    axes = listed[0].axes
    return Grid(cells, (*axes[:axis], axis_of("list", cells.shape[where]), *axes[axis + 1 :]))


def _concat(loom: Loom, grids: Sequence[Grid], axis: int) -> Grid:
    grids = [loom.unlisted(g, axis) for g in grids]
    ones = [
        (*g.axes[:axis], g.axes[axis] or axis_of("feature", 1), *g.axes[axis + 1 :]) for g in grids
    ]
    grids = [
        Grid(each(g, partial(loom.weaver.reshape, shape=tuple(sizes(a, "feature")))), a)
        for g, a in zip(grids, ones, strict=True)
    ]
    where = len(sizes(grids[0].axes[:axis], "feature"))
    cells = np.empty(grids[0].cells.shape, dtype=object)
    for index in np.ndindex(cells.shape):
        cells[index] = loom.weaver.apply(
            "concat", [cell(g.cells, index) for g in grids], axis=where
        )
    total = sum(g.shape[axis] for g in grids)
    axes = grids[0].axes
    return Grid(cells, (*axes[:axis], axis_of("feature", total), *axes[axis + 1 :]))


@row("scatter")
def _scatter(
    loom: Loom, base: Operand, value: Operand, path: Sequence[tuple[str, Sequence[int]]]
) -> Operand:
    """A write into a view: only whole indices of one axis, as in `out[t] = spikes`."""
    if len(path) != 1 or path[0][0] != "select":
        raise loom.weaver.refuse("part of a signal is overwritten in place")
    dim, index = path[0][1]
    axis = dim % len(base.shape)
    return _replaced(loom, base, value, axis, index % base.shape[axis])


def _replaced(loom: Loom, base: Operand, value: Operand, axis: int, index: int) -> Operand:
    if isinstance(base, torch.Tensor) and isinstance(value, torch.Tensor):
        changed = base.clone()
        changed.select(axis, index).copy_(value)
        return changed
    inner = loom.thin(_like([base, value]))
    if isinstance(base, torch.Tensor):
        axes = (*inner.axes[:axis], axis_of("list", base.shape[axis]), *inner.axes[axis:])
        base = _as_grid(loom, base, axes)
    rows = [loom.selected(base, axis, i) for i in range(base.shape[axis])]
    rows[index] = loom.thin(_as_grid(loom, value, loom.thin(rows[index]).axes))
    return _joined(loom, [loom.unsqueezed(r, axis) for r in rows], axis)
