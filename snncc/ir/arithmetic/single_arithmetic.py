"""SingleArithmetic: states in single precision over whole currents; no format, no op."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import NumberError
from ..param import Param, Unit, Values, values_of
from .integer_arithmetic import IntegerArithmetic
from .number import Single


@dataclass(eq=False)
class SingleArithmetic(IntegerArithmetic):
    """A neuron whose states are IEEE 754 binary32, driven by exact sums of whole codes.

    A sum of codes becomes float32 once; from there on each product, sum and difference rounds to
    the nearest float32, ties to even, in the order in which the op states it. Nothing is fused and
    nothing is fitted.
    """

    _singles: dict[object, Values] = field(default_factory=dict[object, Values])

    def _get_single(self, role: str) -> Single:
        format = self.formats.get(role)
        if not isinstance(format, Single):
            raise NumberError(
                f"{self.where}: role '{role}' is not in single precision, but others are"
            )
        return format

    def zeros(self, shape: Sequence[int]) -> Values:
        return np.zeros(tuple(shape), dtype=np.float32)

    def unit_of(self, role: str) -> Unit:
        unit = self._get_single(role).unit
        assert unit is not None, f"'{role}' is a factor"
        if isinstance(unit, int):
            return np.asarray(2.0**-unit)
        return np.asarray(self.tensors[unit].values, dtype=np.float64)

    def limits(self, role: str) -> tuple[float, float]:
        return -np.inf, np.inf

    def quantity(self, value: Param, role: str) -> Values:
        if (value, role) not in self._singles:
            real = values_of(value, self.tensors) / self.unit_of(role)
            self._singles[value, role] = real.astype(np.float32)
        return self._singles[value, role]

    def times(self, codes: Values, factor: Param, role: str) -> Values:
        self._get_single(role)
        if factor not in self._singles:
            self._singles[factor] = values_of(factor, self.tensors).astype(np.float32)
        return codes * self._singles[factor]

    def factor(self, value: Param, role: str) -> Values:
        return values_of(value, self.tensors).astype(np.float32).astype(np.float64)

    def align(self, codes: Values, role: str) -> Values:
        ratio = self.units[0] / self.unit_of(role)
        mantissa, _ = np.frexp(ratio)
        if np.any(mantissa != 0.5) or np.any(ratio < 1):
            raise NumberError(
                f"{self.where}: the unit of the input is not 2**k times that of '{role}', k >= 0"
            )
        return codes.astype(np.float32) * ratio.astype(np.float32)

    def fit(self, codes: Values, role: str) -> Values:
        return codes.astype(np.float32)

    def counts(self, flags: Values) -> Values:
        return flags.astype(np.float32)
