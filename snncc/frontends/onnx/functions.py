"""An op as a function of standard ONNX ops: its own `step`, run on symbols; no table of ops."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias, cast

import numpy as np
from onnx import FunctionProto, helper

from snncc.ir import (
    Arithmetic,
    FloatArithmetic,
    IntegerArithmetic,
    LoweringRefused,
    Network,
    Node,
    Op,
    Overflow,
    Param,
    Quantity,
    Ref,
    Tensor,
    Tensors,
    Unit,
    Values,
)
from snncc.ir.ops import Sparse

from .symbol import Body, Symbol, settled

DOMAIN = "snncc"
OPSET = 18
Contract: TypeAlias = Callable[[Values, Values], Values]
OWN = "%"  # begins the names that parameters have while an op is traced; no tensor's name does


@dataclass(frozen=True)
class Function:
    """One op's tick in standard ops.

    Inputs are the states, the wires and the parameters; outputs the new states and the output.

    Attributes:
        proto: the function; named after the op.
        parameters: name of each parameter → its array.
    """

    proto: FunctionProto
    parameters: Mapping[str, Values]


def function_of(network: Network, node: Node, a: Arithmetic) -> Function:
    """The function of a node, and the arrays it is called with.

    Raises:
        LoweringRefused: the op computes something that no standard op does, or its number format
            traps.
    """
    try:
        return _traced(network, node, a)
    except LoweringRefused as refusal:
        raise LoweringRefused(f"%{node.name}: {node.op.keyword}: {refusal}") from refusal


def _traced(network: Network, node: Node, a: Arithmetic) -> Function:
    op, own = _named(node.op, network.tensors)
    body = Body()
    tracing = TracedArithmetic(body, _with_tensors(a, own), op)
    kind = a.zeros(()).dtype
    shape = network.shapes[node.name]
    states = {name: Symbol(body, name, (1, *shape), kind, True) for name in op.states}
    wires = [
        Symbol(body, name, (1, *network.shapes[use.source]), kind, True)
        for name, use in zip(wire_names(node), node.inputs, strict=True)
    ]
    after, out = op.step(
        cast("Mapping[str, Values]", states),
        cast("list[Values]", wires),
        cast("Arithmetic", tracing),
    )
    results = {f"{name}_next": after[name] for name in op.states} | {"out": out}
    inputs = [*states, *(wire for wire in wire_names(node)), *body.parameters]
    _name_results(body, results, set(inputs))
    proto = helper.make_function(
        DOMAIN,
        op.keyword,
        inputs,
        list(results),
        body.nodes,
        [helper.make_opsetid("", OPSET)],
        doc_string=(op.__doc__ or "").partition("\n")[0],
    )
    return Function(proto, body.parameters)


def wire_names(node: Node) -> tuple[str, ...]:
    """Names of a function's inputs for a node's wires."""
    return ("x",) if len(node.inputs) == 1 else tuple(f"x{k}" for k in range(len(node.inputs)))


def _name_results(body: Body, results: Mapping[str, object], inputs: set[str]) -> None:
    """Gives the results their names; what is an input, or a result already, is passed on."""
    named: dict[str, str] = {}
    for name, value in results.items():
        found = body.symbol(value).name
        if found in inputs or found in named or not _made_here(body, found):
            body.nodes.append(helper.make_node("Identity", [found], [name]))
        else:
            named[found] = name
    for each in body.nodes:
        for names in (each.input, each.output):
            for place, name in enumerate(names):
                names[place] = named.get(name, name)


def _made_here(body: Body, name: str) -> bool:
    return any(name in node.output for node in body.nodes if node.op_type != "Constant")


def _named(op: Op, tensors: Tensors) -> tuple[Op, Tensors]:
    """The op with every parameter under the name of its field, and the tensors so named."""
    factors = {role.name for role in op.roles if role.factor}
    own: dict[str, Tensor] = {}
    changed: dict[str, Ref] = {}
    for field in fields(cast("Any", op)):
        value = cast("object", getattr(op, field.name))
        if isinstance(value, Ref):
            own[OWN + field.name] = tensors[value.name]
        elif isinstance(value, float) and not _asked(value, field.name in factors):
            own[OWN + field.name] = Tensor(np.float64(value))
        else:
            continue
        changed[field.name] = Ref(OWN + field.name)
    return cast("Op", replace(cast("Any", op), **changed)), {**tensors, **own}


def _asked(value: float, factor: bool) -> bool:
    """Whether an op may look at the number itself: is there none, is the factor one?"""
    return value == 0 or not np.isfinite(value) or (factor and value == 1)


def _with_tensors(a: Arithmetic, own: Tensors) -> FloatArithmetic | IntegerArithmetic:
    if isinstance(a, IntegerArithmetic):
        return IntegerArithmetic(own, a.formats, a.units, a.where)
    assert isinstance(a, FloatArithmetic), "there are two arithmetics"
    return FloatArithmetic(own, a.dtype)


class TracedArithmetic:
    """An arithmetic on symbols: parameters become inputs, the rest is what the real one does."""

    def __init__(self, body: Body, real: FloatArithmetic | IntegerArithmetic, op: Op) -> None:
        self.tensors = real.tensors
        self._body, self._real, self._op = body, real, op

    def zeros(self, shape: Sequence[int]) -> Values:
        return self._real.zeros(shape)

    def unit_of(self, role: str) -> Unit:
        return self._real.unit_of(role)

    def input_unit(self, index: int = 0) -> Unit:
        return self._real.input_unit(index)

    def limits(self, role: str) -> tuple[float, float]:
        return self._real.limits(role)

    def quantity(self, value: Param, role: str) -> Values:
        return self._parameter(value, self._real.quantity(value, role))

    def weights(self, value: Param, role: str, unit_in: Unit, unit_out: Unit) -> Values:
        return self._parameter(value, self._real.weights(value, role, unit_in, unit_out))

    def _parameter(self, value: Param, array: Values) -> Values:
        if not isinstance(value, Ref):
            return array
        return cast("Values", self._body.parameter(value.name.removeprefix(OWN), array))

    def times(self, codes: Values, factor: Param, role: str) -> Values:
        if isinstance(self._real, FloatArithmetic):
            return codes * self.quantity(factor, role)
        self._body.role = role
        return cast("Values", settled(self._real.times(codes, factor, role)))

    def align(self, codes: Values, role: str) -> Values:
        self._body.role = f"shift_{role}"
        return self._real.align(codes, role)

    def contract(self, function: Contract, signal: Values, weights: Values) -> Values:
        if isinstance(self._op, Sparse):
            return cast("Values", self._scattered(self._op, signal, weights))
        return cast("Values", settled(function(signal, weights)))

    def _scattered(self, op: Sparse, signal: Values, weights: Values) -> Symbol:
        """One synapse after the other, added up where several meet."""
        body, source = self._body, cast("Symbol", signal)
        rows, columns = (self.tensors[ref.name].values for ref in (op.rows, op.columns))
        at = body.parameter("columns", columns.astype(np.int64))
        to = body.parameter("rows", rows.astype(np.int64))
        picked = body.emit("Gather", (source.name, at.name), axis=1)
        parts = body.emit("Mul", (picked, cast("Symbol", weights).name))
        every = body.emit("Shape", (parts,))
        index = body.emit("Expand", (to.name, every))
        samples = body.emit("Shape", (source.name,), start=0, end=1)
        extents = body.emit("Concat", (samples, body.constant(np.array([op.size]))), axis=0)
        empty = body.emit("Expand", (body.constant(np.zeros(1, source.dtype)), extents))
        name = body.emit("ScatterElements", (empty, index, parts), axis=1, reduction="add")
        return Symbol(body, name, (1, op.size), source.dtype, batched=True)

    def ratio(self, codes: Values, divisor: int) -> Values:
        return self._real.ratio(codes, divisor)

    def counts(self, flags: Values) -> Values:
        return flags.astype(self._real.zeros(()).dtype)

    def fit(self, codes: Values, role: str) -> Values:
        found = cast("Values", settled(codes))
        if isinstance(self._real, FloatArithmetic):
            return found
        format = self._real.formats[role]
        assert isinstance(format, Quantity), "a state has a quantity's format"
        match format.overflow:
            case Overflow.SATURATE:
                return np.clip(found, format.low, format.high)
            case Overflow.WRAP:
                turn = 1 << format.bits
                shifted = found - format.low
                wrapped: Values = shifted - (shifted // turn) * turn + format.low
                return wrapped
            case Overflow.TRAP:
                raise LoweringRefused(f"the format {format} traps, which ONNX cannot; saturate")
