"""Ops on real values in formats of their own: requantize, and functions from tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..arithmetic.arithmetic import Arithmetic
from ..arithmetic.functions import FUNCTIONS
from ..op.dimensions import Output, Role
from ..op.fields import choice
from ..op.op import Op
from ..param import Shape, StateValues, Unit, Values
from ..tensor import Tensors

RESCALING = Role("scale", factor=True)
WIDEST_CODE = 1 << 40  # no target has wider ones; its product with a ratio is within 64 bits


@dataclass(frozen=True)
class Requantize(Op):
    """A value in a format of its own, as a register holds it.

    y = x;  in integers y = fit(round(x scale)), scale = unit of the input / unit of the output

    input   any signal, shape S
    output  real value, shape S
    roles   value (what is held), scale (the ratio of the units; its rounding is that of the result)
    """

    keyword = "requantize"
    output = Output.HELD
    held = "value"
    extra_roles = (Role("value"), RESCALING)

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        return shapes[0]

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        return {}, a.fit(a.rescale(inputs[0], "value", "scale"), "value")

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        return a.unit_of("value")

    def bound(
        self, lows: Sequence[Values], highs: Sequence[Values], shape: Shape, a: Arithmetic
    ) -> tuple[Values, Values]:
        ends = (np.clip(end[0], -WIDEST_CODE, WIDEST_CODE) for end in (lows, highs))
        low, high = (a.rescale(end, "value", "scale") for end in ends)
        least, most = a.limits("value")
        beyond = (low < least) | (high > most)  # it may saturate there, or wrap
        return np.where(beyond, int(least), low), np.where(beyond, int(most), high)


@dataclass(frozen=True)
class Function(Op):
    """A function of one value, element by element: sigmoid, tanh, softplus, exp or reciprocal.

    y = function(x);  in integers x is requantized to the index, whose upper 8 bits choose a line
    between two knots of a table. No value is farther from the function than
    (h**2 / 8) max |function''| + one code, h being the distance of two knots.

    input   any signal, shape S
    output  real value, shape S
    roles   index (the format in which x enters the table; units are powers of two), scale (the
            ratio of the units of x and index), value
    """

    keyword = "function"
    output = Output.HELD
    held = "value"
    extra_roles = (Role("index"), RESCALING, Role("value"))
    name: Annotated[str, choice(*FUNCTIONS)]

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        return shapes[0]

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        function = FUNCTIONS[self.name]
        index, (low, high) = a.rescale(inputs[0], "index", "scale"), a.limits("index")
        # Where it is flat nothing is lost, so nothing is counted.
        below, above = function.flat
        least = low if np.all(low * a.unit_of("index") <= below) else None
        most = high if np.all(high * a.unit_of("index") >= above) else None
        if least is not None or most is not None:
            index = np.clip(index, least, most)
        return {}, a.lookup(function, a.fit(index, "index"), "index", "value")

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        if a.unit_of("index").size > 1 or a.unit_of("value").size > 1:
            raise ValueError("a table has one unit for its index and one for its values")
        return a.unit_of("value")

    def table(self, a: Arithmetic) -> Values:
        """The values int64 `[segments + 1]` at the ends of equal segments of the index's range."""
        return a.knots(FUNCTIONS[self.name], "index", "value")

    def bound(
        self, lows: Sequence[Values], highs: Sequence[Values], shape: Shape, a: Arithmetic
    ) -> tuple[Values, Values]:
        table = self.table(a)
        zero = np.zeros((1, *shape), dtype=np.int64)
        return zero + table.min(), zero + table.max()
