"""Products in which no factor is a stored weight: matrix products of two signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arithmetic import Arithmetic
from ..op import Op, Shape, State, Unit, Values
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

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        left, right = shapes
        fits = len(left) == len(right) >= 2 and left[:-2] == right[:-2] and left[-1] == right[-2]
        if not fits:
            raise ValueError(f"{left} and {right} have no product [..., m, k] by [..., k, n]")
        return (*left[:-1], right[-1])

    def step(self, state: State, inputs: Sequence[Values], a: Arithmetic) -> tuple[State, Values]:
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
