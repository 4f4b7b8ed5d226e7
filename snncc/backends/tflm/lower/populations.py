"""A population in int32 operators: the equations of snncc/ir/ops, one method per shared part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from snncc.ir import (
    Arithmetic,
    Factor,
    Node,
    Op,
    Overflow,
    Param,
    Quantity,
    Single,
    Tensors,
    Values,
    values_of,
)
from snncc.ir.ops import ALIF, IF, LI, LIF, WAIT, AlphaLIF, CubaLIF, Graded, Spiking

from ..target import FORMLESS, INT32
from .graph_builder import Signal, lay_out, refusal
from .int32_arithmetic import Exact

NARROW, HELD = 16, 1 << 30

Begin = Callable[[str, "Values | int", "Values | int", "Values | int"], Signal]
"""Name, initial codes, lowest and highest code → the state as it is when the tick begins."""


@dataclass(frozen=True)
class Moved:
    """What a population's tick gives: its output, and its states after the update."""

    output: Signal
    states: dict[str, Signal]


@dataclass(frozen=True)
class Neurons:
    """One population: its node, its parameters as codes, and the arithmetic that computes it."""

    x: Exact
    node: Node
    a: Arithmetic
    begin: Begin

    def tick(self, current: Signal) -> Moved:
        """The operators of one tick.

        Raises:
            LoweringRefused: a range cannot be proven, or a format has no exact form.
        """
        if any(isinstance(format, Single) for format in self.node.formats.values()):
            raise refusal("T006", self.node, "single precision has no form in stock kernels here")
        written = WRITTEN.get(type(self.node.op))
        if written is None:
            raise refusal("T006", self.node, f"{self.node.op.keyword} {FORMLESS}")
        return written(self, self.node.op, current)

    # --- the kinds of neurons ------------------------------------------------------------------

    def integrate_and_fire(self, op: IF, current: Signal) -> Moved:
        """A neuron that does not leak."""
        return self._lower_plain(op, 1.0, current)

    def leaky(self, op: LIF, current: Signal) -> Moved:
        """A leaky neuron."""
        return self._lower_plain(op, op.decay, current)

    def _lower_plain(self, op: IF | LIF, decay: Param, current: Signal) -> Moved:
        drive = self.drive(current, op.bias)
        v = self.state(op, "v", drive, decay, op.initial, self._bound_fall(op))
        threshold = self.codes(op.threshold, v)
        return self._end(op, {}, v, *self._move(op, v, drive, threshold, threshold, decay))

    def integrator(self, op: LI, current: Signal) -> Moved:
        """A leaky integrator; its output is v."""
        drive = self.drive(current, op.bias)
        v = self.state(op, "v", drive, op.decay, op.initial)
        v = self.x.fit_sum(self._decay(v, op.decay), self._limit_input(drive), self.format("v"))
        return Moved(v, {"v": v})

    def current_based(self, op: CubaLIF, current: Signal) -> Moved:
        """A neuron with a current of its own."""
        x, push = self.x, self.drive(current, op.bias)
        old, into = self.state(op, "i", push, op.current_decay, 0.0), self.format("i")
        if op.current_order == "decay-last":
            drive = x.fit_sum(old, push, into)
            new = self._times(drive, op.current_decay, "current_decay")
        else:
            new = x.fit_sum(self._times(old, op.current_decay, "current_decay"), push, into)
            drive = new if op.current_order == "new" else old
        v = self.state(op, "v", drive, op.decay, op.initial, self._bound_fall(op))
        threshold = self.codes(op.threshold, v)
        moved = self._move(op, v, drive, threshold, threshold, op.decay)
        return self._end(op, {"i": new}, v, *moved)

    def adaptive(self, op: ALIF, current: Signal) -> Moved:
        """A neuron whose threshold rises."""
        x, drive = self.x, self.drive(current, op.bias)
        fired = self.begin("s", 0, 0, op.spikes)
        rise = x.multiply(self.codes(op.adaptation_step, fired), fired)
        old = self.state(op, "b", rise, op.adaptation_decay, 0.0)
        faded = self._times(old, op.adaptation_decay, "adaptation_decay")
        raised = x.fit_sum(faded, rise, self.format("v"))
        base = self.codes(op.threshold, old)
        v = self.state(op, "v", drive, op.decay, op.initial, self._bound_fall(op))
        moved = self._move(op, v, drive, x.add(base, old), x.add(base, raised), op.decay)
        ended = self._end(op, {"b": raised}, v, *moved)
        return Moved(ended.output, {**ended.states, "s": ended.output})

    def emit_graded(self, op: Graded, current: Signal) -> Moved:
        """Values above a threshold."""
        x, into = self.x, self.format("v")
        drive = self.drive(current, 0.0)
        v = x.fit_sum(drive, x.lay_out_like(0, drive), into)
        code = "GREATER" if op.compare == ">" else "GREATER_EQUAL"
        fires = x.holds(code, v, self.codes(op.threshold, v))
        amount = self.codes(op.reset_amount, v)
        left = v
        if op.reset == "subtract":
            left = x.fit_sum(v, x.subtract(x.lay_out_like(0, v), x.multiply(amount, fires)), into)
        elif op.reset == "value":
            left = x.fit_sum(x.choose(fires, amount, v), x.lay_out_like(0, v), into)
        return Moved(x.multiply(fires, v), {"v": left})

    def alpha(self, op: AlphaLIF, current: Signal) -> Moved:
        """A neuron whose potential is a difference of two currents."""
        x, drive, into = self.x, self.drive(current, op.bias), self.format("v")
        v = self.begin("v", self.a.quantity(op.initial, "v"), into.low, into.high)
        e, h = (self.begin(name, 0, into.low, into.high) for name in ("e", "h"))
        threshold, zero = self.codes(op.threshold, v), x.lay_out_like(0, v)
        fired = self._count(op, v, threshold)
        risen = x.fit_sum(self._times(e, op.rise, "rise"), drive, into)
        fallen = x.fit_sum(
            self._times(h, op.fall, "fall"), x.subtract(x.lay_out_like(0, drive), drive), into
        )
        total = self._limit_product(x.add(risen, fallen), op.gain, "gain")
        v = self._times(total, op.gain, "gain")
        if op.reset == "subtract":
            v = x.add(v, x.multiply(h, fired))
            amount = x.multiply(self.codes(op.reset_amount, fired), fired)
            risen = x.fit_sum(risen, x.subtract(zero, amount), into)
            fallen = x.choose(fired, zero, fallen)
        elif op.reset == "value":
            risen, fallen, v = (x.choose(fired, zero, each) for each in (risen, fallen, v))
        v = x.fit_sum(v, zero, into)
        return Moved(self._count(op, v, threshold), {"e": risen, "h": fallen, "v": v})

    # --- what they share -----------------------------------------------------------------------

    def _move(
        self,
        op: Spiking,
        v: Signal,
        drive: Signal,
        before: Signal,
        threshold: Signal,
        decay: Param,
    ) -> tuple[Signal, Signal]:
        """New potential and spikes, as `Spiking.move` orders decay, input and reset."""
        x, into, drive = self.x, self.format("v"), self._limit_input(drive)
        amount = self.codes(op.reset_amount, v)
        order = op.reset_order if op.reset != "none" else "now"

        def compute_drop(spikes: Signal) -> Signal:
            return x.subtract(x.lay_out_like(0, v), x.multiply(amount, spikes))

        def reset_potential(potential: Signal, spikes: Signal) -> Signal:
            match op.reset:
                case "subtract":
                    return x.fit_sum(potential, compute_drop(spikes), into)
                case "value":
                    some = (
                        spikes if op.spikes == 1 else x.minimum(spikes, x.lay_out_like(1, spikes))
                    )
                    return x.fit_sum(x.choose(some, amount, potential), x.lay_out_like(0, v), into)
                case _:
                    return potential

        if order == "now":
            v = self._add_up(op, self._decay(v, decay), drive)
            spikes = self._count(op, v, threshold)
            return reset_potential(v, spikes), spikes
        fired = self._count(op, v, before)
        match order, op.reset:
            case ("before-decay", _):
                v = self._add_up(op, self._decay(reset_potential(v, fired), decay), drive)
            case ("after-input", "value"):
                some = fired if op.spikes == 1 else x.minimum(fired, x.lay_out_like(1, fired))
                v = self._replace(op, some, amount, self._add_up(op, self._decay(v, decay), drive))
            case (_, "value"):
                some = fired if op.spikes == 1 else x.minimum(fired, x.lay_out_like(1, fired))
                v = self._add_up(op, x.choose(some, amount, self._decay(v, decay)), drive)
            case _:
                push = x.add(compute_drop(fired), drive)
                v = self._add_up(op, self._decay(v, decay), push)
        spikes = self._count(op, v, threshold)
        if order == "rechecked":
            again = x.subtract(spikes, fired)
            v = x.fit_sum(v, compute_drop(again), into)
        return v, spikes

    def _add_up(self, op: Spiking, left: Signal, right: Signal) -> Signal:
        """The sum, not below the floor, fitted once."""
        x, into = self.x, self.format("v")
        if not op.floored:
            return x.fit_sum(left, right, into)
        if (
            into.overflow is not Overflow.WRAP
        ):  # the floor is within the format: either may be first
            total = x.fit_sum(left, right, into)
            return x.maximum(total, self.codes(op.floor, total))
        total = x.add(left, right)
        return x.fit_sum(
            x.maximum(total, self.codes(op.floor, total)), x.lay_out_like(0, total), into
        )

    def _replace(self, op: Spiking, flag: Signal, amount: Signal, total: Signal) -> Signal:
        """`amount` where the flag is 1, else the sum; fitted, and not below the floor."""
        x, into = self.x, self.format("v")
        if op.floored:
            amount = x.maximum(amount, self.codes(op.floor, amount))
        return x.fit_sum(x.choose(flag, amount, total), x.lay_out_like(0, total), into)

    def _count(self, op: Spiking, v: Signal, threshold: Signal) -> Signal:
        """Spikes that a potential stands for."""
        x, strict = self.x, op.compare == ">"
        if op.spikes == 1:
            return x.holds("GREATER" if strict else "GREATER_EQUAL", v, threshold)
        if np.any(threshold.low < 1):
            raise refusal(
                "T006",
                self.node,
                "it fires several times a tick by a threshold that may fall to "
                f"{int(threshold.low.min()):,}, and DIV takes divisors of 1 and more only",
            )
        # How often the threshold fits into v; strictly, how often into v - 1 (integers).
        over = x.maximum(v, x.lay_out_like(int(strict), v))
        over = x.subtract(over, x.lay_out_like(1, v)) if strict else over
        return x.clip(x.divide(over, threshold), 0, op.spikes)

    def _end(
        self, op: Spiking, states: dict[str, Signal], old: Signal, v: Signal, spikes: Signal
    ) -> Moved:
        """Output and states after refractoriness: a waiting neuron holds its potential."""
        if not op.refractory:
            return Moved(spikes, {**states, "v": v})
        x = self.x
        wait = self.begin(WAIT, 0, 0, op.refractory)
        one = x.lay_out_like(1, wait)
        ready = x.holds("LESS_EQUAL", wait, x.lay_out_like(0, wait))
        spikes = x.multiply(spikes, ready)
        some = spikes if op.spikes == 1 else x.minimum(spikes, one)
        less = x.subtract(x.maximum(wait, one), one)
        waiting = x.choose(some, x.lay_out_like(op.refractory, some), less)
        return Moved(spikes, {**states, "v": x.choose(ready, v, old), WAIT: waiting})

    def drive(self, current: Signal, bias: Param) -> Signal:
        """Current and bias, in the unit of v."""
        finer = np.asarray(self.a.align(np.ones((1, *current.shape), dtype=np.int64), "v"))[0]
        scaled = self.x.multiply(current, self.x.lay_out_like(finer, current))
        return self.x.add(scaled, self.codes(bias, scaled))

    def _limit_input(self, drive: Signal) -> Signal:
        """The input, held within 2**30 where the state has 16 bits and saturates.

        Beyond, it saturates the state whatever the potential and the reset amount add to it, for
        those stay below 2**29.
        """
        into = self.format("v")
        if into.bits > NARROW or into.overflow is not Overflow.SATURATE:
            return drive
        return self.x.clip(drive, -HELD, HELD)

    def _limit_product(self, signal: Signal, param: Param, role: str) -> Signal:
        """A signal, held where its product saturates v, whatever another state adds to that."""
        into, factor = self.format("v"), np.abs(self._factor(param, role))
        if into.overflow is not Overflow.SATURATE:
            return signal
        most = 2 * (into.high + 1)
        with np.errstate(divide="ignore"):
            edge = np.ceil(most * float(1 << self._frac(role)) / factor)
        held = np.minimum(edge, float(INT32[1])).astype(np.int64)
        return self.x.clip_each(signal, held)

    def codes(self, param: Param, like: Signal) -> Signal:
        """A parameter in codes of v."""
        return self.x.lay_out_like(self.a.quantity(param, "v"), like)

    def format(self, role: str) -> Quantity:
        """Format of a state."""
        found = self.node.formats[role]
        assert isinstance(found, Quantity)
        return found

    def _bound_fall(self, op: Spiking) -> Values | None:
        """Largest magnitude that the resets of one tick subtract; None where none does."""
        if op.reset == "none":
            return None
        return np.asarray(np.abs(self.a.quantity(op.reset_amount, "v")) * op.spikes)

    def state(
        self,
        op: Op,
        name: str,
        push: Signal,
        decay: Param,
        initial: Param,
        fallen: Values | None = None,
    ) -> Signal:
        """A state as the tick begins, within its format and within what it can ever reach.

        |x| <= decay |x| + P in every reset order, where P bounds input and reset amount; so
        |x| <= max(|initial|, P / (1 - decay)). Rounding toward zero and saturation only lessen it.
        """
        into = self.format(op.state(name).role)
        first = np.asarray(self.a.quantity(initial, "v"))
        most = np.maximum(np.abs(push.low), np.abs(push.high)).astype(np.float64)
        if fallen is not None:
            most = most + lay_out(fallen, push.shape, push.image)
        factor = self.x.lay_out_like(self._factor(decay, self._role(name)), push).high
        frac = 1 << self._frac(self._role(name))
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(most > 0, most / (1 - factor / frac), 0.0)
        reach = np.maximum(np.where(factor < frac, reach, np.inf), np.abs(first).max())
        limit = np.minimum(np.ceil(reach) + 1, float(INT32[1])).astype(np.int64)
        low, high = np.maximum(-limit, into.low), np.minimum(limit, into.high)
        if name != "v" and np.all(push.low >= 0):
            low = np.zeros_like(low)  # it begins at zero and nothing pushes it below
        return self.begin(name, first, low, high)

    @staticmethod
    def _role(state: str) -> str:
        return {"i": "current_decay", "b": "adaptation_decay"}.get(state, "decay")

    def _frac(self, role: str) -> int:
        format = self.node.formats.get(role)
        return format.frac if isinstance(format, Factor) else 0

    def _factor(self, param: Param, role: str) -> Values:
        """A factor as an integer over 2**frac; without a format it is exactly one."""
        scale = 1 << self._frac(role)
        return np.rint(values_of(param, self._tensors) * scale).astype(np.int64)

    @property
    def _tensors(self) -> Tensors:
        return self.a.tensors

    def _decay(self, v: Signal, decay: Param) -> Signal:
        return v if decay == 1.0 else self._times(v, decay, "decay")

    def _times(self, signal: Signal, param: Param, role: str) -> Signal:
        format = self.node.formats[role]
        assert isinstance(format, Factor)
        return self.x.times(signal, self._factor(param, role), format)


WRITTEN: Mapping[type[Op], Callable[[Neurons, Any, Signal], Moved]] = {
    IF: Neurons.integrate_and_fire,
    LIF: Neurons.leaky,
    CubaLIF: Neurons.current_based,
    ALIF: Neurons.adaptive,
    AlphaLIF: Neurons.alpha,
    LI: Neurons.integrator,
    Graded: Neurons.emit_graded,
}
"""Op → its operators; every other op is refused."""
