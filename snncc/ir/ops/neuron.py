"""Neurons, the only ops with state: IF, LIF, CuBa-LIF, ALIF, alpha LIF, leaky integrator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arithmetic import Arithmetic
from ..op import Op, Param, Role, Shape, State, Unit, Values, expect_params, values_of
from ..tensor import Tensors
from .spiking import POTENTIAL, Spiking

CURRENT_ORDERS = ("new", "old", "decay-last")


def within_one(name: str, value: Param, tensors: Tensors) -> None:
    """Refuses a decay that lies outside 0 to 1.

    Raises:
        ValueError: names it and what was found.
    """
    values = values_of(value, tensors)
    if not np.all((values >= 0) & (values <= 1)):
        raise ValueError(f"{name} lies between 0 and 1, found {values.min()} to {values.max()}")


@dataclass(frozen=True)
class IF(Spiking):
    """Integrate-and-fire: nothing leaks.

    v <- fit(v + input);  spike = v compare threshold;  reset as `reset_order` says

    input   current, shape S
    output  spike count, shape S
    roles   v (state, thresholds, reset amount)
    """

    keyword = "if"
    roles = (POTENTIAL,)

    def step(self, state: State, inputs: Sequence[Values], a: Arithmetic) -> tuple[State, Values]:
        threshold = a.quantity(self.threshold, "v")
        drive = self.drive(inputs[0], a)
        v, spikes = self.move(state["v"], drive, (threshold, threshold), 1.0, a)
        return self.silence(state, v, spikes, a)


@dataclass(frozen=True)
class LIF(Spiking):
    """Leaky integrate-and-fire.

    v <- fit(decay v + input);  spike = v compare threshold;  reset as `reset_order` says

    input   current, shape S
    output  spike count, shape S
    roles   v (state, thresholds, reset amount), decay (per tick)
    """

    keyword = "lif"
    roles = (POTENTIAL, Role("decay", factor=True))
    decay: Param

    def check(self, tensors: Tensors) -> None:
        super().check(tensors)
        within_one("decay", self.decay, tensors)

    def step(self, state: State, inputs: Sequence[Values], a: Arithmetic) -> tuple[State, Values]:
        threshold = a.quantity(self.threshold, "v")
        drive = self.drive(inputs[0], a)
        v, spikes = self.move(state["v"], drive, (threshold, threshold), self.decay, a)
        return self.silence(state, v, spikes, a)


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
    roles = (
        POTENTIAL,
        Role("i"),
        Role("decay", factor=True),
        Role("current_decay", factor=True),
    )
    decay: Param
    current_decay: Param
    current_order: str

    @property
    def states(self) -> tuple[str, ...]:
        return ("i", *super().states)

    def check(self, tensors: Tensors) -> None:
        super().check(tensors)
        within_one("decay", self.decay, tensors)
        within_one("current_decay", self.current_decay, tensors)
        if self.current_order not in CURRENT_ORDERS:
            raise ValueError(
                f"current_order is '{self.current_order}', "
                f"expected one of {', '.join(CURRENT_ORDERS)}"
            )

    def begin(self, shape: Shape, a: Arithmetic) -> State:
        return {"i": a.zeros(shape), **super().begin(shape, a)}

    def step(self, state: State, inputs: Sequence[Values], a: Arithmetic) -> tuple[State, Values]:
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
    roles = (POTENTIAL, Role("decay", factor=True), Role("adaptation_decay", factor=True))
    decay: Param
    adaptation_decay: Param
    adaptation_step: Param

    @property
    def states(self) -> tuple[str, ...]:
        return ("b", "s", *super().states)

    def check(self, tensors: Tensors) -> None:
        super().check(tensors)
        within_one("decay", self.decay, tensors)
        within_one("adaptation_decay", self.adaptation_decay, tensors)

    def begin(self, shape: Shape, a: Arithmetic) -> State:
        return {"b": a.zeros(shape), "s": a.zeros(shape), **super().begin(shape, a)}

    def step(self, state: State, inputs: Sequence[Values], a: Arithmetic) -> tuple[State, Values]:
        base = a.quantity(self.threshold, "v")
        rise = a.quantity(self.adaptation_step, "v") * state["s"]
        faded = a.times(state["b"], self.adaptation_decay, "adaptation_decay")
        raised = a.fit(faded + rise, "v")
        thresholds = (base + state["b"], base + raised)
        drive = self.drive(inputs[0], a)
        v, spikes = self.move(state["v"], drive, thresholds, self.decay, a)
        after, spikes = self.silence(state, v, spikes, a)
        return {"b": raised, "s": spikes, **after}, spikes


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
    roles = (
        POTENTIAL,
        Role("rise", factor=True),
        Role("fall", factor=True),
        Role("gain", factor=True),
    )
    rise: Param
    fall: Param
    gain: Param

    @property
    def states(self) -> tuple[str, ...]:
        return ("e", "h", "v")

    def check(self, tensors: Tensors) -> None:
        super().check(tensors)
        within_one("rise", self.rise, tensors)
        within_one("fall", self.fall, tensors)
        if self.refractory or self.spikes != 1 or self.reset_order != "after-input":
            raise ValueError(
                "an alpha neuron fires once per tick, is never refractory and resets 'after-input'"
            )
        if self.reset == "value" and np.any(values_of(self.reset_amount, tensors)):
            raise ValueError("an alpha neuron resets to zero only")
        if self.floored:
            raise ValueError("an alpha neuron has no floor")

    def begin(self, shape: Shape, a: Arithmetic) -> State:
        return {"e": a.zeros(shape), "h": a.zeros(shape), **super().begin(shape, a)}

    def step(self, state: State, inputs: Sequence[Values], a: Arithmetic) -> tuple[State, Values]:
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


@dataclass(frozen=True)
class LI(Op):
    """Leaky integrator: a read-out that never fires.

    v <- fit(decay v + input + bias)

    input   current, shape S
    output  membrane potential v, shape S
    roles   v (state), decay (per tick)
    """

    keyword = "li"
    roles = (POTENTIAL, Role("decay", factor=True))
    decay: Param
    bias: Param
    initial: Param

    @property
    def states(self) -> tuple[str, ...]:
        return ("v",)

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        expect_params(self, shapes[0], tensors)
        return shapes[0]

    def check(self, tensors: Tensors) -> None:
        within_one("decay", self.decay, tensors)

    def begin(self, shape: Shape, a: Arithmetic) -> State:
        return {"v": a.zeros(shape) + a.quantity(self.initial, "v")}

    def step(self, state: State, inputs: Sequence[Values], a: Arithmetic) -> tuple[State, Values]:
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
