"""PartlyRounded: the integer arithmetic of a node, with only some of what it rounds rounded."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from ..mapped_tensors import LARGE_BYTES
from ..param import Param, Unit, Values, values_of
from ..tensor import Tensors
from .arithmetic import Contract
from .functions import RealFunction
from .integer_arithmetic import IntegerArithmetic
from .number import Codes, Factor, Overflow, Quantity, fit_codes, round_real


class Rounded(Enum):
    """Something that integers make of real numbers, and that can be left as it is.

    WEIGHTS: synaptic weights become codes.
    CONSTANTS: thresholds, biases, reset amounts, shifts become codes.
    FACTORS: decays and other multipliers become fractions of a power of two.
    VALUES: what is computed becomes integers: products, registers, tables, inputs.
    RANGE: what is computed stays within its format.
    """

    WEIGHTS = "weights"
    CONSTANTS = "constants"
    FACTORS = "factors"
    VALUES = "values"
    RANGE = "range"


@dataclass(eq=False)
class PartlyRounded:
    """Codes as float64 numbers: what is not rounded keeps its fraction.

    With everything rounded it computes what the node's own arithmetic does, as long as sums stay
    below 2**53; with nothing rounded, what floats do, counted in the node's units.

    Attributes:
        own: the integer arithmetic of the node.
        rounded: what is rounded as it does.
    """

    own: IntegerArithmetic
    rounded: frozenset[Rounded]
    tensors: Tensors = field(init=False)
    _kept: dict[Hashable, Values] = field(default_factory=dict[Hashable, Values])

    def __post_init__(self) -> None:
        self.tensors = self.own.tensors

    def zeros(self, shape: Sequence[int]) -> Values:
        return np.zeros(tuple(shape))

    def keep(self, key: Hashable, make: Callable[[], Values]) -> Values:
        if key in self._kept:
            return self._kept[key]
        made = make()
        if made.nbytes < LARGE_BYTES:  # a large one is made again rather than kept for each cause
            self._kept[key] = made
        return made

    def unit_of(self, role: str) -> Unit:
        return self.own.unit_of(role)

    def input_unit(self, index: int = 0) -> Unit:
        return self.own.input_unit(index)

    def limits(self, role: str) -> tuple[float, float]:
        return self.own.limits(role) if Rounded.RANGE in self.rounded else (-np.inf, np.inf)

    def encode(self, values: Values, role: str) -> Values:
        """Real values, such as an input, in codes of the role."""
        codes: Values = np.asarray(values / self.unit_of(role))
        format = self.own.formats[role]
        assert isinstance(format, Quantity), "inputs have quantities"
        if Rounded.VALUES in self.rounded:
            codes = round_real(codes, format.rounding) * 1.0
        return self.fit(codes, role)

    def quantity(self, value: Param, role: str) -> Values:
        def make() -> Values:
            if Rounded.CONSTANTS in self.rounded:
                return self.own.quantity(value, role) * 1.0
            return np.asarray(values_of(value, self.tensors) / self.unit_of(role))

        return self.keep((value, role), make)

    def weights(self, value: Param, role: str, unit_in: Unit, unit_out: Unit) -> Values:
        kind = Rounded.WEIGHTS if role == "weight" else Rounded.CONSTANTS

        def make() -> Values:
            if kind in self.rounded:
                return self.own.weights(value, role, unit_in, unit_out) * 1.0
            return np.asarray(values_of(value, self.tensors) * unit_in / unit_out)

        return self.keep((value, role), make)

    def times(self, codes: Values, factor: Param, role: str) -> Values:
        format = self.own.formats.get(role)
        if format is None and factor == 1.0:
            return codes
        if not isinstance(format, Factor):
            return np.asarray(codes * values_of(factor, self.tensors))  # of single precision
        product = codes * self.factor(factor, role)
        if Rounded.VALUES not in self.rounded:
            return np.asarray(product)
        return round_real(product, format.rounding) * 1.0

    def factor(self, value: Param, role: str) -> Values:
        if Rounded.FACTORS in self.rounded:
            return self.own.factor(value, role)
        return values_of(value, self.tensors)

    def align(self, codes: Values, role: str) -> Values:
        return np.asarray(codes * (self.input_unit() / self.unit_of(role)))

    def contract(self, function: Contract, signal: Values, weights: Values) -> Values:
        return function(np.asarray(signal, dtype=np.float64), weights)

    def bilinear(self, function: Contract, left: Values, right: Values, terms: int) -> Values:
        return function(np.asarray(left, np.float64), np.asarray(right, np.float64))

    def ratio(self, codes: Values, divisor: int) -> Values:
        return codes

    def rescale(self, codes: Values, role: str, scale: str) -> Values:
        format = self.own.formats.get(scale)
        if Rounded.VALUES not in self.rounded or not isinstance(format, Factor):
            return np.asarray(codes * (self.input_unit() / self.unit_of(role)))
        product = codes * self.own.multiplier(role, scale)
        return round_real(product * 2.0**-format.frac, format.rounding) * 1.0

    def lookup(self, function: RealFunction, codes: Values, index: str, value: str) -> Values:
        if Rounded.VALUES in self.rounded:
            at = np.clip(np.rint(codes), *self.own.limits(index)).astype(np.int64)
            return self.own.lookup(function, at, index, value) * 1.0
        real = np.clip(codes * self.unit_of(index), *function.domain)
        with np.errstate(over="ignore", divide="ignore"):
            return np.asarray(function.of(real) / self.unit_of(value))

    def knots(self, function: RealFunction, index: str, value: str) -> Codes:
        return self.own.knots(function, index, value)

    def normalise(self, codes: Values, epsilon: float, role: str) -> Values:
        if Rounded.VALUES in self.rounded:
            return self.own.normalise(np.rint(codes).astype(np.int64), epsilon, role) * 1.0
        real = codes * self.input_unit()
        apart = real - real.mean(axis=-1, keepdims=True)
        variance = (apart * apart).mean(axis=-1, keepdims=True)
        with np.errstate(invalid="ignore"):  # nothing varies, and nothing is added
            return np.asarray(
                np.nan_to_num(apart / np.sqrt(variance + epsilon)) / self.unit_of(role)
            )

    def fit(self, codes: Values, role: str) -> Values:
        format = self.own.formats.get(role)
        if Rounded.RANGE not in self.rounded or not isinstance(format, Quantity):
            return codes
        if format.overflow is Overflow.SATURATE:
            return np.clip(codes, format.low, format.high)
        whole = np.rint(codes).astype(np.int64)
        return fit_codes(whole, format, self.own.where)[0] * 1.0

    def counts(self, flags: Values) -> Values:
        return flags.astype(np.float64)

    def notice(self, beyond: Values, role: str) -> None:
        """What is cut off here is not asked for: the node's own arithmetic counts it."""
