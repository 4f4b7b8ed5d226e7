"""The table PyTorch operation → op of the network; a row is a short function, none a neuron."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TypeAlias, TypeVar

import numpy as np
import torch

from ..expressions.axes import Grid, cell, map_cells, sizes
from ..expressions.axis_ops import Loom
from ..expressions.expr import Expr

Operand: TypeAlias = Grid | torch.Tensor
Result: TypeAlias = Grid | torch.Tensor | Sequence[object]
Row = TypeVar("Row", bound=Callable[..., Result])

ROWS: dict[str, Callable[..., Result]] = {}
"""Name of the operation (ATen's, or a function that the recorder keeps whole) → its row."""


def row(*names: str) -> Callable[[Row], Row]:
    """Enters a function in the table; its parameters are those of the operation's schema."""

    def enter(function: Row) -> Row:
        for name in names:
            assert name not in ROWS, f"two rows for {name}"
            ROWS[name] = function
        return function

    return enter


MISSING = "no op of the network has it yet"
"""What is said of an operation of which nothing else is known."""

REASONS: Mapping[str, str] = {
    **dict.fromkeys(
        ("lstm", "gru", "rnn"),
        "a cell of this kind does not spike; use a neuron of a supported library",
    ),
    "attention": "it weighs values by a softmax, which no op has; use attention of spikes, such as "
    "`(q @ k.transpose(-2, -1)) @ v * scale`",
    "_log_softmax": "no op has a logarithm, and only behind the last scores it is left out; "
    "take it out of the model",
    "argmax": "an index is not a signal, and only behind the last scores it is left out; take it "
    "out of the model",
    **dict.fromkeys(
        ("topk", "sort", "argsort", "kthvalue", "median"),
        "it ranks the values of a signal; take it out of the model, and leave that to "
        "the reader of the score",
    ),
}


# --- element by element ---------------------------------------------------------------------------


def _tensor(value: Operand | float) -> Operand:
    if isinstance(value, (Grid, torch.Tensor)):
        return value
    return torch.tensor(float(value), dtype=torch.float64)


@row("mul")
def _mul(loom: Loom, left: Operand, right: Operand | float) -> Grid:
    return loom.pointwise("product", [left, _tensor(right)])


@row("add")
def _add(loom: Loom, left: Operand, right: Operand | float, alpha: float = 1) -> Grid:
    term = _tensor(right)
    if alpha != 1:
        term = term * alpha if isinstance(term, torch.Tensor) else _mul(loom, term, alpha)
    return loom.pointwise("sum", [left, term])


@row("sub")
def _sub(loom: Loom, left: Operand, right: Operand | float, alpha: float = 1) -> Grid:
    return _add(loom, left, right, -alpha)


@row("rsub")
def _rsub(loom: Loom, left: Operand, right: Operand | float, alpha: float = 1) -> Grid:
    return loom.pointwise("sum", [_mul(loom, left, -alpha), _tensor(right)])


@row("div")
def _div(loom: Loom, left: Operand, right: Operand | float) -> Grid:
    divisor = _tensor(right)
    if isinstance(divisor, Grid):
        raise loom.weaver.refuse(
            "a signal is divided by another; multiply it by `torch.reciprocal` of the other"
        )
    return _mul(loom, left, 1 / divisor)


@row("lerp")
def _lerp(loom: Loom, start: Operand, end: Operand, weight: Operand | float) -> Grid:
    return _add(loom, start, _mul(loom, _sub(loom, end, start), _tensor(weight)))


@row("addcmul")
def _addcmul(loom: Loom, term: Operand, left: Operand, right: Operand, value: float = 1) -> Grid:
    if isinstance(left, torch.Tensor) and isinstance(right, torch.Tensor):
        return _add(loom, term, left * right, value)
    return _add(loom, term, _mul(loom, left, right), value)


@row("addcdiv")
def _addcdiv(loom: Loom, term: Operand, left: Operand, right: Operand, value: float = 1) -> Grid:
    if isinstance(left, torch.Tensor) and isinstance(right, torch.Tensor):
        return _add(loom, term, left / right, value)
    return _add(loom, term, _div(loom, left, right), value)


@row("neg")
def negate(loom: Loom, signal: Grid) -> Grid:
    """A signal with the other sign."""
    return _mul(loom, signal, -1.0)


@row("relu")
def rectify(loom: Loom, signal: Grid) -> Grid:
    """A signal with its negative values made zero."""
    return Grid(map_cells(signal, lambda e: loom.weaver.apply("relu", (e,))), signal.axes)


def function(name: str) -> Callable[[Loom, Grid], Grid]:
    """The row of a real function of one value."""

    def enter_function(loom: Loom, signal: Grid) -> Grid:
        return Grid(
            map_cells(signal, lambda e: loom.weaver.apply("function", (e,), name=name)), signal.axes
        )

    return enter_function


for _name in ("sigmoid", "tanh", "exp", "reciprocal"):
    row(_name)(function(_name))


@row("maximum")
def maximum(loom: Loom, left: Operand, right: Operand) -> Grid:
    """The larger of two signals, element by element."""
    return _add(loom, left, rectify(loom, _sub(loom, right, left)))


@row("minimum")
def minimum(loom: Loom, left: Operand, right: Operand) -> Grid:
    """The smaller of two signals, element by element."""
    return _sub(loom, left, rectify(loom, _sub(loom, left, right)))


@row("logaddexp")
def _logaddexp(loom: Loom, left: Operand, right: Operand) -> Grid:
    # log(e^a + e^b) = max(a, b) + log(1 + e^-|a - b|), with -|x| = x - 2 max(x, 0)
    apart = _sub(loom, right, left)
    above = rectify(loom, apart)
    rest = function("softplus")(loom, _sub(loom, apart, above, 2))
    return loom.pointwise("sum", [left, above, rest])


@row("clone", "detach", "alias")
def _same(loom: Loom, signal: Grid, *_: object, **__: object) -> Grid:
    return signal


@row("_to_copy")
def _cast(loom: Loom, signal: Grid, dtype: torch.dtype | None = None, **_: object) -> Grid:
    if dtype not in (None, torch.float64) and not _counts(loom, signal):
        raise loom.weaver.refuse(f"a signal is cast to {dtype}; leave it in floats")
    return signal


def _counts(loom: Loom, signal: Grid) -> bool:
    """Whether a signal is 0 or 1, which a cast keeps."""
    cells = signal.cells
    return all(loom.weaver.is_flag(cell(cells, index)) for index in np.ndindex(cells.shape))


@row("fill", "zero")
def _fill(loom: Loom, target: Operand, value: float = 0.0) -> torch.Tensor:
    return torch.full(tuple(target.shape), float(value), dtype=torch.float64)


# --- reductions -----------------------------------------------------------------------------------


def _reduce(
    loom: Loom, signal: Grid, dims: int | Sequence[int] | None, keep: bool, mean: bool
) -> Grid:
    rank = len(signal.axes)
    dims = range(rank) if not dims and dims != 0 else (dims,) if isinstance(dims, int) else dims
    chosen = sorted(d % rank for d in dims)
    total = prod(signal.shape[axis] for axis in chosen)
    signal = loom.merge_atoms(signal)
    for axis in chosen:
        signal = _add_up(loom, signal, axis)
    for axis in () if keep else reversed(chosen):
        signal = loom.squeeze(signal, axis)
    return _mul(loom, signal, 1 / total) if mean else signal


def _add_up(loom: Loom, signal: Grid, axis: int) -> Grid:
    axes = (*signal.axes[:axis], (), *signal.axes[axis + 1 :])
    if not signal.axes[axis]:
        return signal
    if signal.is_pure(axis, "list"):
        where = len(sizes(signal.axes[:axis], "list"))
        rest = np.moveaxis(signal.cells, where, -1)
        cells = np.empty(rest.shape[:-1], dtype=object)
        for index in np.ndindex(cells.shape):
            cells[index] = loom.weaver.apply("sum", list(rest[index]))
        return Grid(cells, axes)
    if not signal.is_pure(axis, "feature"):
        raise loom.weaver.refuse_batch(
            "the samples of the batch are mixed: a sum over the batch axis; sum over another axis"
        )
    where = len(sizes(signal.axes[:axis], "feature"))
    return Grid(map_cells(signal, lambda e: _sum_axis(loom, e, where)), axes)


def _sum_axis(loom: Loom, expr: Expr, axis: int) -> Expr:
    rest = [i for i in range(len(expr.shape)) if i != axis]
    size, shape = expr.shape[axis], tuple(expr.shape[i] for i in rest)
    last = loom.weaver.reshape(loom.weaver.permute(expr, [*rest, axis]), (prod(shape), size))
    pooled = loom.weaver.apply(
        "sum_pool", (last,), kernel=(size,), stride=(size,), padding=((0, 0),)
    )
    return loom.weaver.reshape(pooled, shape)


@row("sum")
def total(
    loom: Loom,
    signal: Grid,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    **_: object,
) -> Grid:
    """The sum along some axes; None for all of them."""
    return _reduce(loom, signal, dim, keepdim, mean=False)


@row("mean")
def _mean(
    loom: Loom,
    signal: Grid,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    **_: object,
) -> Grid:
    return _reduce(loom, signal, dim, keepdim, mean=True)
