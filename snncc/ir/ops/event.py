"""Neurons whose spikes carry a value: graded events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arithmetic.arithmetic import Arithmetic
from ..op.dimensions import Output, State
from ..op.fields import Voltage
from ..op.op import Op, expect_params
from ..param import Shape, StateValues, Unit, Values
from ..tensor import Tensors
from .spiking import Compare, Reset


@dataclass(frozen=True)
class Graded(Op):
    """Graded events: what is above its threshold is put out as it is, all else is silent.

    x = fit(input);  fires = x compare threshold;  output = x where fires, else 0
    subtract: v <- x - reset_amount where fires, else x
    value:    v <- reset_amount where fires, else x
    none:     v <- x
    It keeps v for others to read, and reads it not itself: how v leads to the next input is the
    network's matter (an EGRU blends it with a candidate; Subramoney et al. 2023, eq. 3 to 5).

    input   real value, shape S
    output  graded spikes, shape S, in the unit of v
    roles   v (state, threshold, reset amount; its unit is the input's)
    """

    keyword = "graded"
    output = Output.EVENTS
    held = "v"
    threshold: Voltage
    compare: Compare
    reset: Reset
    reset_amount: Voltage

    @property
    def states(self) -> tuple[State, ...]:
        return (State("v", "real", "v"),)

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        expect_params(self, shapes[0], tensors)
        return shapes[0]

    def begin(self, shape: Shape, a: Arithmetic) -> StateValues:
        return {"v": a.zeros(shape)}

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        x = a.fit(a.align(inputs[0], "v"), "v")
        threshold, amount = (a.quantity(p, "v") for p in (self.threshold, self.reset_amount))
        fires = x > threshold if self.compare == ">" else x >= threshold
        match self.reset:
            case "subtract":
                left = np.where(fires, x - amount, x)
            case "value":
                left = np.where(fires, amount, x)
            case _:
                left = x
        return {"v": a.fit(left, "v")}, np.where(fires, x, a.zeros(()))

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        a.align(np.zeros((1, *shapes[0]), dtype=np.int64), "v")
        return a.unit_of("v")

    def bound(
        self, lows: Sequence[Values], highs: Sequence[Values], shape: Shape, a: Arithmetic
    ) -> tuple[Values, Values]:
        low, high = a.limits("v")
        threshold = np.broadcast_to(a.quantity(self.threshold, "v"), shape)[None]
        zero = np.zeros((1, *shape), dtype=np.int64)
        # What is put out lies at the threshold or above, or is zero.
        return np.minimum(np.maximum(zero + int(low), threshold), 0), zero + int(high)
