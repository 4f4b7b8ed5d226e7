"""Ops that move values and change none: reshape, transpose, concatenate, slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from ..arithmetic.arithmetic import Arithmetic
from ..op.dimensions import Output
from ..op.fields import Extent, Extents
from ..op.op import Op
from ..param import Shape, StateValues, Unit, Values
from ..tensor import Tensors


@dataclass(frozen=True)
class Reshape(Op):
    """The same values in row-major order under another shape; flatten is a reshape to one axis.

    input   any signal
    output  the same values, shape `shape`
    """

    keyword = "reshape"
    output = Output.MOVED
    linear = True
    monotone = True
    shape: Extents

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        if prod(self.shape) != prod(shapes[0]) or min(self.shape, default=1) < 1:
            raise ValueError(f"{shapes[0]} does not reshape to {self.shape}")
        return self.shape

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        return {}, inputs[0].reshape(len(inputs[0]), *self.shape)

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        if units[0].size == 1:
            return units[0].reshape(())
        return np.broadcast_to(units[0], shapes[0]).reshape(self.shape)


@dataclass(frozen=True)
class Transpose(Op):
    """The same values with the axes in another order: axis `order[k]` becomes axis k.

    input   any signal
    output  the same values
    """

    keyword = "transpose"
    output = Output.MOVED
    linear = True
    monotone = True
    order: Extents

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        if sorted(self.order) != list(range(len(shapes[0]))):
            raise ValueError(f"order {self.order} does not name each axis of {shapes[0]} once")
        return tuple(shapes[0][axis] for axis in self.order)

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        return {}, inputs[0].transpose(0, *(axis + 1 for axis in self.order))

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        if units[0].size == 1:
            return units[0].reshape(())
        return np.broadcast_to(units[0], shapes[0]).transpose(self.order)


@dataclass(frozen=True)
class Concat(Op):
    """Several signals one after the other along an axis.

    input   two or more signals, equal in all other axes
    output  all of them
    """

    keyword = "concat"
    arity = None
    output = Output.MOVED
    monotone = True
    axis: Extent

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        rank = len(shapes[0])
        if not 0 <= self.axis < rank or any(len(s) != rank for s in shapes):
            raise ValueError(f"axis {self.axis} of {[*shapes]} does not exist")
        rest = {(*s[: self.axis], *s[self.axis + 1 :]) for s in shapes}
        if len(rest) > 1:
            raise ValueError(f"{[*shapes]} differ in more than axis {self.axis}")
        total = sum(s[self.axis] for s in shapes)
        return (*shapes[0][: self.axis], total, *shapes[0][self.axis + 1 :])

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        return {}, np.concatenate(inputs, axis=self.axis + 1)

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        whole = [np.broadcast_to(u, s) for u, s in zip(units, shapes, strict=True)]
        unit = np.concatenate(whole, axis=self.axis)
        return unit.flat[0] * np.ones(()) if np.all(unit == unit.flat[0]) else unit


@dataclass(frozen=True)
class Slice(Op):
    """Part of a signal along one axis: `start` up to, not including, `stop`.

    input   any signal
    output  the part
    """

    keyword = "slice"
    output = Output.MOVED
    linear = True
    monotone = True
    axis: Extent
    start: Extent
    stop: Extent

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        shape = shapes[0]
        if not (0 <= self.axis < len(shape) and 0 <= self.start < self.stop <= shape[self.axis]):
            raise ValueError(f"{self.start}:{self.stop} of axis {self.axis} is not within {shape}")
        return (*shape[: self.axis], self.stop - self.start, *shape[self.axis + 1 :])

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        lead = (slice(None),) * (self.axis + 1)
        return {}, inputs[0][(*lead, slice(self.start, self.stop))]

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        if units[0].size == 1:
            return units[0]
        lead = (slice(None),) * self.axis
        return np.broadcast_to(units[0], shapes[0])[(*lead, slice(self.start, self.stop))]
