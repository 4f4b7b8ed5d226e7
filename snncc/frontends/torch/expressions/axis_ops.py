"""How PyTorch's axes act on grids: reshaped, permuted, picked, broadcast; no op of the model.

An axis is split, merged or moved by regrouping its atoms (see `Grid`); only what changes the
expressions themselves becomes nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from math import prod
from typing import cast

import numpy as np
import torch

from .axes import Atom, Axis, Cells, Grid, Kind, axis_of, cell, map_cells, sizes
from .expr import Constant, Expr, Weaver

RUNS = 4
"""Up to how many slices of a signal are put one after the other, rather than values picked."""


class Loom:
    """Works on grids: changes axes, aligns operands.

    Attributes:
        weaver: makes the expressions, and knows where in the user's code we are.
    """

    def __init__(self, weaver: Weaver) -> None:
        self.weaver = weaver

    def list_cells(self, exprs: Sequence[Expr]) -> Cells:
        """Cells of one list axis."""
        cells = np.empty(len(exprs), dtype=object)
        cells[:] = exprs
        return cells

    # --- axes ---------------------------------------------------------------------------------

    def merge_atoms(self, grid: Grid) -> Grid:
        """The grid with at most one atom for each run of equal kinds within an axis.

        A list of one beside other atoms is dropped: `[batch, 1, ...]` flattened is `[batch, ...]`.
        """
        if all(len(axis) < 2 for axis in grid.axes):
            return grid
        axes: list[Axis] = []
        for axis in grid.axes:
            merged: list[Atom] = []
            for kind, size in axis:
                if (kind, size) == ("list", 1) and len(axis) > 1:
                    continue
                if merged and merged[-1][0] == kind and kind != "sample":
                    merged[-1] = (kind, merged[-1][1] * size)
                else:
                    merged.append((kind, size))
            axes.append(tuple(merged))
        return self._reshape(grid, axes)

    def _reshape(self, grid: Grid, axes: Sequence[Axis]) -> Grid:
        if tuple(axes) == grid.axes:
            return grid
        features = tuple(sizes(axes, "feature"))
        cells = map_cells(grid, lambda e: self.weaver.reshape(e, features))
        return Grid(cells.reshape(sizes(axes, "list")), tuple(axes))

    def fill(self, grid: Grid) -> Grid:
        """The grid with a feature atom of size 1 in every axis that has none."""
        grid = self.merge_atoms(grid)
        return self._reshape(grid, [axis or axis_of("feature", 1) for axis in grid.axes])

    def fill_at(self, grid: Grid, axis: int) -> Grid:
        """The grid with a feature atom of size 1 in one axis, where that has none."""
        return grid if grid.axes[axis] else self._with_axis(grid, axis, "feature")

    def pointwise(self, keyword: str, operands: Sequence[Grid | torch.Tensor]) -> Grid:
        """An element-wise op on operands that broadcast as in PyTorch."""
        columns, axes = self.align(operands)
        cells = np.empty(columns[0].shape, dtype=object)
        for index in np.ndindex(cells.shape):
            cells[index] = self._combine(keyword, [cell(c, index) for c in columns])
        return Grid(cells, axes)

    def _combine(self, keyword: str, exprs: Sequence[Expr]) -> Expr:
        numbers = [e.values for e in exprs if isinstance(e, Constant)]
        if len(numbers) < len(exprs):
            return self.weaver.apply(keyword, exprs)
        combine = {"sum": np.add, "product": np.multiply}[keyword]
        return self.weaver.constant(reduce(combine, numbers))

    def drop_unit_atoms(self, grid: Grid) -> Grid:
        """The grid without feature atoms of size 1."""
        grid = self.merge_atoms(grid)
        return self._reshape(
            grid, [tuple(a for a in axis if a != ("feature", 1)) for axis in grid.axes]
        )

    def view(self, grid: Grid, shape: Sequence[int]) -> Grid:
        """The grid with its atoms grouped (or split) into another shape.

        Raises:
            ImportRefused: the batch axis would be torn apart.
        """
        atoms: list[Atom] = []
        for kind, size in (a for axis in grid.axes for a in axis):
            if atoms and atoms[-1][0] == kind != "sample":
                size *= atoms.pop()[1]
            atoms.append((kind, size))
        atoms.reverse()
        axes: list[Axis] = []
        for wanted in shape:
            axis: list[Atom] = []
            while wanted > 1:
                kind, size = atoms.pop() if atoms else ("sample", 0)
                taken = min(wanted, size)
                if (
                    not taken
                    or size % taken
                    or wanted % taken
                    or (kind == "sample" and taken < size)
                ):
                    raise self.weaver.refuse_batch(
                        f"view {list(grid.shape)} as {list(shape)} splits the batch axis"
                    )
                axis.append((kind, taken))
                wanted //= taken
                if taken < size:
                    atoms.append((kind, size // taken))
            axes.append(tuple(axis))
        return self._reshape(grid, axes)

    def permute(self, grid: Grid, order: Sequence[int]) -> Grid:
        """The grid with its axes in another order."""
        axes = [grid.axes[i] for i in order]
        lists, features = (
            _permute_atoms(grid.axes, order, "list"),
            _permute_atoms(grid.axes, order, "feature"),
        )
        cells = map_cells(grid, lambda e: self.weaver.permute(e, features))
        return Grid(cells.transpose(lists), tuple(axes))

    def pick(self, grid: Grid, axis: int, index: Sequence[int]) -> Grid:
        """The grid with only those indices of one axis, in that order."""
        grid = self.merge_atoms(grid)
        if not grid.axes[axis]:
            grid = self._with_axis(grid, axis, "feature")
        if len(grid.axes[axis]) != 1 or grid.is_pure(axis, "sample"):
            if list(index) == list(range(grid.shape[axis])):
                return grid
            raise self.weaver.refuse_batch("single samples of the batch are picked here")
        kind = grid.axes[axis][0][0]
        where = _position(grid.axes, axis, kind)
        axes = (*grid.axes[:axis], axis_of(kind, len(index)), *grid.axes[axis + 1 :])
        if kind == "list":
            return Grid(np.take(grid.cells, index, axis=where), axes)
        return Grid(map_cells(grid, lambda e: self.take(e, where, index)), axes)

    def take(self, expr: Expr, axis: int, index: Sequence[int]) -> Expr:
        """The expression with only those indices of one of its axes."""
        if len(index) == expr.shape[axis] and list(index) == list(range(len(index))):
            return expr
        ends = [k for k in range(1, len(index)) if index[k] != index[k - 1] + 1]
        starts = [0, *ends]
        if len(starts) > RUNS:
            whole = np.arange(prod(expr.shape)).reshape(expr.shape)
            return self.weaver.gather(expr, np.take(whole, index, axis=axis))
        parts = [
            self._span(expr, axis, index[first], index[last - 1] + 1)
            for first, last in zip(starts, [*ends, len(index)], strict=True)
        ]
        return self.weaver.join(parts, axis)

    def _span(self, expr: Expr, axis: int, start: int, stop: int) -> Expr:
        if (start, stop) == (0, expr.shape[axis]):
            return expr
        if isinstance(expr, Constant):
            return self.weaver.constant(np.take(expr.values, range(start, stop), axis=axis))
        return self.weaver.apply("slice", (expr,), axis=axis, start=start, stop=stop)

    def select(self, grid: Grid, axis: int, index: int) -> Grid:
        """The grid at one index of an axis, which goes."""
        picked = self.pick(grid, axis, [index])
        kind = picked.axes[axis][0][0]
        axes = (*picked.axes[:axis], *picked.axes[axis + 1 :])
        if kind == "list":
            where = _position(picked.axes, axis, kind)
            return Grid(np.take(picked.cells, 0, axis=where), axes)
        return self._reshape(picked, axes)

    def unsqueeze(self, grid: Grid, axis: int) -> Grid:
        """The grid with a new axis of size 1."""
        return replace(grid, axes=(*grid.axes[:axis], (), *grid.axes[axis:]))

    def squeeze(self, grid: Grid, axis: int) -> Grid:
        """The grid without an axis of size 1; unchanged where it is larger."""
        if grid.shape[axis] != 1:
            return grid
        return self._reshape(grid, (*grid.axes[:axis], *grid.axes[axis + 1 :]))

    def _with_axis(self, grid: Grid, axis: int, kind: Kind) -> Grid:
        return self._reshape(grid, (*grid.axes[:axis], axis_of(kind, 1), *grid.axes[axis + 1 :]))

    def repeat(self, grid: Grid, axis: int, count: int) -> Grid:
        """The grid with an axis of size 1 repeated: the same expression, listed."""
        grid = self.drop_unit_atoms(grid)
        assert not grid.axes[axis], "only an axis of size 1 is repeated"
        listed = self._with_axis(grid, axis, "list")
        where = _position(listed.axes, axis, "list")
        axes = (*grid.axes[:axis], axis_of("list", count), *grid.axes[axis + 1 :])
        return Grid(np.repeat(listed.cells, count, axis=where), axes)

    def unlist(self, grid: Grid, axis: int) -> Grid:
        """The grid with the list atoms of an axis made feature atoms: what is listed, concatenated.

        An axis that the batch is part of stays as it is.
        """
        grid = self.merge_atoms(grid)
        if any(kind == "sample" for kind, _ in grid.axes[axis]):
            return grid
        for place, (kind, size) in enumerate(grid.axes[axis]):
            if kind == "list":
                grid = self._concatenate(grid, axis, place, size)
        return self.merge_atoms(grid)

    def _concatenate(self, grid: Grid, axis: int, place: int, size: int) -> Grid:
        """The grid with one list atom a feature atom."""
        before = (*grid.axes[:axis], grid.axes[axis][:place])
        where, into = len(sizes(before, "list")), len(sizes(before, "feature"))
        made = axis_of("feature", size)
        atoms = (*grid.axes[axis][:place], *made, *grid.axes[axis][place + 1 :])
        rest = np.moveaxis(grid.cells, where, -1)
        cells = np.empty(rest.shape[:-1], dtype=object)
        for index in np.ndindex(cells.shape):
            row = [
                self.weaver.reshape(e, (*e.shape[:into], 1, *e.shape[into:]))
                for e in cast("Sequence[Expr]", rest[index])
            ]
            cells[index] = self.weaver.join(row, into)
        return Grid(cells, (*grid.axes[:axis], atoms, *grid.axes[axis + 1 :]))

    def make_features(self, grid: Grid) -> Grid:
        """The grid with every axis but the batch a feature axis.

        Raises:
            ImportRefused: the batch is merged with another axis, or is not there.
        """
        for axis in range(len(grid.axes)):
            grid = self.unlist(grid, axis)
        grid = self.fill(grid)
        if sum(grid.is_pure(i, "sample") for i in range(len(grid.axes))) != 1:
            raise self.weaver.refuse_batch(
                f"the batch is not an axis of its own in {list(grid.shape)}"
            )
        return grid

    # --- operands -----------------------------------------------------------------------------

    def align(
        self, operands: Sequence[Grid | torch.Tensor]
    ) -> tuple[list[Cells], tuple[Axis, ...]]:
        """Operands of an element-wise op, broadcast as PyTorch does.

        Returns:
            Cells of equal shape for each operand, whose expressions are of equal rank and
            broadcast; and the axes of the result.
        """
        rank = max(o.ndim if isinstance(o, torch.Tensor) else len(o.axes) for o in operands)
        grids = [self._raise_rank(o, rank) for o in operands if isinstance(o, Grid)]
        for axis in range(rank):
            kinds = {grid.axes[axis] for grid in grids if grid.axes[axis]}
            if len(kinds) > 1:
                grids = [self.unlist(grid, axis) for grid in grids]
        axes = tuple(self._meet(grids, operands, axis, rank) for axis in range(rank))
        rows = iter(grids)
        cells = [
            self.numbers(o, axes) if isinstance(o, torch.Tensor) else self._spread(next(rows), axes)
            for o in operands
        ]
        return [np.broadcast_to(c, sizes(axes, "list")) for c in cells], axes

    def _raise_rank(self, grid: Grid, rank: int) -> Grid:
        thin = self.drop_unit_atoms(grid)
        return replace(thin, axes=((),) * (rank - len(thin.axes)) + thin.axes)

    def _meet(
        self, grids: Sequence[Grid], operands: Sequence[Grid | torch.Tensor], axis: int, rank: int
    ) -> Axis:
        found = {grid.axes[axis] for grid in grids if grid.axes[axis]}
        if len(found) > 1:
            raise self.weaver.refuse_batch(
                "the batch of one operand is aligned with another axis of the other"
            )
        if found:
            return found.pop()
        extents = [
            int(o.shape[axis - rank + o.ndim])
            for o in operands
            if isinstance(o, torch.Tensor) and axis - rank + o.ndim >= 0
        ]
        size = max((1, *extents))
        return axis_of("feature", size) if size > 1 else ()

    def _spread(self, grid: Grid, axes: Sequence[Axis]) -> Cells:
        """Cells whose expressions have the rank of `axes`' features, 1 where they lack one."""
        shape, lists = [], []
        for own, all_ in zip(grid.axes, axes, strict=True):
            shape += [size if own else 1 for kind, size in all_ if kind == "feature"]
            lists += [size if own else 1 for kind, size in all_ if kind == "list"]
        return map_cells(grid, lambda e: self.weaver.reshape(e, tuple(shape))).reshape(lists)

    def numbers(self, values: torch.Tensor, axes: Sequence[Axis]) -> Cells:
        """A constant as cells: the same for every sample, one for each index of a list."""
        array = values.detach().to(torch.float64).numpy()
        array = array.reshape((1,) * (len(axes) - array.ndim) + array.shape)
        atoms: list[int] = []
        lists: list[int] = []
        order: list[int] = []
        for size, axis in zip(array.shape, axes, strict=True):
            if size > 1 and size != prod(n for _, n in axis):
                raise self.weaver.refuse_batch(
                    f"a constant has {size} values where the signal has {prod(n for _, n in axis)}"
                )
            for kind, n in axis:
                if kind == "list":
                    lists.append(len(atoms))
                elif kind == "feature":
                    order.append(len(atoms))
                atoms.append(n if size > 1 else 1)
        array = array.reshape(atoms)
        for position in set(range(len(atoms))) - {*lists, *order}:
            alike = np.broadcast_to(array.take([0], axis=position), array.shape)
            if not np.array_equal(array, alike, equal_nan=True):
                raise self.weaver.refuse_batch(
                    "a constant differs from sample to sample of the batch"
                )
            array = array.take([0], axis=position)
        rest = [p for p in range(len(atoms)) if p not in lists and p not in order]
        array = array.transpose(*lists, *order, *rest)
        array = array.reshape(array.shape[: len(lists) + len(order)])
        cells = np.empty(array.shape[: len(lists)], dtype=object)
        for index in np.ndindex(cells.shape):
            cells[index] = self.weaver.constant(array[index])
        return cells


def _position(axes: Sequence[Axis], axis: int, kind: Kind) -> int:
    """Which of all atoms of that kind is first in `axis`."""
    return len(sizes(axes[:axis], kind))


def _permute_atoms(axes: Sequence[Axis], order: Sequence[int], kind: Kind) -> list[int]:
    """Permutation of the atoms of one kind that a permutation of the axes brings about."""
    numbered: list[list[int]] = []
    count = 0
    for axis in axes:
        here = sum(k == kind for k, _ in axis)
        numbered.append(list(range(count, count + here)))
        count += here
    return [n for i in order for n in numbered[i]]
