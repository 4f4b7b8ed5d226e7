"""Neurons, the only ops with state: IF, LIF, CuBa-LIF, ALIF, alpha LIF, leaky integrator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..arithmetic.arithmetic import Arithmetic
from ..op.dimensions import Output, Role, State
from ..op.fields import Current, Decay, Multiplier, Voltage, choice
from ..op.op import Leak, Op, expect_params
from ..param import Shape, StateValues, Unit, Values, values_of
from ..tensor import Tensors
from . import reach
from .spiking import Membrane, Spiking

CURRENT_ORDERS = ("new", "old", "decay-last")


@dataclass(frozen=True)
class IF(Spiking):
    """Integrate-and-fire: nothing leaks.

    v <- fit(v + input);  spike = v compare threshold;  reset as `reset_order` says

    input   current, shape S
    output  spike count, shape S
    roles   v (state, thresholds, reset amount)
    """

    keyword = "if"
    constant_threshold = True

    @property
    def leak(self) -> Leak:
        return Leak(1.0, self.bias, self.initial, self.threshold)

    @property
    def membrane(self) -> Membrane:
        return Membrane(1.0)

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        threshold = a.quantity(self.threshold, "v")
        drive = self.drive(inputs[0], a)
        v, spikes = self.move(state["v"], drive, (threshold, threshold), 1.0, a)
        return self.silence(state, v, spikes, a)

    def worst_case(self, lows: Sequence[Values], highs: Sequence[Values], a: Arithmetic) -> Values:
        low, high = reach.drive_limits(lows, highs, self.bias, a)
        return reach.constant_threshold(self, low, high, np.ones(()), None, a)


@dataclass(frozen=True)
class LIF(Spiking):
    """Leaky integrate-and-fire.

    v <- fit(decay v + input);  spike = v compare threshold;  reset as `reset_order` says

    input   current, shape S
    output  spike count, shape S
    roles   v (state, thresholds, reset amount), decay (per tick)
    """

    keyword = "lif"
    constant_threshold = True
    decay: Decay

    @property
    def leak(self) -> Leak:
        return Leak(self.decay, self.bias, self.initial, self.threshold)

    @property
    def membrane(self) -> Membrane:
        return Membrane(self.decay)

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        threshold = a.quantity(self.threshold, "v")
        drive = self.drive(inputs[0], a)
        v, spikes = self.move(state["v"], drive, (threshold, threshold), self.decay, a)
        return self.silence(state, v, spikes, a)

    def worst_case(self, lows: Sequence[Values], highs: Sequence[Values], a: Arithmetic) -> Values:
        low, high = reach.drive_limits(lows, highs, self.bias, a)
        decay = a.factor(self.decay, "decay")
        return reach.constant_threshold(self, low, high, decay, None, a)


def make_lif(
    threshold: Voltage, *, compare: str = ">=", reset: str = "value", decay: Decay = 0.0
) -> LIF:
    """A LIF that starts at zero and has no bias, no refractory ticks and one spike a tick.

    Args:
        threshold: of the potential.
        compare: as the op states it.
        reset: to zero, or "none".
        decay: per tick; with 0.0 it compares its input and keeps nothing.
    """
    return LIF(
        bias=0.0,
        threshold=threshold,
        compare=compare,
        reset=reset,
        reset_amount=0.0,
        reset_order="now",
        spikes=1,
        refractory=0,
        initial=0.0,
        decay=decay,
    )


@dataclass(frozen=True)
class CubaLIF(Spiking):
    """Current-based leaky integrate-and-fire: the synapses' current decays on its own.

    i is the current, I the input; the potential is driven by one of three currents:
        new         i <- fit(current_decay i + I);  drive = i
        old         drive = i;  i <- fit(current_decay i + I)
        decay-last  i <- fit(i + I);  drive = i;  i <- current_decay i
    v <- fit(decay v + drive);  spike = v compare threshold;  reset as `reset_order` says

    input   current, shape S
    output  spike count, shape S
    roles   i (state, in the unit of v), v (state, thresholds, reset amount), decay, current_decay
    """

    keyword = "cuba_lif"
    constant_threshold = True
    extra_roles = (Role("i"),)
    decay: Decay
    current_decay: Decay
    current_order: Annotated[str, choice(*CURRENT_ORDERS)]

    @property
    def states(self) -> tuple[State, ...]:
        return (State("i", "real", "i"), *super().states)

    @property
    def membrane(self) -> Membrane:
        return Membrane(self.decay, self.current_decay, self.current_order)

    def begin(self, shape: Shape, a: Arithmetic) -> StateValues:
        return {"i": a.zeros(shape), **super().begin(shape, a)}

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        threshold = a.quantity(self.threshold, "v")
        push, old = self.drive(inputs[0], a), state["i"]
        if self.current_order == "decay-last":
            drive = a.fit(old + push, "i")
            current = a.times(drive, self.current_decay, "current_decay")
        else:
            current = a.fit(a.times(old, self.current_decay, "current_decay") + push, "i")
            drive = current if self.current_order == "new" else old
        v, spikes = self.move(state["v"], drive, (threshold, threshold), self.decay, a)
        after, spikes = self.silence(state, v, spikes, a)
        return {"i": current, **after}, spikes

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        if not np.array_equal(
            np.broadcast_to(a.unit_of("i"), shapes[0]), np.broadcast_to(a.unit_of("v"), shapes[0])
        ):
            raise ValueError("roles 'i' and 'v' count in different units")
        return super().unit(units, shapes, a)

    def worst_case(self, lows: Sequence[Values], highs: Sequence[Values], a: Arithmetic) -> Values:
        low, high = reach.drive_limits(lows, highs, self.bias, a)
        decay, fade = a.factor(self.decay, "decay"), a.factor(self.current_decay, "current_decay")
        return reach.constant_threshold(self, low, high, decay, fade, a)


@dataclass(frozen=True)
class ALIF(Spiking):
    """Leaky integrate-and-fire with a threshold that rises with each spike.

    b <- fit(adaptation_decay b + adaptation_step (spikes of the last tick))
    v <- fit(decay v + input);  spike = v compare (threshold + b);  reset as `reset_order` says

    input   current, shape S
    output  spike count, shape S
    roles   v (states v and b, thresholds, amounts), decay, adaptation_decay
    """

    keyword = "alif"
    decay: Decay
    adaptation_decay: Decay
    adaptation_step: Voltage

    @property
    def states(self) -> tuple[State, ...]:
        risen = State("b", "real", "v"), State("s", "count", most=self.spikes)
        return (*risen, *super().states)

    def magnitudes(self, tensors: Tensors) -> tuple[Values, ...]:
        step = np.abs(values_of(self.adaptation_step, tensors)) * self.spikes
        risen = reach.bound_steady(step, values_of(self.adaptation_decay, tensors))
        return (*super().magnitudes(tensors), risen)

    def begin(self, shape: Shape, a: Arithmetic) -> StateValues:
        return {"b": a.zeros(shape), "s": a.zeros(shape), **super().begin(shape, a)}

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        base = a.quantity(self.threshold, "v")
        rise = a.quantity(self.adaptation_step, "v") * state["s"]
        faded = a.times(state["b"], self.adaptation_decay, "adaptation_decay")
        raised = a.fit(faded + rise, "v")
        thresholds = (base + state["b"], base + raised)
        drive = self.drive(inputs[0], a)
        v, spikes = self.move(state["v"], drive, thresholds, self.decay, a)
        after, spikes = self.silence(state, v, spikes, a)
        return {"b": raised, "s": spikes, **after}, spikes

    def worst_case(self, lows: Sequence[Values], highs: Sequence[Values], a: Arithmetic) -> Values:
        low, high = reach.drive_limits(lows, highs, self.bias, a)
        step = a.quantity(self.adaptation_step, "v")
        rise = np.abs(step) * self.spikes
        raised = reach.bound_steady(rise, a.factor(self.adaptation_decay, "adaptation_decay"))
        falls = bool(np.all(a.quantity(self.threshold, "v") > 0) and np.all(step >= 0))
        push, decay = reach.bound_either_way(low, high), a.factor(self.decay, "decay")
        moved = reach.bound_subtracting(self, push, decay, a, falls=falls)
        return np.maximum(np.maximum(moved, raised), reach.first(self, a))


@dataclass(frozen=True)
class AlphaLIF(Spiking):
    """Leaky neuron whose potential is a difference of two exponentials (an alpha function).

    With R the spikes of the last tick, e' and h' the currents before the reset:
        e' = rise e + input;  h' = fall h - input;  v' = gain (e' + h')
        subtract: e <- e' - reset_amount R;  h <- 0 where R, else h';  v <- fit(v' + h R)
        value:    e, h, v <- 0 where R, else e', h', v'
    spike = v compare threshold
    The formulas, the h in the sum included, are those of snnTorch 1.0.0, `_neurons/alpha.py`.

    input   current, shape S
    output  spike count, shape S
    roles   v (states e, h and v, threshold, reset amount), rise, fall, gain
    """

    keyword = "alpha_lif"
    constant_threshold = True
    rise: Decay
    fall: Decay
    gain: Multiplier

    @property
    def states(self) -> tuple[State, ...]:
        return (State("e", "real", "v"), State("h", "real", "v"), *super().states)

    def restrict(self, tensors: Tensors) -> None:
        super().restrict(tensors)
        if self.refractory or self.spikes != 1 or self.reset_order != "after-input":
            raise ValueError(
                "an alpha neuron fires once per tick, is never refractory and resets 'after-input'"
            )
        if self.reset == "value" and np.any(values_of(self.reset_amount, tensors)):
            raise ValueError("an alpha neuron resets to zero only")
        if self.floored:
            raise ValueError("an alpha neuron has no floor")

    def begin(self, shape: Shape, a: Arithmetic) -> StateValues:
        return {"e": a.zeros(shape), "h": a.zeros(shape), **super().begin(shape, a)}

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        threshold, drive = a.quantity(self.threshold, "v"), self.drive(inputs[0], a)
        fired = self.count(state["v"], threshold, a)
        e = a.fit(a.times(state["e"], self.rise, "rise") + drive, "v")
        h = a.fit(a.times(state["h"], self.fall, "fall") - drive, "v")
        v = a.times(e + h, self.gain, "gain")
        if self.reset == "subtract":
            v = v + state["h"] * fired
            e = a.fit(e - a.quantity(self.reset_amount, "v") * fired, "v")
            h = h * (1 - fired)
        elif self.reset == "value":
            e, h, v = (x * (1 - fired) for x in (e, h, v))
        v = a.fit(v, "v")
        return {"e": e, "h": h, "v": v}, self.count(v, threshold, a)

    def worst_case(self, lows: Sequence[Values], highs: Sequence[Values], a: Arithmetic) -> Values:
        low, high = reach.drive_limits(lows, highs, self.bias, a)
        push = reach.bound_either_way(low, high) + reach.bound_reset(self, a)
        rise, fall = a.factor(self.rise, "rise"), a.factor(self.fall, "fall")
        sinking = reach.bound_steady(push, fall)
        both = reach.bound_steady(push, rise) + sinking
        moved = np.abs(a.factor(self.gain, "gain")) * both + sinking
        return np.asarray(np.maximum(np.maximum(both, moved), reach.first(self, a)))


@dataclass(frozen=True)
class LI(Op):
    """Leaky integrator: a read-out that never fires.

    v <- fit(decay v + input + bias)

    input   current, shape S
    output  membrane potential v, shape S
    roles   v (state), decay (per tick)
    """

    keyword = "li"
    output = Output.POTENTIAL
    decay: Decay
    bias: Current
    initial: Voltage

    @property
    def states(self) -> tuple[State, ...]:
        return (State("v", "real", "v"),)

    @property
    def leak(self) -> Leak:
        return Leak(self.decay, self.bias, self.initial, None)

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        expect_params(self, shapes[0], tensors)
        return shapes[0]

    def begin(self, shape: Shape, a: Arithmetic) -> StateValues:
        return {"v": a.zeros(shape) + a.quantity(self.initial, "v")}

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        faded = state["v"] if self.decay == 1.0 else a.times(state["v"], self.decay, "decay")
        drive = a.align(inputs[0], "v") + a.quantity(self.bias, "v")
        v = a.fit(faded + drive, "v")
        return {"v": v}, v

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        a.align(np.zeros((1, *shapes[0]), dtype=np.int64), "v")
        return a.unit_of("v")

    def bound(
        self, lows: Sequence[Values], highs: Sequence[Values], shape: Shape, a: Arithmetic
    ) -> tuple[Values, Values]:
        limits = a.limits("v")
        zero = np.zeros((1, *shape), dtype=np.int64)
        return zero + limits[0], zero + limits[1]

    def worst_case(self, lows: Sequence[Values], highs: Sequence[Values], a: Arithmetic) -> Values:
        low, high = reach.drive_limits(lows, highs, self.bias, a)
        push = reach.bound_steady(reach.bound_either_way(low, high), a.factor(self.decay, "decay"))
        return np.asarray(np.maximum(push, np.abs(a.quantity(self.initial, "v"))))
