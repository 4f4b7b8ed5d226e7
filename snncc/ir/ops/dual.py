"""The neuron with two synaptic currents, excitatory and inhibitory, that decay on their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..arithmetic import Arithmetic
from ..op import Param, Role, Shape, State, Unit, Values, same_unit
from ..tensor import Tensors
from .neuron import within_one
from .spiking import POTENTIAL, Spiking


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
    roles = (
        POTENTIAL,
        Role("i"),
        Role("decay", factor=True),
        Role("excitatory_decay", factor=True),
        Role("inhibitory_decay", factor=True),
    )
    decay: Param
    excitatory_decay: Param
    inhibitory_decay: Param

    @property
    def states(self) -> tuple[str, ...]:
        return ("ie", "ii", *super().states)

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        if shapes[0] != shapes[1]:
            raise ValueError(f"excitation is {shapes[0]}, inhibition {shapes[1]}")
        return super().infer(shapes, tensors)

    def check(self, tensors: Tensors) -> None:
        super().check(tensors)
        for name in ("decay", "excitatory_decay", "inhibitory_decay"):
            within_one(name, getattr(self, name), tensors)

    def begin(self, shape: Shape, a: Arithmetic) -> State:
        return {"ie": a.zeros(shape), "ii": a.zeros(shape), **super().begin(shape, a)}

    def step(self, state: State, inputs: Sequence[Values], a: Arithmetic) -> tuple[State, Values]:
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
