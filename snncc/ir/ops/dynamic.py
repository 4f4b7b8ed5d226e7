"""Ops in which signals meet signals, not stored weights: matrix products, normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Annotated

import numpy as np

from ..arithmetic.arithmetic import Arithmetic
from ..op.dimensions import Dimension, Measure, Output, Role
from ..op.op import Op
from ..param import Shape, StateValues, Unit, Values
from ..tensor import Tensors


@dataclass(frozen=True)
class MatMul(Op):
    """Matrix product of two signals, such as the spikes of keys and values.

    y[..., m, n] = sum_k x1[..., m, k] x2[..., k, n]

    input   two signals, shapes [..., m, k] and [..., k, n], equal in all leading axes
    output  shape [..., m, n], in the product of the units, which may not vary along k
    """

    keyword = "matmul"
    arity = 2
    output = Output.MULTIPLIED

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        left, right = shapes
        fits = len(left) == len(right) >= 2 and left[:-2] == right[:-2] and left[-1] == right[-2]
        if not fits:
            raise ValueError(f"{left} and {right} have no product [..., m, k] by [..., k, n]")
        return (*left[:-1], right[-1])

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        return {}, a.bilinear(np.matmul, inputs[0], inputs[1], inputs[0].shape[-1])

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        left, right = (np.broadcast_to(u, s) for u, s in zip(units, shapes, strict=True))
        if np.any(left != left[..., :1]) or np.any(right != right[..., :1, :]):
            raise ValueError("the unit of an input varies along the axis that is summed")
        unit = left[..., :1] * right[..., :1, :]
        return unit.flat[0] * np.ones(()) if np.all(unit == unit.flat[0]) else unit

    def bound(
        self, lows: Sequence[Values], highs: Sequence[Values], shape: Shape, a: Arithmetic
    ) -> tuple[Values, Values]:
        if all(np.all(low >= 0) for low in lows):
            return self.step({}, lows, a)[1], self.step({}, highs, a)[1]
        most = [
            np.maximum(np.abs(low), np.abs(high)) for low, high in zip(lows, highs, strict=True)
        ]
        reach = self.step({}, most, a)[1]
        return -reach, reach

    def count_products(
        self, active: Sequence[Values], a: Arithmetic, *, skip_zeros: bool = False
    ) -> float:
        left, right = active
        return float(np.sum(left.sum(axis=-2) * right.sum(axis=-1)))

    def count_dense_products(self, shapes: Sequence[Shape], tensors: Tensors) -> int:
        left, right = shapes
        return prod(left) * right[-1]


@dataclass(frozen=True)
class Norm(Op):
    """Layer normalisation along the last axis, without scale and shift.

    y = (x - mean) / sqrt(variance + epsilon), over the n values of the last axis (Ba et al. 2016)
    in integers, exactly, with isqrt the square root rounded down and u the unit of x:
    d = n x - sum(x);  r = isqrt(sum(d**2) // n + round(epsilon n**2 / u**2))
    y = floor(d / (r unit of y) + 1/2), or 0 where r is 0

    input   any signal, shape [..., n], in one unit along n
    output  real value, the same shape
    roles   value
    """

    keyword = "norm"
    output = Output.HELD
    held = "value"
    extra_roles = (Role("value"),)
    epsilon: Annotated[float, Dimension(Measure.NUMBER, least=0.0)]

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        if not shapes[0]:
            raise ValueError("a single value has no axis to normalise along")
        return shapes[0]

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        return {}, a.fit(a.normalise(inputs[0], self.epsilon, "value"), "value")

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        unit = np.broadcast_to(units[0], shapes[0])
        if np.any(unit != unit[..., :1]) or a.unit_of("value").size > 1:
            raise ValueError("a unit varies along the axis that is normalised")
        if float(a.unit_of("value").reshape(())) > 1:
            raise ValueError("its values count in more than ones")
        return a.unit_of("value")

    def bound(
        self, lows: Sequence[Values], highs: Sequence[Values], shape: Shape, a: Arithmetic
    ) -> tuple[Values, Values]:
        # No value is farther from the mean of n than sqrt(n - 1) deviations; and a root r that is
        # rounded down is that of less than (r + 1)**2, so at worst half the true one.
        deviations = 2 * np.sqrt(shape[-1])
        most = int(np.ceil(deviations / float(a.unit_of("value").reshape(())))) + 1
        low, high = a.limits("value")
        if -most < low or most > high:
            most, least = int(high), int(low)
        else:
            least = -most
        zero = np.zeros((1, *shape), dtype=np.int64)
        return zero + least, zero + most
