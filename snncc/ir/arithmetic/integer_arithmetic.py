"""Integer arithmetic: exact sums of codes, products rounded as their formats say."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import NumberError, RuleViolation
from ..mapped_tensors import LARGE_BYTES, blocks
from ..param import Param, Unit, Values, values_of
from ..tensor import Tensor, Tensors
from .arithmetic import Contract, make_once
from .functions import RealFunction, interpolate, knots
from .number import (
    Codes,
    Factor,
    Format,
    Overflow,
    Quantity,
    encode,
    encode_counted,
    fit_codes,
    shift_codes,
)

EXACT_FLOAT = float(1 << 53)  # IEEE 754 binary64: every integer up to here is exact
EXACT_INTEGER = float(1 << 62)  # half of what int64 holds
CODE_BYTES = np.dtype(np.int64).itemsize


@dataclass(eq=False)
class IntegerArithmetic:
    """Integers in int64, fitted to the formats of one node.

    Accumulates exactly, shifts once, fits once: with that, the order of a sum cannot matter.

    Attributes:
        where: the node, as messages name it.
        place: of the node in the user's model, if it is known.
        saturated: how many codes each role's fit has changed so far.
    """

    tensors: Tensors
    formats: Mapping[str, Format]
    units: Sequence[Unit]
    where: str
    place: str = ""
    saturated: dict[str, int] = field(default_factory=dict[str, int])
    _kept: dict[object, Codes] = field(default_factory=dict[object, Codes])
    _large: dict[object, Tensor] = field(default_factory=dict[object, Tensor])
    _real: dict[int, tuple[Values, Values, float]] = field(
        default_factory=dict[int, tuple[Values, Values, float]]
    )

    def zeros(self, shape: Sequence[int]) -> Values:
        return np.zeros(tuple(shape), dtype=np.int64)

    def _quantity(self, role: str) -> Quantity:
        format = self.formats.get(role)
        if not isinstance(format, Quantity):
            raise NumberError(f"{self.where}: role '{role}' needs a number format; run quantize")
        return format

    def keep(self, key: Hashable, make: Callable[[], Values]) -> Values:
        return make_once(self._kept, key, make)

    def unit_of(self, role: str) -> Unit:
        unit = self._quantity(role).unit
        if isinstance(unit, int):
            return np.asarray(2.0**-unit)
        return np.asarray(self.tensors[unit].values, dtype=np.float64)

    def input_unit(self, index: int = 0) -> Unit:
        return self.units[index]

    def limits(self, role: str) -> tuple[float, float]:
        return self._quantity(role).low, self._quantity(role).high

    def quantity(self, value: Param, role: str) -> Values:
        if (value, role) not in self._kept:
            real, unit = values_of(value, self.tensors), self.unit_of(role)
            self._kept[value, role] = self._encode(real, unit, value, role)
        return self._kept[value, role]

    def _encode(self, real: Values, unit: Unit, value: Param, role: str) -> Codes:
        # Signals may saturate, which is counted; a parameter that does not fit is an error.
        format = replace(self._quantity(role), overflow=Overflow.TRAP)
        return encode(real, unit, format, f"{self.where}: {value} as '{role}'")

    def weights(self, value: Param, role: str, unit_in: Unit, unit_out: Unit) -> Values:
        key = value, role
        if key not in self._kept and key not in self._large:
            parts = np.broadcast_arrays(values_of(value, self.tensors), unit_in, unit_out)
            large = parts[0].size * CODE_BYTES >= LARGE_BYTES
            codes = np.empty(parts[0].shape, _narrow(self._quantity(role)) if large else np.int64)
            for part in blocks(codes.shape, CODE_BYTES):
                real, before, after = (each[part] for each in parts)
                codes[part] = self._encode(real * before, after, value, role)
            if large:
                self._large[key] = Tensor(codes)
            else:
                self._kept[key] = codes
        return self._large[key].values.astype(np.int64) if key in self._large else self._kept[key]

    def times(self, codes: Values, factor: Param, role: str) -> Values:
        format = self.formats.get(role)
        if format is None and factor == 1.0:
            return codes  # what does not change needs no format
        if not isinstance(format, Factor):
            raise NumberError(f"{self.where}: role '{role}' needs a factor format; run quantize")
        if (factor, role) not in self._kept:
            scaled = values_of(factor, self.tensors) * 2.0**format.frac
            self._kept[factor, role] = np.rint(scaled).astype(np.int64)
        whole = codes.astype(np.int64)
        return shift_codes(whole * self._kept[factor, role], format.frac, format.rounding)

    def factor(self, value: Param, role: str) -> Values:
        # A decay just below one may round to one; a decay of exactly one has no format.
        real, format = values_of(value, self.tensors), self.formats.get(role)
        if not isinstance(format, Factor):
            return real
        return np.asarray(np.rint(real * 2.0**format.frac) * 2.0**-format.frac)

    def align(self, codes: Values, role: str) -> Values:
        return codes << self.keep(("align", role), lambda: self._find_shift(role))

    def _find_shift(self, role: str) -> Codes:
        """Bits by which the role counts finer than the input."""
        shift = np.log2(self.units[0] / self.unit_of(role))
        whole = np.rint(shift).astype(np.int64)
        if np.any(whole < 0) or not np.array_equal(
            np.broadcast_to(self.units[0], np.broadcast_shapes(shift.shape, self.units[0].shape)),
            self.unit_of(role) * 2.0**whole,
        ):
            raise NumberError(
                f"{self.where}: the unit of the input is not 2**k times that of '{role}', k >= 0"
            )
        return whole

    def contract(self, function: Contract, signal: Values, weights: Values) -> Values:
        known = self._real.get(id(weights))
        if known is None:
            real = weights.astype(np.float64)
            ones = np.ones((1, *signal.shape[1:]))
            gain = float(np.max(function(ones, np.abs(real)), initial=0))
            known = (weights, real, gain)
            if real.nbytes < LARGE_BYTES:
                self._real[id(weights)] = known
        _, real, gain = known
        # Matrix products of floats are some twenty times faster than those of integers, and
        # exact as long as the sum of magnitudes stays below 2**53.
        worst = gain * float(np.max(np.abs(signal), initial=0))
        if worst < EXACT_FLOAT:
            return function(signal.astype(np.float64), real).astype(np.int64)
        if worst < EXACT_INTEGER:
            return function(signal.astype(np.int64), weights)
        raise self._refuse_sum("a sum", worst)

    def bilinear(self, function: Contract, left: Values, right: Values, terms: int) -> Values:
        most = [float(np.max(np.abs(side), initial=0)) for side in (left, right)]
        worst = most[0] * most[1] * terms
        if worst < EXACT_FLOAT:
            product = function(left.astype(np.float64), right.astype(np.float64))
            return product.astype(np.int64)
        if worst < EXACT_INTEGER:
            return function(left.astype(np.int64), right.astype(np.int64))
        raise self._refuse_sum("a sum of products", worst)

    def _refuse_sum(self, what: str, worst: float) -> RuleViolation:
        message = (
            f"{what} may reach {worst:.3g}, beyond 64 bits; put a spiking population in front of "
            "it, whose spikes are small"
        )
        return RuleViolation("V013", self.where.removeprefix("%"), message, self.place)

    def ratio(self, codes: Values, divisor: int) -> Values:
        return codes

    def multiplier(self, role: str, scale: str) -> Codes:
        """The code of the ratio of the first input's unit to the role's, over 2**frac of `scale`.

        Raises:
            NumberError: `scale` has no factor format.
        """
        format = self.formats.get(scale)
        if not isinstance(format, Factor):
            raise NumberError(f"{self.where}: role '{scale}' needs a factor format; run quantize")
        if (role, scale) not in self._kept:
            ratio = self.units[0] / self.unit_of(role) * 2.0**format.frac
            self._kept[role, scale] = np.rint(ratio).astype(np.int64)
        return self._kept[role, scale]

    def rescale(self, codes: Values, role: str, scale: str) -> Values:
        multiplier, format = self.multiplier(role, scale), self.formats[scale]
        assert isinstance(format, Factor), "the multiplier was looked up with it"
        product = self.bilinear(np.multiply, codes, multiplier[None], 1)
        return shift_codes(product, format.frac, format.rounding)

    def lookup(self, function: RealFunction, codes: Values, index: str, value: str) -> Values:
        return interpolate(self.knots(function, index, value), codes, self._quantity(index))

    def knots(self, function: RealFunction, index: str, value: str) -> Codes:
        if (function, index, value) not in self._kept:
            ends = [float(self.unit_of(role).reshape(())) for role in (index, value)]
            formats = self._quantity(index), self._quantity(value)
            table = knots(function, formats[0], ends[0], formats[1], ends[1])
            self._kept[function, index, value] = table
        return self._kept[function, index, value]

    def compute_epsilon(self, epsilon: float, size: int) -> Codes:
        """What an epsilon adds to the squares, per entry of the leading axes of `[..., size]`."""
        return np.rint(epsilon * size**2 / np.atleast_1d(self.units[0])[..., :1] ** 2).astype(
            np.int64
        )

    def normalise(self, codes: Values, epsilon: float, role: str) -> Values:
        size = codes.shape[-1]
        apart = size * codes.astype(np.int64) - codes.sum(axis=-1, keepdims=True)
        squares = self.bilinear(np.multiply, apart, apart, size).sum(axis=-1, keepdims=True)
        root = isqrt(squares // size + self.compute_epsilon(epsilon, size))
        doubled = self.bilinear(np.multiply, 2 * apart, np.rint(1 / self.unit_of(role)), 1)
        return np.where(root > 0, (doubled + root) // np.maximum(2 * root, 1), 0)

    def fit(self, codes: Values, role: str) -> Values:
        fitted, changed = fit_codes(codes.astype(np.int64), self._quantity(role), self.where)
        if changed:
            self.saturated[role] = self.saturated.get(role, 0) + changed
        return fitted

    def counts(self, flags: Values) -> Values:
        return flags.astype(np.int64)

    def notice(self, beyond: Values, role: str) -> None:
        cut = int(np.count_nonzero(beyond))
        if cut:
            self.saturated[role] = self.saturated.get(role, 0) + cut


def _narrow(format: Quantity) -> type[np.signedinteger]:
    """The smallest signed integers that hold a format's codes."""
    kinds = (np.int8, np.int16, np.int32)
    return next(
        (k for k in kinds if format.bits <= np.iinfo(k).bits - (not format.signed)), np.int64
    )


def isqrt(codes: Codes) -> Codes:
    """The square roots of integers from zero up to 2**62, rounded down."""
    root = np.sqrt(codes.astype(np.float64)).astype(np.int64)
    # A float of 53 bits may be off by one on either side.
    root = np.where(root * root > codes, root - 1, root)
    return np.where((root + 1) * (root + 1) <= codes, root + 1, root)


def encode_input(values: Values, format: Quantity, where: str) -> tuple[Codes, int]:
    """Codes of a real-valued input signal, and how many values lay beyond the format's range."""
    assert isinstance(format.unit, int), "an input counts in powers of two"
    real = np.asarray(values, dtype=np.float64)
    return encode_counted(real, np.asarray(2.0**-format.unit), format, where)
