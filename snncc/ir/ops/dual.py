"""The neuron with two synaptic currents, excitatory and inhibitory, that decay on their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arithmetic.arithmetic import Arithmetic
from ..op.dimensions import Role, State
from ..op.fields import Decay
from ..op.op import Leak, same_unit
from ..param import Shape, StateValues, Unit, Values
from ..tensor import Tensors
from . import reach
from .spiking import Spiking


@dataclass(frozen=True)
class DualCubaLIF(Spiking):
    """Current-based leaky integrate-and-fire with a current for either type of synapse.

    ie <- fit(excitatory_decay ie + excitation);  ii <- fit(inhibitory_decay ii + inhibition)
    v <- fit(decay v + (ie - ii + bias));  spike = v compare threshold;  reset as `reset_order` says
    The model is IF_curr_exp of PyNN 0.12 (standardmodels/cells.py) in ticks; the order is that of
    NESTML's SpiNNaker 2 resources (synapses.c, neuron.c). The bias does not pass the currents.

    input   excitation, then inhibition: currents, shape S
    output  spike count, shape S
    roles   i (states ie and ii, in the unit of v), v (state, thresholds, reset amount), decay,
            excitatory_decay, inhibitory_decay
    """

    keyword = "dual_cuba_lif"
    arity = 2
    constant_threshold = True
    extra_roles = (Role("i"),)
    decay: Decay
    excitatory_decay: Decay
    inhibitory_decay: Decay

    @property
    def states(self) -> tuple[State, ...]:
        return (State("ie", "real", "i"), State("ii", "real", "i"), *super().states)

    @property
    def leak(self) -> Leak:
        return Leak(self.decay, self.bias, self.initial, self.threshold)

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        if shapes[0] != shapes[1]:
            raise ValueError(f"excitation is {shapes[0]}, inhibition {shapes[1]}")
        return super().infer(shapes, tensors)

    def begin(self, shape: Shape, a: Arithmetic) -> StateValues:
        return {"ie": a.zeros(shape), "ii": a.zeros(shape), **super().begin(shape, a)}

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        threshold = a.quantity(self.threshold, "v")
        faded = a.times(state["ie"], self.excitatory_decay, "excitatory_decay")
        excited = a.fit(faded + a.align(inputs[0], "v"), "i")
        faded = a.times(state["ii"], self.inhibitory_decay, "inhibitory_decay")
        inhibited = a.fit(faded + a.align(inputs[1], "v"), "i")
        drive = (excited - inhibited) + a.quantity(self.bias, "v")
        v, spikes = self.move(state["v"], drive, (threshold, threshold), self.decay, a)
        after, spikes = self.silence(state, v, spikes, a)
        return {"ie": excited, "ii": inhibited, **after}, spikes

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        if not same_unit(units[0], units[1], shapes[0]):
            raise ValueError("excitation and inhibition count in different units")
        if not same_unit(a.unit_of("i"), a.unit_of("v"), shapes[0]):
            raise ValueError("roles 'i' and 'v' count in different units")
        return super().unit(units, shapes, a)

    def worst_case(self, lows: Sequence[Values], highs: Sequence[Values], a: Arithmetic) -> Values:
        reached: list[tuple[Values, Values]] = []
        for index, role in enumerate(("excitatory_decay", "inhibitory_decay")):
            fade = a.factor(getattr(self, role), role)
            limits = (np.asarray(a.align(each[index][0], "v")) for each in (lows, highs))
            low, high = (limit.astype(np.float64) for limit in limits)
            down, up = (reach.bound_steady(np.maximum(way, 0), fade) for way in (-low, high))
            reached.append((down, up))
        (down, up), (less, more) = reached
        push = np.maximum(down + more, up + less) + np.abs(a.quantity(self.bias, "v"))
        moved = reach.bound_steady(push + reach.bound_reset(self, a), a.factor(self.decay, "decay"))
        ways = (moved, reach.first(self, a), down, up, less, more)
        return np.asarray(np.maximum.reduce(np.broadcast_arrays(*ways)))
