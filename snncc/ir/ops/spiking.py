"""What every spiking neuron states explicitly: bias, threshold, comparison, reset, waiting time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Annotated, ClassVar, TypeAlias, TypedDict, cast

import numpy as np

from ..arithmetic.arithmetic import Arithmetic
from ..op.dimensions import Output, State
from ..op.fields import Count, Current, Floor, Ticks, Voltage, choice
from ..op.op import Op, expect_params
from ..param import Param, Shape, StateValues, Unit, Values, values_of
from ..tensor import Tensors

COMPARES = (">", ">=")
RESETS = ("subtract", "value", "none")
ORDERS = ("now", "before-decay", "after-decay", "after-input", "rechecked")

Compare: TypeAlias = Annotated[str, choice(*COMPARES)]
Reset: TypeAlias = Annotated[str, choice(*RESETS)]
Order: TypeAlias = Annotated[str, choice(*ORDERS)]
WAIT = "wait"
"""The state that counts the ticks for which a neuron is still silent."""
SPIKES_MAX = (1 << 15) - 1
"""Most spikes of a tick where a model sets no limit: what 16 bits hold."""
OPEN_SPIKES = 128
"""From here on a limit of integers is one of numbers: what it cuts off is counted."""
BOTTOMLESS = -math.inf
"""The floor of a neuron whose potential may fall as low as its inputs push it."""


class SpikingFields(TypedDict):
    """The fields that all spiking neurons state, by name: what `LIF(**stated, ...)` is given."""

    bias: Param
    threshold: Param
    compare: str
    reset: str
    reset_amount: Param
    reset_order: str
    spikes: int
    refractory: int
    initial: Param
    floor: Param


@dataclass(frozen=True, slots=True)
class Membrane:
    """A potential driven by one input: v <- decay v + drive, then what `Spiking.move` says.

    The threshold is the field of that name and nothing more.

    Attributes:
        decay: of the potential, per tick; 1.0 where nothing leaks.
        current_decay: of a current between the input (bias included) and the potential, whose
            state is `i`; None where the input drives the potential itself.
        current_order: which current drives it: new, old or decay-last, as `cuba_lif` explains; an
            op with such a current has it as the field of that name.
    """

    decay: Param
    current_decay: Param | None = None
    current_order: str = "new"


@dataclass(frozen=True)
class Spiking(Op):
    """The part that all spiking neurons share.

    No field but the floor has a default: a default would hide the choice of some library, and a
    wrong one costs most of the accuracy. Most neurons have no floor.

    The input of a tick is I = current + bias; the bias counts in the unit of the potential, which
    is finer than that of the current.

    Spikes: `count(v)` is 1 where `v compare threshold`, or up to `spikes` for a neuron that fires
    several in one tick (how often the threshold fits into v). After a spike the neuron holds its
    potential and stays silent for `refractory` ticks.

    Floor: what is compared with the threshold is max(potential, floor), and is kept. It is never
    above zero, so that a neuron at rest stays there; -inf, which is not printed, means no floor.

    Reset, with n the spikes of this tick and R = count(potential of the last tick):
        now           after the spikes: v <- v - reset_amount n, or v <- reset_amount where n > 0
        before-decay  the next tick begins with that reset, then decays and adds its input
        after-decay   subtract: v <- decay v - reset_amount R + I
                      value:    v <- (reset_amount where R else decay v) + I
        after-input   v <- reset_amount where R else decay v + I; subtract as after-decay
        rechecked     u <- decay v + I - reset_amount R; n = count(u); v <- u - reset_amount (n - R)
    """

    output = Output.SPIKES
    constant_threshold: ClassVar[bool] = False
    """Whether it fires by the field `threshold` alone."""
    bias: Current
    threshold: Voltage
    compare: Compare
    reset: Reset
    reset_amount: Voltage
    reset_order: Order
    spikes: Count
    refractory: Ticks
    initial: Voltage
    floor: Floor = field(default=BOTTOMLESS, kw_only=True)

    @property
    def states(self) -> tuple[State, ...]:
        waiting = (State(WAIT, "ticks", most=self.refractory),) if self.refractory > 0 else ()
        return (State("v", "real", "v"), *waiting)

    @property
    def counts(self) -> int:
        return self.spikes

    @property
    def membrane(self) -> Membrane | None:
        """How the potential moves, where that is as simple as a `Membrane`."""
        return None

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        expect_params(self, shapes[0], tensors)
        return shapes[0]

    def restrict(self, tensors: Tensors) -> None:
        if self.spikes > 1 and not np.all(values_of(self.threshold, tensors) > 0):
            raise ValueError("several spikes per tick need a threshold above zero")
        if self.refractory and self.reset_order != "now":
            raise ValueError("a refractory neuron resets 'now'")
        if self.reset_order == "rechecked" and self.reset != "subtract":
            raise ValueError("reset_order 'rechecked' exists for reset 'subtract' only")

    @property
    def shared(self) -> SpikingFields:
        """What this neuron states of what all spiking neurons do."""
        return cast("SpikingFields", {f.name: getattr(self, f.name) for f in fields(Spiking)})

    @property
    def floored(self) -> bool:
        """Whether there is a potential below which the neuron does not fall."""
        return self.floor != BOTTOMLESS

    def begin(self, shape: Shape, a: Arithmetic) -> StateValues:
        first = a.zeros(shape) + a.quantity(self.initial, "v")
        return {"v": first, WAIT: a.zeros(shape)} if self.refractory else {"v": first}

    def drive(self, current: Values, a: Arithmetic) -> Values:
        """Current and bias, in the unit of v."""
        return a.align(current, "v") + a.quantity(self.bias, "v")

    def count(self, v: Values, threshold: Values, a: Arithmetic) -> Values:
        """Spikes that a potential stands for."""
        if self.spikes == 1:
            return a.counts(v > threshold if self.compare == ">" else v >= threshold)
        whole = np.issubdtype(v.dtype, np.integer)
        if whole:
            fits = v // threshold if self.compare == ">=" else -(-v // threshold) - 1
        else:  # the quotient as it rounds, like torch.div: 1.0 // 0.1 is 9 in Python
            ratio = v / threshold
            fits = np.floor(ratio) if self.compare == ">=" else np.ceil(ratio) - 1
        if self.spikes == SPIKES_MAX or (whole and self.spikes >= OPEN_SPIKES):
            a.notice(fits > self.spikes, "spikes")
        return a.counts(np.clip(fits, 0, self.spikes))

    def fit(self, potential: Values, a: Arithmetic) -> Values:
        """A potential raised to the floor, within the format of v."""
        if self.floored:
            potential = np.maximum(potential, a.quantity(self.floor, "v"))
        return a.fit(potential, "v")

    def move(
        self,
        v: Values,
        drive: Values,
        threshold: tuple[Values, Values],
        decay: Param,
        a: Arithmetic,
    ) -> tuple[Values, Values]:
        """New potential and spikes from the old potential and the input of this tick.

        Args:
            v: potential at the end of the last tick, `[samples, *S]`.
            drive: input, in the unit of v.
            threshold: of the last tick and of this one; they differ where a threshold adapts.
            decay: per tick; exactly 1.0 leaves v as it is, in every arithmetic.
            a: the arithmetic.
        """
        amount = a.quantity(self.reset_amount, "v")
        order = self.reset_order if self.reset != "none" else "now"
        fired = self.count(v, threshold[0], a) if order != "now" else a.zeros(())

        def reset_potential(potential: Values, spikes: Values) -> Values:
            match self.reset:
                case "subtract":
                    left: Values = potential - amount * spikes
                    return left
                case "value":
                    return np.where(spikes > 0, amount, potential)
                case _:
                    return potential

        def apply_decay(potential: Values) -> Values:
            return potential if decay == 1.0 else a.times(potential, decay, "decay")

        match order, self.reset:
            case ("now", _):
                v = self.fit(apply_decay(v) + drive, a)
                spikes = self.count(v, threshold[1], a)
                return a.fit(reset_potential(v, spikes), "v"), spikes
            case ("before-decay", _):
                v = apply_decay(a.fit(reset_potential(v, fired), "v")) + drive
            case ("after-decay", "value"):
                v = reset_potential(apply_decay(v), fired) + drive
            case _:  # in the order of snnTorch, so that float sums round alike
                v = reset_potential(apply_decay(v) + drive, fired)
        v = self.fit(v, a)
        spikes = self.count(v, threshold[1], a)
        if order == "rechecked":
            return a.fit(v - amount * (spikes - fired), "v"), spikes
        return v, spikes

    def silence(
        self, state: StateValues, v: Values, spikes: Values, a: Arithmetic
    ) -> tuple[dict[str, Values], Values]:
        """State and spikes after refractoriness: a waiting neuron holds its potential."""
        if not self.refractory:
            return {"v": v}, spikes
        ready = state[WAIT] == 0
        spikes = spikes * a.counts(ready)
        wait = np.where(spikes > 0, self.refractory, np.maximum(state[WAIT] - 1, 0))
        return {"v": np.where(ready, v, state["v"]), WAIT: a.counts(wait)}, spikes

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        a.align(np.zeros((1, *shapes[0]), dtype=np.int64), "v")
        return np.ones(())

    def restrict_codes(self, a: Arithmetic) -> None:
        if self.spikes > 1 and np.any(a.quantity(self.threshold, "v") <= 0):
            message = "several spikes per tick need a threshold of one code or more, found less"
            raise ValueError(f"{message} than half of one; use more weight bits")

    def bound(
        self, lows: Sequence[Values], highs: Sequence[Values], shape: Shape, a: Arithmetic
    ) -> tuple[Values, Values]:
        zero = np.zeros((1, *shape), dtype=np.int64)
        return zero, zero + self.spikes
