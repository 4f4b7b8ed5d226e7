"""Matrix products of two signals, in any of PyTorch's spellings, as one op; no constants here."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from ..expressions.axes import Axis, Grid, cell, sizes
from ..expressions.axis_ops import Loom


@dataclass(frozen=True)
class Roles:
    """What the labels of a product of two signals stand for.

    Attributes:
        outer: along the batch or a list of both signals, which stay as they are.
        batch: of both signals and of the result.
        rows: of the first signal and of the result.
        columns: of the second signal and of the result.
        summed: of both signals alone.
    """

    outer: str
    batch: str
    rows: str
    columns: str
    summed: str


def multiply(loom: Loom, terms: tuple[str, str], grids: tuple[Grid, Grid], out: str) -> Grid:
    """`torch.einsum` of two signals.

    Args:
        loom: works on the grids.
        terms: labels of the axes of each signal.
        grids: the signals.
        out: labels of the result's axes.

    Raises:
        ImportRefused: one of them is summed on its own, or samples are mixed.
    """
    left, right = (loom.merge_atoms(grid) for grid in grids)
    roles, left, right = _roles(loom, terms, (left, right), out)
    first = loom.permute(
        left, _places(terms[0], roles.outer, roles.batch, roles.rows, roles.summed)
    )
    second = loom.permute(
        right, _places(terms[1], roles.outer, roles.batch, roles.summed, roles.columns)
    )
    outer = _align_outer(loom, first, second, len(roles.outer))
    extent = dict(zip(terms[0], left.shape, strict=True)) | dict(
        zip(terms[1], right.shape, strict=True)
    )
    made = roles.batch + roles.rows + roles.columns
    shape = tuple(extent[c] for c in made)
    size = {
        name: prod(extent[c] for c in labels)
        for name, labels in (("m", roles.rows), ("n", roles.columns), ("k", roles.summed))
    }
    lead = tuple(extent[c] for c in roles.batch)
    folds = ((*lead, size["m"], size["k"]), (*lead, size["k"], size["n"]))
    cells = np.empty(np.broadcast_shapes(first.cells.shape, second.cells.shape), dtype=object)
    pair = [np.broadcast_to(grid.cells, cells.shape) for grid in (first, second)]
    for index in np.ndindex(cells.shape):
        folded = [
            loom.weaver.reshape(cell(c, index), fold) for c, fold in zip(pair, folds, strict=True)
        ]
        cells[index] = loom.weaver.reshape(loom.weaver.apply("matmul", folded), shape)
    axes: list[Axis] = [*outer, *((("feature", n),) for n in shape)]
    labels = roles.outer + made
    return loom.permute(Grid(cells, tuple(axes)), [labels.index(c) for c in out])


def _places(labels: str, *groups: str) -> list[int]:
    return [labels.index(c) for c in "".join(groups)]


def _roles(
    loom: Loom, terms: tuple[str, str], grids: tuple[Grid, Grid], out: str
) -> tuple[Roles, Grid, Grid]:
    """The roles of the labels, and the signals with all axes of features that are not outer."""
    left, right = grids
    shared = [c for c in terms[0] if c in terms[1]]
    outer = ""
    for c in shared:
        found = [g.axes[t.index(c)] for t, g in zip(terms, (left, right), strict=True)]
        if any(kind != "feature" for axis in found for kind, _ in axis) and c in out:
            outer += c
    left, right = (
        _make_feature(loom, grid, labels, outer)
        for grid, labels in zip((left, right), terms, strict=True)
    )
    alone = [c for c in terms[0] + terms[1] if c not in shared and c not in out]
    if alone:
        raise loom.weaver.refuse("a product that sums one of its signals alone; use sum()")
    return (
        Roles(
            outer,
            "".join(c for c in shared if c in out and c not in outer),
            "".join(c for c in terms[0] if c not in shared),
            "".join(c for c in terms[1] if c not in shared),
            "".join(c for c in shared if c not in out),
        ),
        left,
        right,
    )


def _make_feature(loom: Loom, grid: Grid, labels: str, outer: str) -> Grid:
    for c in labels:
        if c not in outer:
            axis = labels.index(c)
            grid = loom.fill_at(loom.unlist(grid, axis), axis)
            if not grid.is_pure(axis, "feature"):
                raise loom.weaver.refuse_batch("a matrix product mixes the samples of the batch")
    return grid


def _align_outer(loom: Loom, first: Grid, second: Grid, count: int) -> list[Axis]:
    """The leading axes of both, which must be laid out alike; one of size 1 repeats."""
    axes: list[Axis] = []
    for left, right in zip(first.axes[:count], second.axes[:count], strict=True):
        if left and right and left != right:
            raise loom.weaver.refuse_batch(
                "the batch of one operand is aligned with another axis of the other"
            )
        axes.append(left or right)
    lists = [sizes(grid.axes[:count], "list") for grid in (first, second)]
    if lists[0] != lists[1]:
        raise loom.weaver.refuse("a product of ticks with a signal that is the same at all ticks")
    return axes
