"""Tensors of the user's model as grids of per-sample signals; the loom is what works on them.

Each axis of a tensor is made of atoms: `list` (one expression per index: ticks, stacked signals),
`sample` (the batch) or `feature` (an axis of the expressions' own shape). `[T, B, N]` is list,
sample, feature; `x.flatten(0, 1)` merges list and sample into one axis and loses nothing. An axis
without atoms has size 1. Nothing here makes an expression.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from snncc.ir import Shape

from .expr import Expr

Kind: TypeAlias = Literal["list", "sample", "feature"]
Atom: TypeAlias = tuple[Kind, int]
Axis: TypeAlias = tuple[Atom, ...]
Cells: TypeAlias = npt.NDArray[np.object_]

SAMPLES = 2
"""How many samples are recorded: the least that differs from one."""


@dataclass(frozen=True, eq=False)
class Grid:
    """A tensor as expressions.

    Attributes:
        cells: expressions, one axis per `list` atom, in the order of the axes.
        axes: one entry per axis of the tensor; `feature` atoms in the order of the expressions'
            own axes.
    """

    cells: Cells
    axes: tuple[Axis, ...]

    def __post_init__(self) -> None:
        if isinstance(self.cells, Expr):  # NumPy unwraps an array of objects without axes
            object.__setattr__(self, "cells", make_single(self.cells, ()).cells)

    @property
    def shape(self) -> Shape:
        """Shape of the tensor, as PyTorch counts it."""
        return tuple(prod(size for _, size in axis) for axis in self.axes)

    @property
    def features(self) -> Shape:
        """Shape of the expressions."""
        return tuple(sizes(self.axes, "feature"))

    @property
    def only(self) -> Expr:
        """The one expression of a grid without list axes."""
        assert self.cells.ndim == 0, "the grid is a list"
        return cast("Expr", self.cells[()])

    def is_pure(self, axis: int, kind: Kind) -> bool:
        """Whether an axis consists of atoms of that kind alone; an empty axis is of no kind."""
        return bool(self.axes[axis]) and all(k == kind for k, _ in self.axes[axis])


def axis_of(kind: Kind, size: int) -> Axis:
    """An axis of one atom."""
    return ((kind, size),)


def sizes(axes: Sequence[Axis], kind: Kind) -> list[int]:
    """Extents of the atoms of that kind, in order."""
    return [size for axis in axes for k, size in axis if k == kind]


def make_single(expr: Expr, axes: Sequence[Axis]) -> Grid:
    """A grid of one expression."""
    cells = np.empty((), dtype=object)
    cells[()] = expr
    return Grid(cells, tuple(axes))


def cell(cells: Cells, index: int | tuple[int, ...] = 0) -> Expr:
    """One of the expressions; by default the first."""
    return cast("Expr", cells.flat[index] if isinstance(index, int) else cells[index])


def map_cells(grid: Grid, function: Callable[[Expr], Expr]) -> Cells:
    """The cells with a function applied."""
    cells = np.empty(grid.cells.shape, dtype=object)
    for index in np.ndindex(grid.cells.shape):
        cells[index] = function(cell(grid.cells, index))
    return cells
