"""Weights rounded to codes so that the sums that they make move least; knows no network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snncc.ir import Values

DAMPING = 0.01  # of the mean square of an input: what is never seen together is not made up for
BLOCK = 64  # columns of which each passes its errors to the next; later ones get their sum


@dataclass(frozen=True)
class Grid:
    """Where weights may lie.

    Attributes:
        step: real value of one code `[..., rows, columns]`, broadcastable.
        largest: code of a weight, of either sign, `[columns]`.
    """

    step: Values
    largest: Values

    def round_columns(self, weights: Values, columns: slice | int) -> Values:
        """The nearest values of the grid in some columns."""
        step = np.broadcast_to(self.step, weights.shape[:-1] + self.largest.shape)[..., columns]
        most = self.largest[columns]
        return np.asarray(np.clip(np.rint(weights[..., columns] / step), -most, most) * step)


def round_nearest(weights: Values, grid: Grid) -> Values:
    """Each weight `[..., rows, columns]` as its nearest value of the grid."""
    return grid.round_columns(weights, slice(None))


def round_with_feedback(weights: Values, grid: Grid, moments: Values) -> Values:
    """Weights on a grid, each of which makes up for the rounding errors of those before it.

    Column after column is rounded, those with the strongest inputs first; what that adds to the
    sums is taken from the columns to come, as far as their inputs go together: error feedback as in
    GPTQ (Frantar et al., ICLR 2023, algorithm 1), here with the moments of spikes. Weights of zero
    stay zero.

    Args:
        weights: `[..., rows, columns]`, real.
        grid: in the order of the columns.
        moments: mean products of inputs `[columns, columns]`.
    """
    columns = len(moments)
    order = np.argsort(-np.diag(moments), kind="stable")
    damped = moments[np.ix_(order, order)].astype(np.float64)
    damped += np.eye(columns) * (DAMPING * float(np.mean(np.diag(moments))) or 1.0)
    upper = np.linalg.cholesky(np.linalg.inv(damped)).T
    whole = np.broadcast_to(grid.step, weights.shape)
    sorted_grid = Grid(whole[..., order], grid.largest[order])
    left = weights[..., order].astype(np.float64)
    silent, found = left == 0, np.zeros_like(left)
    for start in range(0, columns, BLOCK):
        stop = min(start + BLOCK, columns)
        errors = np.zeros((*left.shape[:-1], stop - start))
        for at in range(start, stop):
            nearest = sorted_grid.round_columns(left, at)
            found[..., at] = np.where(silent[..., at], 0.0, nearest)
            errors[..., at - start] = (left[..., at] - found[..., at]) / upper[at, at]
            left[..., at:stop] -= errors[..., at - start, None] * upper[at, at:stop]
        left[..., stop:] -= errors @ upper[start:stop, stop:]
    return found[..., np.argsort(order)]


def measure_error(weights: Values, rounded: Values, moments: Values) -> Values:
    """Mean square `[..., rows]` of what rounding adds to each row's sum."""
    errors = rounded - weights
    return np.asarray(np.sum((errors @ moments) * errors, axis=-1))
