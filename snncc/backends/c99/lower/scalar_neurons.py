"""The equations of every neuron op as C statements for one neuron, in the order of `Op.step`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from snncc.ir import Factor, Node, Overflow, Param, Quantity, Rounding
from snncc.ir.ops import ALIF, LI, AlphaLIF, CubaLIF, Spiking

from ..program import Scalar
from ..storage import Constant, CType, Memory
from .constant_arrays import Grid, narrowest
from .parameter_codes import factor, shifts, whole

if TYPE_CHECKING:
    from .lower import Lowering

ROUNDED = {
    Rounding.TOWARD_ZERO: "snncc_toward_zero",
    Rounding.FLOOR: "snncc_floor",
    Rounding.HALF_EVEN: "snncc_half_even",
    Rounding.HALF_AWAY: "snncc_half_away",
}
NARROW_BITS = 16  # a state times a factor below 2**15 then fits 32 bits


def scalar(lowering: Lowering, node: Node, grid: Grid) -> tuple[Scalar, tuple[Memory, ...], bool]:
    """The scalar arithmetic of a population, its states, and whether it stays at rest."""
    writer = _Writer(lowering, node, grid, _wide(lowering, node))
    if isinstance(node.op, LI):
        writer.integrator(node.op)
    else:
        assert isinstance(node.op, Spiking)
        writer.spiking(node.op)
    memories = tuple(_memory(lowering, node, grid, state) for state in node.op.states)
    states = tuple((s, m.name) for s, m in zip(node.op.states, memories, strict=True))
    parameters = tuple(writer.parameters.items())
    numbers = Scalar(tuple(writer.lines), states, parameters, writer.wide)
    return numbers, memories, _resting(lowering, node)


def _resting(lowering: Lowering, node: Node) -> bool:
    """Whether a neuron without input, all of whose states are zero, stays so and is silent."""
    op = node.op
    assert isinstance(op, Spiking | LI)
    if isinstance(op, LI) or op.spikes > 1 or np.any(whole(lowering, node, op.bias, "v")):
        return False  # a value is written every tick
    threshold = whole(lowering, node, op.threshold, "v")
    return bool(np.all(threshold >= (0 if op.compare == ">" else 1)))


def _wide(lowering: Lowering, node: Node) -> bool:
    """Whether 32 bits might not hold what is computed on the way."""
    op = node.op
    formats = node.formats.values()
    small = all(f.bits <= NARROW_BITS for f in formats if isinstance(f, Quantity))
    factors = [f for f in formats if isinstance(f, Factor)]
    plain = all(f.frac < NARROW_BITS and f.rounding is Rounding.TOWARD_ZERO for f in factors)
    if isinstance(op, ALIF | AlphaLIF) or not (small and plain):
        return True
    low, high = lowering.facts.limits(node.inputs[0])
    push = np.maximum(np.abs(low), np.abs(high)) << shifts(lowering, node)
    many = isinstance(op, Spiking) and op.spikes > 1
    return many or bool(np.max(push, initial=0) >= 1 << 29)


def _memory(lowering: Lowering, node: Node, grid: Grid, state: str) -> Memory:
    op = node.op
    if state in ("wait", "s"):
        assert isinstance(op, Spiking)
        kind = narrowest(0, op.refractory if state == "wait" else op.spikes)
    else:
        format = node.formats.get(state, node.formats["v"])
        assert isinstance(format, Quantity)
        kind = narrowest(format.low, format.high)
    assert kind is not None, "formats were checked before"
    first = np.zeros(grid.blocks * grid.outputs, dtype=np.int64)
    if state == "v":
        assert isinstance(op, Spiking | LI)
        first = whole(lowering, node, op.initial, "v")
    name = f"{node.name}_{state}"
    return Memory(name, kind, grid.lanes, grid.spread(first).reshape(-1), packed=False)


@dataclass
class _Writer:
    """Statements on local variables: states by their names, `current` in, `fired` out."""

    lowering: Lowering
    node: Node
    grid: Grid
    wide: bool
    lines: list[str] = field(default_factory=list[str])
    parameters: dict[str, Constant] = field(default_factory=dict[str, Constant])

    @property
    def word(self) -> str:
        """The C type that all is computed in."""
        return "int64_t" if self.wide else "int32_t"

    def spiking(self, op: Spiking) -> None:
        """Statements of a spiking neuron."""
        self._let("push", self._drive(op.bias))
        threshold = self._own("threshold", op.threshold)
        match op:
            case AlphaLIF():
                self._alpha(op, threshold)
            case ALIF():
                rise = f"{self._own('adaptation_step', op.adaptation_step)} * s"
                faded = self._times("b", op.adaptation_decay, "adaptation_decay")
                self._let("raised", self._fit(f"{faded} + {rise}", "v"))
                self._let("before", f"{threshold} + b")
                self._let("after", f"{threshold} + raised")
                self._move(op, op.decay, "push", "before", "after")
                self.lines += ["b = raised;", "s = fired;"]
            case CubaLIF():
                self._cuba(op, threshold)
            case _:
                decay = getattr(op, "decay", 1.0)
                self._move(op, decay, "push", threshold, threshold)

    def integrator(self, op: LI) -> None:
        """Statements of a leaky integrator; its output is v."""
        faded = "v" if op.decay == 1.0 else self._times("v", op.decay, "decay")
        self.lines.append(f"v = {self._fit(f'{faded} + {self._drive(op.bias)}', 'v')};")
        self.lines.append("fired = v;")

    def _cuba(self, op: CubaLIF, threshold: str) -> None:
        if op.current_order == "decay-last":
            self._let("drive", self._fit("i + push", "i"))
            self.lines.append(f"i = {self._times('drive', op.current_decay, 'current_decay')};")
        else:
            faded = self._times("i", op.current_decay, "current_decay")
            self._let("fresh", self._fit(f"{faded} + push", "i"))
            self._let("drive", "fresh" if op.current_order == "new" else "i")
            self.lines.append("i = fresh;")
        self._move(op, op.decay, "drive", threshold, threshold)

    def _alpha(self, op: AlphaLIF, threshold: str) -> None:
        self._let("again", self._count(op, "v", threshold))
        self._let("up", self._fit(f"{self._times('e', op.rise, 'rise')} + push", "v"))
        self._let("down", self._fit(f"{self._times('h', op.fall, 'fall')} - push", "v"))
        self._let("moved", self._times("(up + down)", op.gain, "gain"))
        if op.reset == "subtract":
            amount = self._own("amount", op.reset_amount)
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

        moved = self._moved(op, order, decay, drive)
        if op.floored:
            self._let("moved", moved)
            floor = self._own("lowest", op.floor)
            self.lines.append(f"if (moved < {floor}) moved = {floor};")
            self.lines.append(f"moved = {self._fit('moved', 'v')};")
        else:
            self._let("moved", self._fit(moved, "v"))
        self.lines.append(f"fired = {self._count(op, 'moved', after)};")
        if order == "now" and op.reset != "none":
            self.lines.append(f"moved = {self._fit(self._settled(op, 'moved', 'fired'), 'v')};")
        if order == "rechecked":
            amount = self._own("amount", op.reset_amount)
            self.lines.append(f"moved = {self._fit(f'moved - {amount} * (fired - again)', 'v')};")
        if op.refractory:
            self.lines.append("if (wait) { fired = 0; wait--; }")
            self.lines.append(f"else {{ v = moved; wait = fired ? {op.refractory} : 0; }}")
        else:
            self.lines.append("v = moved;")

    def _settled(self, op: Spiking, value: str, spikes: str) -> str:
        """A potential after its reset."""
        if op.reset == "none":
            return value
        amount = self._own("amount", op.reset_amount)
        if op.reset == "subtract":
            return f"{value} - {amount} * {spikes}"
        return f"({spikes} ? {amount} : {value})"

    def _moved(self, op: Spiking, order: str, decay: Param, drive: str) -> str:
        """The potential before it is fitted and before what happens 'now'."""

        def decayed(value: str) -> str:
            return value if decay == 1.0 else self._times(value, decay, "decay")

        match order, op.reset:
            case ("now", _):
                return f"{decayed('v')} + {drive}"
            case ("before-decay", _):
                self._let("begun", self._fit(self._settled(op, "v", "again"), "v"))
                return f"{decayed('begun')} + {drive}"
            case ("after-input", "value"):
                return self._settled(op, f"{decayed('v')} + {drive}", "again")
            case _:
                return f"{self._settled(op, decayed('v'), 'again')} + {drive}"

    def _let(self, name: str, value: str) -> None:
        self.lines.append(f"{self.word} {name} = {value};")

    def _own(self, name: str, value: Param) -> str:
        """A parameter in codes of v, as a C expression."""
        return self._constant(name, whole(self.lowering, self.node, value, "v"))

    def _constant(self, name: str, codes: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> str:
        kind: CType = narrowest(int(codes.min()), int(codes.max())) or "int32_t"
        # One word behind the node's name: no two nodes can meet in one label.
        label = f"{self.node.name}_{name.replace('_', '')}"
        constant = self.lowering.tables.constant(label, kind, codes, self.grid, 1)
        if not constant.table:
            return f"({constant.value})"
        self.parameters[name] = constant
        return name

    def _drive(self, bias: Param) -> str:
        raised = self._constant("unit", np.int64(1) << shifts(self.lowering, self.node))
        added = self._own("added", bias)
        current = "current" if raised == "(1)" else f"current * {raised}"
        return current if added == "(0)" else f"{current} + {added}"

    def _times(self, value: str, param: Param, role: str) -> str:
        codes, format = factor(self.lowering, self.node, param, role)
        rounded = ROUNDED[format.rounding] + ("" if self.wide else "32")
        scaled = f"{value} * {self._constant(role, codes)}"
        return scaled if not format.frac else f"{rounded}({scaled}, {format.frac})"

    def _fit(self, value: str, role: str) -> str:
        format = self.node.formats.get(role, self.node.formats["v"])
        assert isinstance(format, Quantity)
        if format.overflow is Overflow.WRAP:
            wrapped = f"snncc_wrap({value}, {format.bits})"
            return wrapped if format.signed else f"({value} & {(1 << format.bits) - 1})"
        if format.bits == NARROW_BITS and format.signed and not self.wide:
            return f"snncc_fit16({value})"
        return f"snncc_fit({value}, {_literal(format.low)}, {_literal(format.high)})"

    def _count(self, op: Spiking, v: str, threshold: str) -> str:
        if op.spikes == 1:
            return f"({v} {op.compare} {threshold})"
        if op.compare == ">=":
            often = f"({v} < {threshold} ? 0 : {v} / {threshold})"
        else:
            often = f"({v} <= {threshold} ? 0 : ({v} - 1) / {threshold})"
        return f"snncc_fit({often}, 0, {op.spikes})"


def _literal(value: int) -> str:
    return "INT32_MIN" if value == -(1 << 31) else str(value)
