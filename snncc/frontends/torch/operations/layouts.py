"""The rows of the table that move values and change none: views, slices, joins, writes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod

import numpy as np
import torch

from ..expressions.axes import Axis, Grid, axis_of, cell, map_cells, sizes
from ..expressions.axis_ops import Loom
from .comparisons import choose, demand_flags
from .operation_table import ROWS, Operand, Result, row
from .picked import Picked, refuse_picked


@row("view", "_unsafe_view")
def _view(loom: Loom, signal: Grid, shape: Sequence[int], *_: object) -> Grid:
    known = -prod(shape) or 1
    whole = prod(signal.shape)
    return loom.view(signal, [whole // known if n == -1 else n for n in shape])


@row("t")
def _t(loom: Loom, signal: Grid) -> Grid:
    return loom.permute(signal, range(len(signal.axes))[::-1])


@row("transpose")
def _transpose(loom: Loom, signal: Grid, first: int, second: int) -> Grid:
    order = list(range(len(signal.axes)))
    order[first], order[second] = order[second], order[first]
    return loom.permute(signal, order)


@row("permute")
def _permute(loom: Loom, signal: Grid, dims: Sequence[int]) -> Grid:
    return loom.permute(signal, [d % len(signal.axes) for d in dims])


@row("unsqueeze")
def _unsqueeze(loom: Loom, signal: Grid, dim: int) -> Grid:
    return loom.unsqueeze(signal, dim % (len(signal.axes) + 1))


@row("squeeze")
def _squeeze(loom: Loom, signal: Grid, dim: int | Sequence[int] | None = None) -> Grid:
    rank = len(signal.axes)
    dims = range(rank) if dim is None else (dim,) if isinstance(dim, int) else dim
    for axis in sorted((d % rank for d in dims), reverse=True):
        signal = loom.squeeze(signal, axis)
    return signal


@row("select")
def _select(loom: Loom, signal: Grid, dim: int, index: int) -> Grid:
    axis = dim % len(signal.axes)
    return loom.select(signal, axis, index % signal.shape[axis])


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
    return loom.pick(signal, axis, range(signal.shape[axis])[start:end:step])


@row("index_select")
def _index_select(loom: Loom, signal: Grid, dim: int, index: torch.Tensor) -> Grid:
    return loom.pick(signal, dim % len(signal.axes), index.tolist())


@row("index")
def _index(loom: Loom, signal: Operand, indices: Sequence[Operand | None]) -> Result:
    mask = indices[0] if len(indices) == 1 else None
    if isinstance(mask, Grid) and mask.shape == tuple(signal.shape):
        flags = demand_flags(loom, "index", mask)
        assert isinstance(flags, Grid), "a signal stays a signal"
        return [Picked(flags, signal)]
    used = [(axis, i) for axis, i in enumerate(indices) if isinstance(i, torch.Tensor)]
    if len(used) != 1 or used[0][1].ndim != 1 or any(isinstance(i, Grid) for i in indices):
        raise loom.weaver.refuse("only one axis can be indexed with a list, and not by a signal")
    assert isinstance(signal, Grid), "of constants only a signal picks"
    axis, index = used[0]
    chosen = index.nonzero()[:, 0] if index.dtype == torch.bool else index % signal.shape[axis]
    return loom.pick(signal, axis, chosen.tolist())


@row("flip")
def _flip(loom: Loom, signal: Grid, dims: Sequence[int]) -> Grid:
    for dim in dims:
        axis = dim % len(signal.axes)
        signal = loom.pick(signal, axis, range(signal.shape[axis])[::-1])
    return signal


@row("unbind")
def _unbind(loom: Loom, signal: Grid, dim: int = 0) -> Result:
    axis = dim % len(signal.axes)
    return [loom.select(signal, axis, i) for i in range(signal.shape[axis])]


@row("split", "split_with_sizes")
def _split(loom: Loom, signal: Grid, size: int | Sequence[int], dim: int = 0) -> Result:
    axis = dim % len(signal.axes)
    whole = signal.shape[axis]
    parts = [size] * -(-whole // size) if isinstance(size, int) else size
    ends = np.cumsum(parts)
    return [
        loom.pick(signal, axis, range(end - n, min(end, whole)))
        for n, end in zip(parts, ends.tolist(), strict=True)
    ]


@row("expand")
def _expand(loom: Loom, signal: Operand, shape: Sequence[int], *_: object, **__: object) -> Operand:
    if isinstance(signal, torch.Tensor):
        return signal.expand(*shape)
    for _new in range(len(shape) - len(signal.axes)):
        signal = loom.unsqueeze(signal, 0)
    for axis, size in enumerate(shape):
        if size not in (-1, signal.shape[axis]):
            signal = loom.repeat(signal, axis, size)
    return signal


@row("copy")
def _copy(loom: Loom, target: Operand, source: Operand, *_: object) -> Operand:
    return _expand(loom, source, target.shape)


@row("repeat")
def _repeat(loom: Loom, signal: Grid, repeats: Sequence[int]) -> Grid:
    for _new in range(len(repeats) - len(signal.axes)):
        signal = loom.unsqueeze(signal, 0)
    for axis, count in enumerate(repeats):
        if count > 1 and signal.shape[axis] == 1:
            signal = loom.repeat(signal, axis, count)
        elif count > 1:
            signal = loom.pick(signal, axis, [*range(signal.shape[axis])] * count)
    return signal


# --- several tensors ------------------------------------------------------------------------------


def _find_grid(grids: Sequence[Operand]) -> Grid:
    return next(g for g in grids if isinstance(g, Grid))


def _as_grid(loom: Loom, operand: Operand, axes: Sequence[Axis]) -> Grid:
    if isinstance(operand, Grid):
        return operand
    features = tuple(sizes(axes, "feature"))
    cells = np.broadcast_to(loom.numbers(operand, axes), sizes(axes, "list"))
    spread = map_cells(
        Grid(cells, tuple(axes)),
        lambda e: loom.weaver.constant(np.broadcast_to(loom.weaver.evaluate_at_rest(e), features)),
    )
    return Grid(spread, tuple(axes))


@row("stack")
def _stack(loom: Loom, tensors: Sequence[Operand], dim: int = 0) -> Grid:
    axis = dim % (len(_find_grid(tensors).axes) + 1)
    model = loom.drop_unit_atoms(_find_grid(tensors))
    return join(
        loom,
        [loom.unsqueeze(_as_grid(loom, t, model.axes), axis) for t in tensors],
        axis,
    )


@row("cat")
def _cat(loom: Loom, tensors: Sequence[Operand], dim: int = 0) -> Grid:
    like = loom.drop_unit_atoms(_find_grid(tensors))
    axis = dim % len(like.axes)
    grids = []
    for tensor in tensors:
        if isinstance(tensor, torch.Tensor) and tensor.numel() == 0:
            continue  # the empty tensor that a loop starts to collect in
        kind = like.axes[axis][0][0] if like.axes[axis] else "list"
        size = tensor.shape[axis] if isinstance(tensor, torch.Tensor) else 0
        axes = (*like.axes[:axis], axis_of(kind, size), *like.axes[axis + 1 :])
        grids.append(_as_grid(loom, tensor, axes))
    return join(loom, grids, axis)


def join(loom: Loom, grids: Sequence[Grid], axis: int) -> Grid:
    """Concatenation along an axis: lists of lists stay lists, features become features."""
    grids = [loom.drop_unit_atoms(g) for g in grids]
    if any(g.is_pure(axis, "feature") for g in grids):
        return _concat(loom, grids, axis)
    if any(g.axes[axis] and not g.is_pure(axis, "list") for g in grids):
        raise loom.weaver.refuse_batch(
            "tensors are joined along the batch axis; join along another"
        )
    listed = [g if g.axes[axis] else loom.repeat(g, axis, 1) for g in grids]
    rests = {g.axes[:axis] + g.axes[axis + 1 :] for g in listed}
    if len(rests) > 1:
        raise loom.weaver.refuse("the joined tensors are laid out differently")
    where = len(sizes(listed[0].axes[:axis], "list"))
    cells = np.concatenate([g.cells for g in listed], axis=where)
    axes = listed[0].axes
    return Grid(cells, (*axes[:axis], axis_of("list", cells.shape[where]), *axes[axis + 1 :]))


def _concat(loom: Loom, grids: Sequence[Grid], axis: int) -> Grid:
    grids = _lay_alike(loom, [loom.unlist(g, axis) for g in grids], axis)
    ones = [
        (*g.axes[:axis], g.axes[axis] or axis_of("feature", 1), *g.axes[axis + 1 :]) for g in grids
    ]
    grids = [
        Grid(map_cells(g, partial(loom.weaver.reshape, shape=tuple(sizes(a, "feature")))), a)
        for g, a in zip(grids, ones, strict=True)
    ]
    where = len(sizes(grids[0].axes[:axis], "feature"))
    cells = np.empty(grids[0].cells.shape, dtype=object)
    for index in np.ndindex(cells.shape):
        cells[index] = loom.weaver.join([cell(g.cells, index) for g in grids], where)
    total = sum(g.shape[axis] for g in grids)
    axes = grids[0].axes
    return Grid(cells, (*axes[:axis], axis_of("feature", total), *axes[axis + 1 :]))


def _lay_alike(loom: Loom, grids: Sequence[Grid], axis: int) -> list[Grid]:
    """The grids with features instead of lists on other axes, where not all have the same lists."""
    for other in range(len(grids[0].axes)):
        if other != axis and len({g.axes[other] for g in grids}) > 1:
            grids = [loom.unlist(g, other) for g in grids]
    if len({g.cells.shape for g in grids}) > 1:
        raise loom.weaver.refuse("the joined tensors are laid out differently")
    return [*grids]


@row("scatter")
def _scatter(
    loom: Loom, base: Operand, value: Operand, path: Sequence[tuple[str, Sequence[int]]]
) -> Operand:
    """A write into a view of whole indices and slices, as in `out[t, :, 1:3] = spikes`."""
    if not path:
        return _expand(loom, value, base.shape)
    name, args = path[0]
    if name in ("view", "unsqueeze", "squeeze"):
        inner = _scatter(loom, _apply_view(loom, base, name, args), value, path[1:])
        return _apply_view(loom, inner, "view", [list(base.shape)])
    if name not in ("select", "slice"):
        raise loom.weaver.refuse(
            f"part of a signal is overwritten in place through '{name}'; write into slices of it"
        )
    axis = args[0] % len(base.shape)
    size = base.shape[axis]
    if name == "select":
        return _replace(loom, base, (value, path[1:]), axis, args[1] % size)
    span = range(size)[slice(*args[1:])]
    inner = _scatter(loom, _take(loom, base, axis, span), value, path[1:])
    return _overwrite(loom, base, inner, axis, span)


def _apply_view(loom: Loom, operand: Operand, name: str, args: Sequence[object]) -> Operand:
    seen: object = (
        getattr(torch.ops.aten, name)(operand, *args)
        if isinstance(operand, torch.Tensor)
        else ROWS[name](loom, operand, *args)
    )
    assert isinstance(seen, (Grid, torch.Tensor)), f"{name} gives one view"
    return seen


@row("index_put")
def _index_put(
    loom: Loom,
    base: Operand,
    indices: Sequence[Operand | None],
    value: Operand | Picked,
    accumulate: bool = False,
) -> Operand:
    mask = indices[0] if len(indices) == 1 else None
    if isinstance(value, Picked):
        if not value.has_mask(mask) or accumulate:
            raise refuse_picked(loom)
        return choose(loom, value.mask, value.values, base)
    if isinstance(mask, Grid) and mask.shape == tuple(base.shape) and not accumulate:
        if not isinstance(value, torch.Tensor) or value.numel() > 1:
            raise loom.weaver.refuse(
                "values are written where a comparison holds; write `torch.where(mask, new, old)`"
            )
        return choose(loom, mask, value.reshape(()), base)
    used = [(axis, i) for axis, i in enumerate(indices) if isinstance(i, torch.Tensor)]
    if len(used) != 1 or used[0][1].ndim != 1 or any(isinstance(i, Grid) for i in indices):
        raise loom.weaver.refuse("only one axis can be written to by a list, and not by a signal")
    axis, index = used[0]
    place = index.nonzero()[:, 0] if index.dtype == torch.bool else index % base.shape[axis]
    span = place.tolist()
    if accumulate or len(set(span)) < len(span):
        raise loom.weaver.refuse("several values are written to one place; write each place once")
    inner = _expand(loom, value, _take(loom, base, axis, span).shape)
    return _overwrite(loom, base, inner, axis, span)


@row("masked_fill")
def _masked_fill(loom: Loom, signal: Operand, mask: Operand, value: Operand | float) -> Operand:
    return choose(loom, mask, value, signal)


def _take(loom: Loom, operand: Operand, axis: int, span: Sequence[int]) -> Operand:
    if isinstance(operand, torch.Tensor):
        return operand.index_select(axis, torch.tensor([*span], dtype=torch.int64))
    return loom.pick(operand, axis, span)


def _overwrite(
    loom: Loom, base: Operand, inner: Operand, axis: int, span: Sequence[int]
) -> Operand:
    """A signal whose values at some indices of an axis are others."""
    size = base.shape[axis]
    if isinstance(base, torch.Tensor) and isinstance(inner, torch.Tensor):
        place = torch.tensor([*span], dtype=torch.int64)
        return base.index_copy(axis, place, inner.to(base.dtype).contiguous())
    if not span:
        return base
    if list(span) == list(range(span[0], span[0] + len(span))):
        rest = range(span[0]), span, range(span[0] + len(span), size)
        parts = [
            inner if each is span else _take(loom, base, axis, each) for each in rest if len(each)
        ]
        return parts[0] if len(parts) == 1 else _cat(loom, parts, axis)
    others = [i for i in range(size) if i not in set(span)]
    parts = [inner, *([_take(loom, base, axis, others)] if others else [])]
    order = np.argsort([*span, *others]).tolist()
    return loom.pick(_cat(loom, parts, axis), axis, order)


def _replace(
    loom: Loom,
    base: Operand,
    written: tuple[Operand, Sequence[tuple[str, Sequence[int]]]],
    axis: int,
    index: int,
) -> Operand:
    """A write into one index of an axis, or into a part of what is there."""
    value, path = written
    if isinstance(base, torch.Tensor):
        row_of: Operand = base.select(axis, index)
        inner = _scatter(loom, row_of, value, path)
        if isinstance(inner, torch.Tensor):
            changed = base.clone()
            changed.select(axis, index).copy_(inner)
            return changed
        thin = loom.drop_unit_atoms(inner)
        axes = (*thin.axes[:axis], axis_of("list", base.shape[axis]), *thin.axes[axis:])
        base = _as_grid(loom, base, axes)
        rows = [loom.select(base, axis, i) for i in range(base.shape[axis])]
    elif loom.merge_atoms(base).is_pure(axis, "list"):
        rows = [loom.select(base, axis, i) for i in range(base.shape[axis])]
        inner = _scatter(loom, rows[index], value, path)
    else:
        inner = _scatter(loom, loom.select(base, axis, index), value, path)
        whole = inner.unsqueeze(axis) if isinstance(inner, torch.Tensor) else None
        row_at = loom.unsqueeze(inner, axis) if isinstance(inner, Grid) else whole
        assert row_at is not None, "a row is a signal or a constant"
        return _overwrite(loom, base, row_at, axis, [index])
    rows[index] = loom.drop_unit_atoms(
        _as_grid(loom, inner, loom.drop_unit_atoms(rows[index]).axes)
    )
    return join(loom, [loom.unsqueeze(r, axis) for r in rows], axis)
