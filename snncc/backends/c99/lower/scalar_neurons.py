"""The equations of every neuron op as C statements for one neuron, in the order of `Op.step`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from snncc.ir import Factor, Node, Op, Overflow, Param, Quantity, Rounding, State
from snncc.ir.ops import ALIF, IF, LI, LIF, AlphaLIF, CubaLIF, Spiking

from ..event_steps import Scalar
from ..storage import Constant, CType, Memory, narrowest
from .constant_arrays import Grid
from .context import Context
from .parameter_codes import current_shifts, factor_codes, parameter_codes
from .signal_uses import refusal
from .unread import read_locals

ROUNDED = {
    Rounding.TOWARD_ZERO: "snncc_toward_zero",
    Rounding.FLOOR: "snncc_floor",
    Rounding.HALF_EVEN: "snncc_half_even",
    Rounding.HALF_AWAY: "snncc_half_away",
}
NARROW_BITS = 16  # a state times a factor below 2**15 then fits 32 bits


def scalar(context: Context, node: Node, grid: Grid) -> tuple[Scalar, tuple[Memory, ...], bool]:
    """The scalar arithmetic of a population, its states, and whether it stays at rest."""
    written = WRITTEN.get(type(node.op))
    if written is None:
        raise refusal("C007", node, f"{node.op.keyword} has no form in C here")
    write, always_wide = written
    writer = _Writer(context, node, grid, always_wide or _is_wide(context, node))
    write(writer, node.op)
    memories = tuple(_memory(context, node, grid, state) for state in node.op.states)
    states = tuple((s.name, m.name) for s, m in zip(node.op.states, memories, strict=True))
    lines, parameters = read_locals(writer.lines, writer.parameters)
    numbers = Scalar(lines, states, tuple(parameters.items()), writer.wide)
    return numbers, memories, _stays_at_rest(context, node)


def _stays_at_rest(context: Context, node: Node) -> bool:
    """Whether a neuron without input, all of whose states are zero, stays so and is silent."""
    if node.op.counts != 1:
        return False  # a value is written every tick
    a, shape = context.numbers[node.name][0], (1, *context.network.shapes[node.name])
    zero = np.zeros(shape, dtype=np.int64)
    after, out = node.op.step({state.name: zero for state in node.op.states}, [zero], a)
    return not (np.any(out) or any(np.any(values) for values in after.values()))


def _is_wide(context: Context, node: Node) -> bool:
    """Whether 32 bits might not hold what is computed on the way."""
    formats = node.formats.values()
    small = all(f.bits <= NARROW_BITS for f in formats if isinstance(f, Quantity))
    factors = [f for f in formats if isinstance(f, Factor)]
    plain = all(f.frac < NARROW_BITS and f.rounding is Rounding.TOWARD_ZERO for f in factors)
    if not (small and plain):
        return True
    low, high = context.facts.limits(node.inputs[0])
    push = np.maximum(np.abs(low), np.abs(high)) << current_shifts(context, node)
    return node.op.counts > 1 or bool(np.max(push, initial=0) >= 1 << 29)


def _memory(context: Context, node: Node, grid: Grid, state: State) -> Memory:
    low, high = 0, state.most
    if state.real:
        format = node.formats[state.role]
        assert isinstance(format, Quantity)
        low, high = format.low, format.high
    kind = narrowest(low, high)
    assert kind is not None, "formats were checked before"
    shape = context.network.shapes[node.name]
    first = node.op.begin(shape, context.numbers[node.name][0])[state.name]
    codes = np.broadcast_to(first, shape).reshape(-1).astype(np.int64)
    name = f"{node.name}_{state.name}"
    return Memory(name, kind, grid.lanes, grid.spread(codes).reshape(-1), packed=False)


@dataclass
class _Writer:
    """Statements on local variables: states by their names, `current` in, `fired` out."""

    context: Context
    node: Node
    grid: Grid
    wide: bool
    lines: list[str] = field(default_factory=list[str])
    parameters: dict[str, Constant] = field(default_factory=dict[str, Constant])

    @property
    def word(self) -> str:
        """The C type that all is computed in."""
        return "int64_t" if self.wide else "int32_t"

    def _begin(self, op: Spiking) -> str:
        """The statement of the drive that every neuron begins with; its threshold."""
        self._let("push", self._drive(op.bias))
        return self._write_parameter("threshold", op.threshold)

    def integrate_and_fire(self, op: IF) -> None:
        """Statements of a neuron that does not leak."""
        threshold = self._begin(op)
        self._move(op, 1.0, "push", threshold, threshold)

    def leaky(self, op: LIF) -> None:
        """Statements of a leaky neuron."""
        threshold = self._begin(op)
        self._move(op, op.decay, "push", threshold, threshold)

    def adaptive(self, op: ALIF) -> None:
        """Statements of a neuron whose threshold rises."""
        threshold = self._begin(op)
        rise = f"{self._write_parameter('adaptation_step', op.adaptation_step)} * s"
        faded = self._times("b", op.adaptation_decay, "adaptation_decay")
        self._let("raised", self._fit(f"{faded} + {rise}", "v"))
        self._let("before", f"{threshold} + b")
        self._let("after", f"{threshold} + raised")
        self._move(op, op.decay, "push", "before", "after")
        self.lines += ["b = raised;", "s = fired;"]

    def integrator(self, op: LI) -> None:
        """Statements of a leaky integrator; its output is v."""
        faded = "v" if op.decay == 1.0 else self._times("v", op.decay, "decay")
        self.lines.append(f"v = {self._fit(f'{faded} + {self._drive(op.bias)}', 'v')};")
        self.lines.append("fired = v;")

    def current_based(self, op: CubaLIF) -> None:
        """Statements of a neuron with a current of its own."""
        threshold = self._begin(op)
        if op.current_order == "decay-last":
            self._let("drive", self._fit("i + push", "i"))
            self.lines.append(f"i = {self._times('drive', op.current_decay, 'current_decay')};")
        else:
            faded = self._times("i", op.current_decay, "current_decay")
            self._let("fresh", self._fit(f"{faded} + push", "i"))
            self._let("drive", "fresh" if op.current_order == "new" else "i")
            self.lines.append("i = fresh;")
        self._move(op, op.decay, "drive", threshold, threshold)

    def alpha(self, op: AlphaLIF) -> None:
        """Statements of a neuron whose potential is a difference of two currents."""
        threshold = self._begin(op)
        self._let("again", self._count(op, "v", threshold))
        self._let("up", self._fit(f"{self._times('e', op.rise, 'rise')} + push", "v"))
        self._let("down", self._fit(f"{self._times('h', op.fall, 'fall')} - push", "v"))
        self._let("moved", self._times("(up + down)", op.gain, "gain"))
        if op.reset == "subtract":
            amount = self._write_parameter("amount", op.reset_amount)
            self.lines.append("if (again) moved += h;")
            self.lines.append(f"e = {self._fit(f'up - {amount} * again', 'v')};")
            self.lines.append("h = again ? 0 : down;")
        elif op.reset == "value":
            self.lines.append("e = again ? 0 : up;")
            self.lines.append("h = again ? 0 : down;")
            self.lines.append("if (again) moved = 0;")
        else:
            self.lines += ["e = up;", "h = down;"]
        self.lines.append(f"v = {self._fit('moved', 'v')};")
        self.lines.append(f"fired = {self._count(op, 'v', threshold)};")

    def _move(self, op: Spiking, decay: Param, drive: str, before: str, after: str) -> None:
        """`Spiking.move` and `Spiking.silence`."""
        order = op.reset_order if op.reset != "none" else "now"
        if order != "now":
            self._let("again", self._count(op, "v", before))

        moved = self._advance(op, order, decay, drive)
        if op.floored:
            self._let("moved", moved)
            floor = self._write_parameter("lowest", op.floor)
            self.lines.append(f"if (moved < {floor}) moved = {floor};")
            self.lines.append(f"moved = {self._fit('moved', 'v')};")
        else:
            self._let("moved", self._fit(moved, "v"))
        self.lines.append(f"fired = {self._count(op, 'moved', after)};")
        if order == "now" and op.reset != "none":
            self.lines.append(
                f"moved = {self._fit(self._reset_potential(op, 'moved', 'fired'), 'v')};"
            )
        if order == "rechecked":
            amount = self._write_parameter("amount", op.reset_amount)
            self.lines.append(f"moved = {self._fit(f'moved - {amount} * (fired - again)', 'v')};")
        if op.refractory:
            self.lines.append("if (wait) { fired = 0; wait--; }")
            self.lines.append(f"else {{ v = moved; wait = fired ? {op.refractory} : 0; }}")
        else:
            self.lines.append("v = moved;")

    def _reset_potential(self, op: Spiking, value: str, spikes: str) -> str:
        """A potential after its reset."""
        if op.reset == "none":
            return value
        amount = self._write_parameter("amount", op.reset_amount)
        if op.reset == "subtract":
            return f"{value} - {amount} * {spikes}"
        return f"({spikes} ? {amount} : {value})"

    def _advance(self, op: Spiking, order: str, decay: Param, drive: str) -> str:
        """The potential before it is fitted and before what happens 'now'."""

        def apply_decay(value: str) -> str:
            return value if decay == 1.0 else self._times(value, decay, "decay")

        match order, op.reset:
            case ("now", _):
                return f"{apply_decay('v')} + {drive}"
            case ("before-decay", _):
                self._let("begun", self._fit(self._reset_potential(op, "v", "again"), "v"))
                return f"{apply_decay('begun')} + {drive}"
            case ("after-input", "value"):
                return self._reset_potential(op, f"{apply_decay('v')} + {drive}", "again")
            case _:
                return f"{self._reset_potential(op, apply_decay('v'), 'again')} + {drive}"

    def _let(self, name: str, value: str) -> None:
        self.lines.append(f"{self.word} {name} = {value};")

    def _write_parameter(self, name: str, value: Param) -> str:
        """A parameter in codes of v, as a C expression."""
        return self._constant(name, parameter_codes(self.context, self.node, value, "v"))

    def _constant(self, name: str, codes: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> str:
        kind: CType = narrowest(int(codes.min()), int(codes.max())) or "int32_t"
        # One word behind the node's name: no two nodes can meet in one label.
        label = f"{self.node.name}_{name.replace('_', '')}"
        constant = self.context.tables.constant(label, kind, codes, self.grid, 1)
        if not constant.table:
            return f"({constant.value})"
        self.parameters[name] = constant
        return name

    def _drive(self, bias: Param) -> str:
        raised = self._constant("unit", np.int64(1) << current_shifts(self.context, self.node))
        added = self._write_parameter("added", bias)
        current = "current" if raised == "(1)" else f"current * {raised}"
        return current if added == "(0)" else f"{current} + {added}"

    def _times(self, value: str, param: Param, role: str) -> str:
        codes, format = factor_codes(self.context, self.node, param, role)
        rounded = ROUNDED[format.rounding] + ("" if self.wide else "32")
        scaled = f"{value} * {self._constant(role, codes)}"
        return scaled if not format.frac else f"{rounded}({scaled}, {format.frac})"

    def _fit(self, value: str, role: str) -> str:
        format = self.node.formats.get(role, self.node.formats["v"])
        assert isinstance(format, Quantity)
        narrow = "" if self.wide else "(int32_t)"
        if format.overflow is Overflow.WRAP:
            wrap_bias = f"{narrow}snncc_wrap({value}, {format.bits})"
            return wrap_bias if format.signed else f"({value} & {(1 << format.bits) - 1})"
        if format.bits == NARROW_BITS and format.signed and not self.wide:
            return f"snncc_fit16({value})"
        return f"{narrow}snncc_fit({value}, {_literal(format.low)}, {_literal(format.high)})"

    def _count(self, op: Spiking, v: str, threshold: str) -> str:
        if op.spikes == 1:
            return f"({v} {op.compare} {threshold})"
        if op.compare == ">=":
            often = f"({v} < {threshold} ? 0 : {v} / {threshold})"
        else:
            often = f"({v} <= {threshold} ? 0 : ({v} - 1) / {threshold})"
        return f"snncc_fit({often}, 0, {op.spikes})"


WRITTEN: Mapping[type[Op], tuple[Callable[[_Writer, Any], None], bool]] = {
    IF: (_Writer.integrate_and_fire, False),
    LIF: (_Writer.leaky, False),
    CubaLIF: (_Writer.current_based, False),
    ALIF: (_Writer.adaptive, True),
    AlphaLIF: (_Writer.alpha, True),
    LI: (_Writer.integrator, False),
}
"""Op → its statements, and whether 32 bits never hold what is computed on the way."""


def _literal(value: int) -> str:
    return "INT32_MIN" if value == -(1 << 31) else str(value)
