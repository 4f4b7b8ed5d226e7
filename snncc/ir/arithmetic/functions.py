"""Real functions of one value, and their integer form: a table with straight lines between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .number import Codes, Overflow, Quantity, Rounding, encode, shift_codes

Real = npt.NDArray[np.floating]
SEGMENT_BITS = 8  # 257 knots of 16 bits: half a kilobyte, which a small core has to spare
FLAT_BITS = 16  # more than a value up to one has in a register


def _softplus(x: Real) -> Real:
    return np.asarray(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))))


def _sigmoid(x: Real) -> Real:
    # Either form alone overflows on one side.
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1 / (1 + small), small / (1 + small)))


@dataclass(frozen=True)
class RealFunction:
    """A function and what is known of it.

    Attributes:
        of: the function itself, element by element, in the dtype that it is given.
        curvature: largest magnitude of the second derivative within `low` to `high`.
        domain: where it is defined; a table holds the value at the nearest end beyond it.
        reach: largest magnitude that it takes, where that does not depend on the data.
        flat: below and above which values it is constant to `FLAT_BITS` fraction bits.
        rest: its value at zero.
    """

    of: Callable[[Real], Real]
    curvature: Callable[[float, float], float]
    domain: tuple[float, float] = (-np.inf, np.inf)
    reach: float = np.inf
    flat: tuple[float, float] = (-np.inf, np.inf)
    rest: float = 0.0


FUNCTIONS: Mapping[str, RealFunction] = {
    # |f''| is largest where f = (3 - sqrt 3) / 6: sqrt(3) / 18
    "sigmoid": RealFunction(
        _sigmoid, lambda low, high: np.sqrt(3) / 18, reach=1.0, flat=(-12.0, 12.0), rest=0.5
    ),
    # |f''| = 2 f (1 - f**2) is largest where f**2 = 1 / 3
    "tanh": RealFunction(
        np.tanh, lambda low, high: 4 / (3 * np.sqrt(3)), reach=1.0, flat=(-6.0, 6.0)
    ),
    # f'' = sigmoid (1 - sigmoid)
    "softplus": RealFunction(
        _softplus, lambda low, high: 0.25, flat=(-12.0, np.inf), rest=float(np.log(2))
    ),
    "exp": RealFunction(np.exp, lambda low, high: float(np.exp(high)), rest=1.0),
    "reciprocal": RealFunction(
        lambda x: 1 / x,
        lambda low, high: 2 / low**3,
        domain=(np.nextafter(0.0, 1.0), np.inf),
        rest=np.inf,
    ),
}


def knots(
    function: RealFunction, index: Quantity, index_unit: float, value: Quantity, value_unit: float
) -> Codes:
    """Values int64 `[segments + 1]` at the ends of equal segments of the index's codes.

    The last end lies one code beyond the format. What is too large for the value's format is its
    largest code: this is part of the table, not an overflow.
    """
    at = index.low + np.arange((1 << _segment_bits(index)) + 1) * (1 << _shift(index))
    low, high = function.domain
    # Undefined ends take the value of the nearest code within the domain.
    inside = np.clip(at, np.ceil(low / index_unit) if np.isfinite(low) else at[0], None)
    with np.errstate(over="ignore"):  # an infinity becomes the largest code
        real = function.of(np.clip(inside * index_unit, None, high))
    fitting = Quantity(value.bits, value.signed, 0, value.rounding, Overflow.SATURATE)
    return encode(real, np.asarray(value_unit), fitting, "a table")


def interpolate(table: Codes, codes: Codes, index: Quantity) -> Codes:
    """The values of a table between its knots, rounded to the nearest code, ties upward.

    `codes` are within the format of the index.
    """
    shift = _shift(index)
    offset = codes.astype(np.int64) - index.low
    at, part = offset >> shift, offset & ((1 << shift) - 1)
    first = table[at]
    if not shift:
        return np.asarray(first)
    half = 1 << (shift - 1)
    return np.asarray(first + shift_codes((table[at + 1] - first) * part + half, shift, FLOOR))


def error_bound(
    function: RealFunction, index: Quantity, index_unit: float, value_unit: float
) -> float:
    """Largest distance, in real units, of a table from the function at a code within the domain.

    A line between two points of a curve misses it by h**2 / 8 times the largest second derivative
    at most, h being their distance; rounding the knots and the value each adds half a code.
    """
    h = (1 << _shift(index)) * index_unit
    low, high = index.low * index_unit, (index.high + 1) * index_unit
    curvature = function.curvature(max(low, function.domain[0] + index_unit), high)
    return float(h * h / 8 * curvature + value_unit)


FLOOR = Rounding.FLOOR


def _segment_bits(index: Quantity) -> int:
    return min(SEGMENT_BITS, index.bits)


def _shift(index: Quantity) -> int:
    return index.bits - _segment_bits(index)
