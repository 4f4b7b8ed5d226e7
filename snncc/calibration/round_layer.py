"""Units of a layer's rows and the codes of its weights, chosen jointly with its thresholds."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from snncc.ir import Values

from .driven_layers import Layer
from .error_feedback import Grid, measure_error, round_nearest, round_with_feedback

Way: TypeAlias = Literal["nearest", "feedback"]
"""How weights are rounded in a unit that is chosen: each alone, or each making up for others."""
WAYS: tuple[Way, ...] = ("nearest", "feedback")

SHARES = np.linspace(1.0, 0.45, 12)
"""Units that are tried, as shares of what the largest weight needs; larger weights are clipped."""
PRODUCTS = 2e10  # that rounding a layer may take: fewer units are tried for a large one


def round_layer(layer: Layer, moments: Values, way: Way, finer: int) -> tuple[Values, Values]:
    """Weights on their grid `[rows, columns]`, and the units of the rows `[rows]`.

    Of each unit that is tried the mean square is measured of what rounding adds to a row's sum; the
    smallest is taken, row by row, or for all rows at once where they share a unit. A unit is
    tried where it divides the threshold, so that this is not rounded at all.

    Args:
        layer: the weights as they are.
        moments: mean products of what its columns read `[columns, columns]`.
        way: how each unit's codes are found.
        finer: k; potentials count 2**k finer than the unit.
    """
    weights, usual = layer.weights, layer.drivers[0].units
    shares = _choose_shares(layer, way)
    units = _divide_thresholds(layer, usual * shares[:, None], finer)
    step = layer.step * (units / usual)[..., None]
    grid = Grid(step, layer.largest)
    tried = np.broadcast_to(weights, step.shape)
    rounded = (
        round_nearest(tried, grid)
        if way == "nearest"
        else round_with_feedback(tried, grid, moments)
    )
    errors = measure_error(tried, rounded, moments)
    if layer.shared:
        errors = np.broadcast_to(errors.sum(axis=1, keepdims=True), errors.shape)
    best, rows = errors.argmin(axis=0), np.arange(len(weights))
    return rounded[best, rows], units[best, rows]


def _choose_shares(layer: Layer, way: Way) -> Values:
    if not layer.scalable:
        return SHARES[:1]
    products = layer.weights.size * layer.weights.shape[1] if way == "feedback" else 1
    most = int(PRODUCTS // max(1, products))
    return SHARES[: max(1, min(most, len(SHARES)))]


def _divide_thresholds(layer: Layer, units: Values, finer: int) -> Values:
    """Units near those given in which thresholds are integers, where they are known."""
    codes = layer.thresholds
    if codes is None or not layer.scalable or np.any(codes <= 0):
        return units
    if layer.shared and not np.all(codes == codes[0]):
        return units
    whole = np.maximum(np.rint(codes * 2.0**finer / units), 1.0)
    return np.asarray(codes * 2.0**finer / whole)
