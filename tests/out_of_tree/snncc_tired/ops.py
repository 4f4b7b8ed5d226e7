"""A leaky neuron that tires: each spike of the recent past raises its threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snncc.ir import Arithmetic, Shape, State, StateValues, Values
from snncc.ir.op import Count, Decay, Voltage
from snncc.ir.ops import Spiking, reach


@dataclass(frozen=True)
class TiredLIF(Spiking):
    """Leaky integrate-and-fire with a threshold that rises by `jump` for each recent spike.

    v <- fit(decay v + input);  spike = v compare (threshold + jump n);  reset as `reset_order` says
    n <- min(n + spikes, limit) where it fires, else max(n - 1, 0)

    input   current, shape S
    output  spike count, shape S
    roles   v (state, threshold, jump, reset amount), decay (per tick)
    """

    keyword = "tired_lif"
    decay: Decay
    jump: Voltage
    limit: Count

    @property
    def states(self) -> tuple[State, ...]:
        return (State("n", "count", most=self.limit), *super().states)

    def begin(self, shape: Shape, a: Arithmetic) -> StateValues:
        return {"n": a.zeros(shape), **super().begin(shape, a)}

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        base, jump, tired = (
            a.quantity(self.threshold, "v"), a.quantity(self.jump, "v"), state["n"],
        )  # fmt: skip
        threshold = base + jump * tired
        drive = self.drive(inputs[0], a)
        v, spikes = self.move(state["v"], drive, (threshold, threshold), self.decay, a)
        after, spikes = self.silence(state, v, spikes, a)
        rested = np.maximum(tired - 1, 0)
        n = np.where(spikes > 0, np.minimum(tired + spikes, self.limit), rested)
        return {"n": a.counts(n), **after}, spikes

    def worst_case(self, lows: Sequence[Values], highs: Sequence[Values], a: Arithmetic) -> Values:
        low, high = reach.drive_limits(lows, highs, self.bias, a)
        least = np.minimum(0, a.quantity(self.jump, "v") * self.limit)
        falls = bool(np.all(a.quantity(self.threshold, "v") + least > 0))
        push, decay = reach.bound_either_way(low, high), a.factor(self.decay, "decay")
        moved = reach.bound_subtracting(self, push, decay, a, falls=falls)
        return np.maximum(moved, reach.first(self, a))
