"""Weights that are rounded jointly move a row's sum less than weights rounded one by one."""

from __future__ import annotations

import numpy as np
import pytest

from snncc.calibration.error_feedback import (
    Grid,
    measure_error,
    round_nearest,
    round_with_feedback,
)
from snncc.ir import Values


def drawn(seed: int, columns: int) -> tuple[Values, Values, Values]:
    """Weights `[rows, columns]`, inputs that go together `[places, columns]`, their moments."""
    rng = np.random.default_rng(seed)
    causes = rng.random((500, 5)) @ rng.random((5, columns))
    inputs = (causes + rng.random((500, columns)) > np.median(causes)).astype(np.float64)
    return rng.normal(size=(8, columns)), inputs, inputs.T @ inputs / len(inputs)


def grid_of(weights: Values, bits: int) -> Grid:
    most = (1 << (bits - 1)) - 1
    step = np.abs(weights).max(axis=-1, keepdims=True) / most
    return Grid(np.where(step == 0, 1, step), np.full(weights.shape[-1], most))


@pytest.mark.parametrize("columns", [1, 7, 64, 65, 200])
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_weights_lie_on_the_grid_and_zeros_stay(columns: int, bits: int) -> None:
    weights, _, moments = drawn(columns, columns)
    weights[:, ::3] = 0
    grid = grid_of(weights, bits)
    found = round_with_feedback(weights, grid, moments)
    codes = found / grid.step
    assert np.allclose(codes, np.rint(codes), atol=1e-9)
    assert np.all(np.abs(np.rint(codes)) <= grid.largest)
    assert np.all(found[:, ::3] == 0)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("bits", [3, 4, 8])
def test_joint_rounding_moves_sums_less(seed: int, bits: int) -> None:
    weights, inputs, moments = drawn(seed, 40)
    grid = grid_of(weights, bits)
    apart, jointly = (
        round_nearest(weights, grid),
        round_with_feedback(weights, grid, moments),
    )
    one, other = (measure_error(weights, found, moments) for found in (apart, jointly))
    assert other.sum() < one.sum()
    moved = np.mean(np.square(inputs @ (jointly - weights).T), axis=0)
    assert np.allclose(other, moved)


def test_inputs_that_never_come_leave_the_nearest_codes() -> None:
    weights, _, _ = drawn(0, 12)
    grid = grid_of(weights, 4)
    silent = np.zeros((12, 12))
    found = round_with_feedback(weights, grid, silent)
    assert np.array_equal(found, round_nearest(weights, grid))
