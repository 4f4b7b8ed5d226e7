"""Ops that work element by element and have no state: input, affine, relu, sum, product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Annotated

import numpy as np

from ..arithmetic.arithmetic import Arithmetic
from ..op.dimensions import Output, Role
from ..op.fields import Extents, Multiplier, Offset, choice
from ..op.op import Op, common_unit, expect_params, same_unit
from ..param import Shape, StateValues, Unit, Values
from ..tensor import Tensors

SIGNALS = ("spike", "real")


@dataclass(frozen=True)
class Input(Op):
    """Where a signal enters the network.

    input   none; the user's data
    output  spikes (0 or 1), or real values, shape `shape`
    roles   value (real signals only): the codes that a sensor delivers
    """

    keyword = "input"
    arity = 0
    output = Output.INPUT
    extra_roles = (Role("value", optional=True),)
    shape: Extents
    signal: Annotated[str, choice(*SIGNALS)]

    @property
    def counts(self) -> int:
        return int(self.signal == "spike")

    def restrict(self, tensors: Tensors) -> None:
        if min(self.shape, default=1) < 1:
            raise ValueError(f"shape is {self.shape}, expected extents of 1 or more")

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        return self.shape

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        return {}, inputs[0]

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        return np.ones(()) if self.spiking else a.unit_of("value")


@dataclass(frozen=True)
class Affine(Op):
    """Scale and shift, element by element.

    y = scale x + shift

    input   any signal, shape S
    output  shape S
    roles   scale (an exact factor), shift (in the unit of the input)
    """

    keyword = "affine"
    output = Output.SCALED
    linear = True
    scale: Multiplier
    shift: Offset

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        expect_params(self, shapes[0], tensors)
        return shapes[0]

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        scaled = a.times(inputs[0], self.scale, "scale")
        # A shift of exactly zero shifts nothing, and needs no format.
        return {}, scaled if self.shift == 0.0 else scaled + a.quantity(self.shift, "shift")

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        if self.shift != 0.0 and not same_unit(a.unit_of("shift"), units[0], shapes[0]):
            raise ValueError("its shift does not count in the unit of its input")
        return units[0]

    def bound(
        self, lows: Sequence[Values], highs: Sequence[Values], shape: Shape, a: Arithmetic
    ) -> tuple[Values, Values]:
        ends = self.step({}, lows, a)[1], self.step({}, highs, a)[1]
        return np.minimum(*ends), np.maximum(*ends)


@dataclass(frozen=True)
class Relu(Op):
    """Negative values become zero.

    y = max(x, 0)

    input   any signal, shape S
    output  shape S
    """

    keyword = "relu"
    output = Output.MOVED
    monotone = True

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        return shapes[0]

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        return {}, np.maximum(inputs[0], 0)

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        return units[0]


class Joint(Op):
    """What sum and product share: inputs whose shapes broadcast to one."""

    arity = None

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        try:
            return np.broadcast_shapes(*shapes)
        except ValueError as error:
            raise ValueError(f"{[*shapes]} do not broadcast to one shape") from error

    @staticmethod
    def level(inputs: Sequence[Values]) -> list[Values]:
        """The inputs with as many axes as the one that has most, put in behind the samples."""
        axes = max(signal.ndim for signal in inputs)
        return [
            signal.reshape(len(signal), *(1,) * (axes - signal.ndim), *signal.shape[1:])
            for signal in inputs
        ]


@dataclass(frozen=True)
class Sum(Joint):
    """Sum of signals, such as the currents of several projections into one population.

    y = x1 + x2 + ...

    input   one or more signals that count in the same unit
    output  the shape that all of them broadcast to
    """

    keyword = "sum"
    output = Output.SUMMED
    monotone = True

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        total, *rest = self.level(inputs)
        for signal in rest:
            total = total + signal
        return {}, total

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        whole = np.broadcast_shapes(*shapes)
        return common_unit(units, [whole] * len(units))


@dataclass(frozen=True)
class Product(Joint):
    """Product of signals: a gate, a mask of spikes by spikes.

    y = x1 x2 ...

    input   one or more signals
    output  the shape that all of them broadcast to, in the product of the units
    """

    keyword = "product"
    output = Output.MULTIPLIED

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        total, *rest = self.level(inputs)
        for signal in rest:
            total = a.bilinear(np.multiply, total, signal, 1)
        return {}, total

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        total = np.ones(())
        for unit in units:
            total = total * unit
        return total

    def bound(
        self, lows: Sequence[Values], highs: Sequence[Values], shape: Shape, a: Arithmetic
    ) -> tuple[Values, Values]:
        (low, *other_lows), (high, *other_highs) = self.level(lows), self.level(highs)
        for other_low, other_high in zip(other_lows, other_highs, strict=True):
            corners = (low * other_low, low * other_high, high * other_low, high * other_high)
            low, high = np.minimum.reduce(corners), np.maximum.reduce(corners)
        return low, high

    def count_products(
        self, active: Sequence[Values], a: Arithmetic, *, skip_zeros: bool = False
    ) -> float:
        total, *rest = self.level(active)
        found = 0.0
        for signal in rest:
            total = total * signal
            found += float(total.sum())
        return found

    def count_dense_products(self, shapes: Sequence[Shape], tensors: Tensors) -> int:
        return (len(shapes) - 1) * prod(self.infer(shapes, tensors))
