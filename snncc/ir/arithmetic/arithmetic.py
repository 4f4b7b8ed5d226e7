"""What an arithmetic does, so that each op has one `step` body, and that of floats.

Which way a product with a decay is rounded, its format says, and `Quantize` in
`snncc/ir/passes/quantize/quantize.py` chooses that; `snncc/ir/arithmetic/number.py` has the ways.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..errors import NumberError
from ..mapped_tensors import LARGE_BYTES
from ..param import Param, Unit, Values, values_of
from ..tensor import Tensors
from .functions import RealFunction
from .number import (
    Codes,
)

Contract = Callable[[Values, Values], Values]
"""A function linear in both arguments: signal `[samples, ...]` and weights → signal."""


class Arithmetic(Protocol):
    """What an op's `step` may do with numbers. One object belongs to one node."""

    tensors: Tensors

    def zeros(self, shape: Sequence[int]) -> Values:
        """Zeros of the arithmetic's dtype."""
        ...

    def keep(self, key: Hashable, make: Callable[[], Values]) -> Values:
        """What `make` gives, which must be the same at every tick: made once, unless it is large.

        Args:
            key: of the op that asks and of what it asks for.
            make: computes it of parameters, formats and units alone.
        """
        ...

    def unit_of(self, role: str) -> Unit:
        """Real value of one code of the role; 1 where numbers are real."""
        ...

    def quantity(self, value: Param, role: str) -> Values:
        """A parameter in the role's codes."""
        ...

    def weights(self, value: Param, role: str, unit_in: Unit, unit_out: Unit) -> Values:
        """Weights that take codes of `unit_in` to codes of `unit_out`, both broadcastable."""
        ...

    def input_unit(self, index: int = 0) -> Unit:
        """Real value of one code of an input."""
        ...

    def limits(self, role: str) -> tuple[float, float]:
        """Smallest and largest code of the role's format."""
        ...

    def times(self, codes: Values, factor: Param, role: str) -> Values:
        """The product with a parameter, back in the unit of `codes`; rounded as the format says.

        Which way that is, `Quantize` decides where it gives the role its format.
        """
        ...

    def factor(self, value: Param, role: str) -> Values:
        """A factor as a real number, rounded as the role's format rounds it."""
        ...

    def align(self, codes: Values, role: str) -> Values:
        """The input's codes counted in the role's unit, which is the same or 2**k times finer."""
        ...

    def contract(self, function: Contract, signal: Values, weights: Values) -> Values:
        """`function(signal, weights)`, computed exactly where numbers are whole."""
        ...

    def bilinear(self, function: Contract, left: Values, right: Values, terms: int) -> Values:
        """`function` of two signals, linear in both; sums of `terms` products, exact if whole."""
        ...

    def ratio(self, codes: Values, divisor: int) -> Values:
        """`codes / divisor`; where numbers are whole the unit shrinks instead."""
        ...

    def rescale(self, codes: Values, role: str, scale: str) -> Values:
        """The first input's codes counted in the role's unit, rounded as `scale` says."""
        ...

    def lookup(self, function: RealFunction, codes: Values, index: str, value: str) -> Values:
        """The function of codes that fit the role `index`, in codes of the role `value`."""
        ...

    def knots(self, function: RealFunction, index: str, value: str) -> Codes:
        """The table that `lookup` reads where numbers are whole."""
        ...

    def normalise(self, codes: Values, epsilon: float, role: str) -> Values:
        """Deviations from the mean of the last axis over the standard one, in the role's unit."""
        ...

    def fit(self, codes: Values, role: str) -> Values:
        """The codes within the range of the role's format."""
        ...

    def counts(self, flags: Values) -> Values:
        """Truth values or integers in the arithmetic's dtype."""
        ...

    def notice(self, beyond: Values, role: str) -> None:
        """Takes note of values that a limit cuts off: truth values, of any shape.

        Raises:
            NumberError: numbers are real, and there are some; nothing is to be cut off of these.
        """
        ...


def make_once(
    kept: MutableMapping[object, Values], key: Hashable, make: Callable[[], Values]
) -> Values:
    """What `make` gives: kept under its key, or made again each time where it is large."""
    if key in kept:
        return kept[key]
    made = make()
    if made.nbytes < LARGE_BYTES:
        kept[key] = made
    return made


@dataclass(eq=False)
class FloatArithmetic:
    """Real numbers in float64 or float32; formats do not exist here."""

    tensors: Tensors
    dtype: npt.DTypeLike = np.float64
    _kept: dict[object, Values] = field(default_factory=dict[object, Values])

    def zeros(self, shape: Sequence[int]) -> Values:
        return np.zeros(tuple(shape), dtype=self.dtype)

    def keep(self, key: Hashable, make: Callable[[], Values]) -> Values:
        return make_once(self._kept, key, make)

    def unit_of(self, role: str) -> Unit:
        return np.ones(())

    def input_unit(self, index: int = 0) -> Unit:
        return np.ones(())

    def limits(self, role: str) -> tuple[float, float]:
        return -np.inf, np.inf

    def quantity(self, value: Param, role: str) -> Values:
        if value not in self._kept:
            real = values_of(value, self.tensors).astype(self.dtype, copy=False)
            if real.nbytes >= LARGE_BYTES:
                return real  # to read it again costs no more than to map it
            self._kept[value] = real
        return self._kept[value]

    def weights(self, value: Param, role: str, unit_in: Unit, unit_out: Unit) -> Values:
        return self.quantity(value, role)

    def times(self, codes: Values, factor: Param, role: str) -> Values:
        return codes * self.quantity(factor, role)

    def factor(self, value: Param, role: str) -> Values:
        return self.quantity(value, role)

    def align(self, codes: Values, role: str) -> Values:
        return codes

    def contract(self, function: Contract, signal: Values, weights: Values) -> Values:
        return function(signal, weights)

    def bilinear(self, function: Contract, left: Values, right: Values, terms: int) -> Values:
        return function(left, right)

    def ratio(self, codes: Values, divisor: int) -> Values:
        return np.asarray(codes / np.asarray(divisor, dtype=self.dtype))

    def rescale(self, codes: Values, role: str, scale: str) -> Values:
        return codes

    def lookup(self, function: RealFunction, codes: Values, index: str, value: str) -> Values:
        # Beyond every float's range a function may overflow; an infinity says so well enough.
        with np.errstate(over="ignore", divide="ignore"):
            return np.asarray(function.of(codes))

    def knots(self, function: RealFunction, index: str, value: str) -> Codes:
        raise AssertionError("real numbers need no table")

    def normalise(self, codes: Values, epsilon: float, role: str) -> Values:
        apart = codes - codes.mean(axis=-1, keepdims=True)
        variance = (apart * apart).mean(axis=-1, keepdims=True)
        with np.errstate(invalid="ignore"):  # nothing varies, and nothing is added
            real = apart / np.sqrt(variance + np.asarray(epsilon, self.dtype))
        return np.asarray(np.nan_to_num(real))

    def fit(self, codes: Values, role: str) -> Values:
        return codes

    def counts(self, flags: Values) -> Values:
        return flags.astype(self.dtype)

    def notice(self, beyond: Values, role: str) -> None:
        if np.any(beyond):
            cut = np.count_nonzero(beyond)
            raise NumberError(
                f"its {role} in one tick are more than can be counted, of {cut:,} neurons; scale "
                "its input or its weights"
            )
