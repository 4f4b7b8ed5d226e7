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

LEAST_SHARE = 0.45
"""The finest unit that is tried, as a share of what the largest weight needs: it clips others."""
FEW_SHARES, MOST_SHARES = 12, 400  # units that are tried: of rows with few weights some fit all
PRODUCTS = 2e9  # that rounding a layer may take for more than the fewest units
MOST_PRODUCTS = 2e10  # for which even fewer are tried
VALUES = 1 << 22  # weights that are rounded at a time
VARIANTS = 5
BETWEEN = 0.05 / VARIANTS  # from a variant's units to the next one's


def round_layer(
    layer: Layer, moments: Values, way: Way, finer: int, variant: int = 0
) -> tuple[Values, Values]:
    """Weights on their grid `[rows, columns]`, and the units of the rows `[rows]`.

    Of each unit that is tried the mean square is measured of what rounding adds to a row's sum; the
    smallest is taken, row by row, or for all rows at once where they share a unit. A unit is
    tried where it divides the threshold, so that this is not rounded at all.

    Args:
        layer: the weights as they are.
        moments: mean products of what its columns read `[columns, columns]`.
        way: how each unit's codes are found.
        finer: k; potentials count 2**k finer than the unit.
        variant: of several that are as good, each of which tries units between those of others.
    """
    weights, usual = layer.weights, layer.drivers[0].units
    shares = _choose_shares(layer, variant)
    best, units = np.array(weights), np.array(usual)
    least = np.full(len(weights), np.inf)
    together = max(1, VALUES // max(1, weights.size))
    for start in range(0, len(shares), together):
        some = shares[start : start + together]
        tried = _divide_thresholds(layer, usual * some[:, None], finer)
        rounded, errors = _try_units(layer, moments, way, tried)
        first, rows = errors.argmin(axis=0), np.arange(len(weights))
        better = errors[first, rows] < least
        least = np.where(better, errors[first, rows], least)
        units = np.where(better, tried[first, rows], units)
        best = np.where(better[:, None], rounded[first, rows], best)
    return best, units


def _try_units(layer: Layer, moments: Values, way: Way, units: Values) -> tuple[Values, Values]:
    """Weights `[units, rows, columns]` in each of some units `[units, rows]`, and their errors."""
    step = layer.step * (units / layer.drivers[0].units)[..., None]
    grid, weights = Grid(step, layer.largest), np.broadcast_to(layer.weights, step.shape)
    if way == "nearest":
        rounded = round_nearest(weights, grid)
    else:
        rounded = round_with_feedback(weights, grid, moments)
    errors = measure_error(weights, rounded, moments)
    if layer.shared:
        errors = np.broadcast_to(errors.sum(axis=1, keepdims=True), errors.shape)
    return rounded, errors


def _choose_shares(layer: Layer, variant: int) -> Values:
    if not layer.scalable:
        return np.ones(1)
    products = max(1, layer.weights.size * layer.weights.shape[1])
    fewest = max(1, min(int(MOST_PRODUCTS // products), FEW_SHARES))
    count = max(fewest, min(int(PRODUCTS // products), MOST_SHARES))
    return np.linspace(1.0, LEAST_SHARE, count) * (1 + variant * BETWEEN)


def _divide_thresholds(layer: Layer, units: Values, finer: int) -> Values:
    """Units near those given in which thresholds are integers, where they are known."""
    codes = layer.thresholds
    if codes is None or not layer.scalable or np.any(codes <= 0):
        return units
    if layer.shared and not np.all(codes == codes[0]):
        return units
    whole = np.maximum(np.rint(codes * 2.0**finer / units), 1.0)
    return np.asarray(codes * 2.0**finer / whole)
