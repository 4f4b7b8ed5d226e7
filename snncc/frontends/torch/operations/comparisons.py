"""The rows of comparisons, and of what is chosen by them: neurons that are written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from ..expressions.axes import Grid, cell, map_cells
from ..expressions.axis_ops import Loom
from ..expressions.expr import Apply, Constant, Expr
from .operation_table import Operand, negate, row

Number: TypeAlias = Operand | float


def _operand(value: Number) -> Operand:
    if isinstance(value, (Grid, torch.Tensor)):
        return value
    return torch.tensor(float(value), dtype=torch.float64)


def subtract(loom: Loom, left: Number, right: Number) -> Grid:
    """The difference of two operands, one of which is a signal."""
    one, two = _operand(left), _operand(right)
    if isinstance(one, Grid) and isinstance(two, torch.Tensor) and not bool(two.any()):
        return loom.pointwise("sum", [one, two]) if two.ndim > len(one.axes) else one
    return loom.pointwise("sum", [one, negate(loom, two) if isinstance(two, Grid) else -two])


def _compare(loom: Loom, difference: Grid, strict: bool) -> Grid:
    return Grid(map_cells(difference, lambda e: _fire(loom, e, strict)), difference.axes)


def _fire(loom: Loom, difference: Expr, strict: bool) -> Expr:
    """A comparison; of a flag with a number between, the flag itself."""
    flag, offset = _split_flag(difference)
    if loom.weaver.is_flag(flag):
        low, high = offset, offset + 1
        off, on = (low > 0, high > 0) if strict else (low >= 0, high >= 0)
        if not np.any(off) and np.all(on):
            return flag
    return loom.weaver.compare(difference, strict)


def _split_flag(difference: Expr) -> tuple[Expr, npt.NDArray[np.float64]]:
    if isinstance(difference, Apply) and difference.op.keyword == "sum":
        numbers = [a.values for a in difference.args if isinstance(a, Constant)]
        rest = [a for a in difference.args if not isinstance(a, Constant)]
        if len(numbers) == len(rest) == 1:
            return rest[0], numbers[0]
    return difference, np.zeros(())


def _oppose(loom: Loom, flags: Operand) -> Operand:
    """1 where the flags are 0, and 0 where they are 1."""
    if isinstance(flags, torch.Tensor):
        return 1 - flags.double()
    return Grid(map_cells(flags, loom.weaver.oppose), flags.axes)


@row("gt")
def _gt(loom: Loom, left: Number, right: Number) -> Grid:
    return _compare(loom, subtract(loom, left, right), strict=True)


@row("ge")
def _ge(loom: Loom, left: Number, right: Number) -> Grid:
    return _compare(loom, subtract(loom, left, right), strict=False)


@row("lt")
def _lt(loom: Loom, left: Number, right: Number) -> Operand:
    # What is compared with a number is one comparison, whichever side the number stands on.
    if isinstance(right, Grid):
        return _gt(loom, right, left)
    return _oppose(loom, _ge(loom, left, right))


@row("le")
def _le(loom: Loom, left: Number, right: Number) -> Operand:
    if isinstance(right, Grid):
        return _ge(loom, right, left)
    return _oppose(loom, _gt(loom, left, right))


@row("heaviside")
def _heaviside(loom: Loom, signal: Grid, values: Operand) -> Grid:
    if values is signal:  # whose value where it is zero is zero
        return _compare(loom, signal, strict=True)
    at_zero = set(values.double().ravel().tolist()) if isinstance(values, torch.Tensor) else set()
    if at_zero not in ({0.0}, {1.0}):
        raise loom.weaver.refuse("'heaviside': the value at zero is not 0 or 1; give one of these")
    return _compare(loom, signal, strict=at_zero == {0.0})


@row("sign")
def _sign(loom: Loom, signal: Grid) -> Grid:
    above, below = _compare(loom, signal, strict=True), _compare(loom, signal, strict=False)
    return loom.pointwise("sum", [above, below, -torch.ones((), dtype=torch.float64)])


# --- flags ----------------------------------------------------------------------------------------


def demand_flags(loom: Loom, name: str, operand: Operand) -> Operand:
    """The operand, if its values are 0 and 1.

    Raises:
        ImportRefused: it is another signal.
    """
    if isinstance(operand, torch.Tensor):
        return operand.double()
    if not _are_flags(loom, operand):
        raise loom.weaver.refuse(
            f"'{name}' takes a signal for a truth value; compare it with a number first"
        )
    return operand


@row("logical_not", "bitwise_not")
def _not(loom: Loom, flags: Grid) -> Operand:
    return _oppose(loom, demand_flags(loom, "logical_not", flags))


@row("logical_and", "bitwise_and")
def _and(loom: Loom, left: Operand, right: Operand) -> Grid:
    pair = [demand_flags(loom, "logical_and", each) for each in (left, right)]
    return loom.pointwise("product", pair)


@row("logical_or", "bitwise_or")
def _or(loom: Loom, left: Operand, right: Operand) -> Operand:
    pair = [_oppose(loom, demand_flags(loom, "logical_or", each)) for each in (left, right)]
    return _oppose(loom, loom.pointwise("product", pair))


@row("logical_xor", "bitwise_xor")
def _xor(loom: Loom, left: Operand, right: Operand) -> Operand:
    both = _oppose(loom, _and(loom, left, right))
    return _and(loom, _or(loom, left, right), both)


@row("ne")
def _ne(loom: Loom, left: Operand, right: Number) -> Operand:
    _demand_flags_of_both(loom, "ne", left, right)
    return _xor(loom, left, _operand(right))


@row("eq")
def _eq(loom: Loom, left: Operand, right: Number) -> Operand:
    _demand_flags_of_both(loom, "eq", left, right)
    return _xor(loom, left, _oppose(loom, _operand(right)))


def _demand_flags_of_both(loom: Loom, name: str, left: Operand, right: Number) -> None:
    """Refuses to compare for equality what is not 0 or 1 on both sides."""
    for each in (left, _operand(right)):
        if not _are_flags(loom, each):
            raise loom.weaver.refuse(
                f"'{name}': whether two signals are equal is not a threshold; compare with > or >="
            )


def _are_flags(loom: Loom, operand: Operand) -> bool:
    if isinstance(operand, torch.Tensor):
        return bool(((operand == 0) | (operand == 1)).all())
    cells = operand.cells
    return all(loom.weaver.is_flag(cell(cells, index)) for index in np.ndindex(cells.shape))


@row("where")
def choose(loom: Loom, flags: Operand, left: Number, right: Number) -> Operand:
    """`left` where the flags are 1, else `right`."""
    held = demand_flags(loom, "where", flags)
    parts = [(held, _operand(left)), (_oppose(loom, held), _operand(right))]
    terms = [
        _multiply(loom, mask, value)
        for mask, value in parts
        if isinstance(value, Grid) or bool(value.any())
    ]
    live: Sequence[Operand] = terms or [loom.pointwise("product", [held, torch.zeros(())])]
    return live[0] if len(live) == 1 else loom.pointwise("sum", live)


def _multiply(loom: Loom, left: Operand, right: Operand) -> Operand:
    if isinstance(left, torch.Tensor) and isinstance(right, torch.Tensor):
        return left * right
    return loom.pointwise("product", [left, right])
