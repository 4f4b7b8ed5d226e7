"""The rows of largest values, and of what a model does with its scores, which no network needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import cast

import numpy as np
import torch
from torch import Tensor

from snncc.ir import ImportRefused

from ..expressions.axes import Grid, map_cells, sizes
from ..expressions.axis_ops import Loom
from ..expressions.expr import Expr
from .operation_table import MISSING, REASONS, ROWS, Operand, function, maximum, negate, row, total
from .replacements import replacement


@dataclass(frozen=True)
class Score:
    """One operation on scores, as PyTorch takes it after its first argument."""

    name: str
    args: tuple[object, ...]
    kwargs: Mapping[str, object]

    def of(self, scores: Tensor) -> Tensor:
        """What it makes of scores."""
        return cast("Tensor", getattr(torch.ops.aten, self.name)(scores, *self.args, **self.kwargs))


@dataclass(frozen=True)
class Scored:
    """A value that the model makes of its scores, and that a network need not make.

    Attributes:
        source: the scores.
        scored: what is done with them; the largest score stays the largest.
        value: the value itself, for those who need it; refuses where no op gives it.
    """

    source: Grid
    scored: tuple[Score, ...]
    value: Callable[[], Operand]

    def add_operation(self, loom: Loom, score: Score) -> Scored:
        """The same with one more operation after which the largest score is the largest."""

        def value() -> Operand:
            missing = f"{MISSING}; {replacement(loom, score.name)}"
            if score.name not in ROWS:
                raise loom.weaver.refuse(f"'{score.name}': {REASONS.get(score.name, missing)}")
            result = ROWS[score.name](loom, self.value(), *score.args, **score.kwargs)
            first = result if isinstance(result, (Grid, Tensor)) else result[0]
            if isinstance(first, Grid | Tensor):
                return first
            raise loom.weaver.refuse(f"'{score.name}': {missing}")

        return Scored(self.source, (*self.scored, score), value)


RISING = frozenset(
    {"_softmax", "_log_softmax", "argmax", "sigmoid", "tanh", "exp", "log", "softplus"}
    | {"clone", "detach", "alias"}
)
"""Operations after which the largest score is still the largest."""


def _score(
    loom: Loom, signal: Grid, score: Score, dim: int, value: Callable[[], Operand]
) -> Scored:
    axis = dim % len(signal.axes)
    if not loom.merge_atoms(signal).is_pure(axis, "feature"):
        raise loom.weaver.refuse(f"'{score.name}': it is taken over ticks or samples, not classes")
    origin = loom.weaver.origin

    def compute_in_place() -> Operand:
        here, loom.weaver.origin = loom.weaver.origin, origin
        try:
            return value()
        finally:
            loom.weaver.origin = here

    return Scored(signal, (score,), compute_in_place)


def _refuse(loom: Loom, name: str) -> Callable[[], Operand]:
    def value() -> Operand:
        raise loom.weaver.refuse(f"'{name}': {REASONS[name]}")

    return value


@row("_softmax")
def _softmax(loom: Loom, signal: Grid, dim: int, half: bool = False) -> Sequence[Scored]:
    def value() -> Grid:
        # exp(x - m) / sum(exp(x - m)), with m the largest x, as PyTorch computes it
        above = negate(loom, _amax(loom, signal, (dim,), keepdim=True))
        grown = function("exp")(loom, loom.pointwise("sum", [signal, above]))
        part = function("reciprocal")(loom, total(loom, grown, dim, keepdim=True))
        return loom.pointwise("product", [grown, part])

    return [_score(loom, signal, Score("_softmax", (dim, half), {}), dim, value)]


@row("_log_softmax")
def _log_softmax(loom: Loom, signal: Grid, dim: int, half: bool = False) -> Sequence[Scored]:
    score = Score("_log_softmax", (dim, half), {})
    return [_score(loom, signal, score, dim, _refuse(loom, "_log_softmax"))]


@row("argmax")
def _argmax(
    loom: Loom, signal: Grid, dim: int | None = None, keepdim: bool = False
) -> Sequence[Scored]:
    if dim is None:
        raise loom.weaver.refuse_batch(
            "the samples of the batch are mixed: the largest of all values"
        )
    return [_index(loom, signal, dim, keepdim)]


def _index(loom: Loom, signal: Grid, dim: int, keepdim: bool) -> Scored:
    score = Score("argmax", (dim, keepdim), {})
    return _score(loom, signal, score, dim, _refuse(loom, "argmax"))


# --- the largest of several values ----------------------------------------------------------------


@row("max")
def _max(
    loom: Loom, signal: Grid, dim: int | Operand | None = None, keepdim: bool = False
) -> Sequence[Grid | Scored | ImportRefused]:
    if isinstance(dim, (Grid, Tensor)):
        return [maximum(loom, signal, dim)]
    if dim is None:
        raise loom.weaver.refuse_batch(
            "the samples of the batch are mixed: the largest of all values"
        )
    try:
        index: Scored | ImportRefused = _index(loom, signal, dim, keepdim)
    except ImportRefused as refusal:
        index = refusal
    return [_largest(loom, signal, dim, keepdim), index]


@row("amax")
def _amax(loom: Loom, signal: Grid, dim: Sequence[int] = (), keepdim: bool = False) -> Grid:
    axes = sorted({d % len(signal.axes) for d in dim} or range(len(signal.axes)))
    for axis in axes:
        signal = _largest(loom, signal, axis, keepdim=True)
    for axis in () if keepdim else reversed(axes):
        signal = loom.squeeze(signal, axis)
    return signal


@row("min")
def _min(loom: Loom, signal: Grid, dim: int | None = None, keepdim: bool = False) -> Sequence[Grid]:
    return [negate(loom, cast("Grid", _max(loom, negate(loom, signal), dim, keepdim)[0]))]


@row("amin")
def _amin(loom: Loom, signal: Grid, dim: Sequence[int] = (), keepdim: bool = False) -> Grid:
    return negate(loom, _amax(loom, negate(loom, signal), dim, keepdim))


def _largest(loom: Loom, signal: Grid, dim: int, keepdim: bool) -> Grid:
    axis = dim % len(signal.axes)
    grid = loom.merge_atoms(signal)
    if grid.is_pure(axis, "list"):
        where = len(sizes(grid.axes[:axis], "list"))
        rest = np.moveaxis(grid.cells, where, -1)
        cells = np.empty(rest.shape[:-1], dtype=object)
        for index in np.ndindex(cells.shape):
            cells[index] = _peak(loom, cast("Sequence[Expr]", list(rest[index])))
    elif grid.axes[axis] and not grid.is_pure(axis, "feature"):
        raise loom.weaver.refuse_batch(
            "the samples of the batch are mixed: the largest over the batch"
        )
    else:
        where = len(sizes(grid.axes[:axis], "feature"))
        cells = map_cells(grid, lambda e: _pool(loom, e, where)) if grid.axes[axis] else grid.cells
    whole = Grid(cells, (*grid.axes[:axis], (), *grid.axes[axis + 1 :]))
    return whole if keepdim else loom.squeeze(whole, axis)


def _pool(loom: Loom, expr: Expr, axis: int) -> Expr:
    """The largest along one axis, which goes: one window over all of it."""
    shape, weaver = expr.shape, loom.weaver
    lead, size, rest = prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])
    whole = weaver.reshape(expr, (lead, size, rest))
    kernel = (size, 1)
    pooled = weaver.apply(
        "max_pool", (whole,), kernel=kernel, stride=kernel, padding=((0, 0), (0, 0))
    )
    return weaver.reshape(pooled, (*shape[:axis], *shape[axis + 1 :]))


def _peak(loom: Loom, exprs: Sequence[Expr]) -> Expr:
    """The largest of several signals, element by element."""
    rows = [loom.weaver.reshape(e, (1, *e.shape)) for e in exprs]
    peak = _pool(loom, loom.weaver.join(rows, 0), 0)
    loom.weaver.peaks[id(peak)] = tuple(exprs)
    return peak
