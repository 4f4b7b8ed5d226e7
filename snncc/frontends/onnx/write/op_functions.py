"""An op as a function of standard ONNX ops: its own `step`, run on symbols; no table of ops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import cast

import numpy as np
from onnx import FunctionProto, helper

from snncc.ir import (
    Arithmetic,
    LoweringRefused,
    Network,
    Node,
    Op,
    Param,
    Ref,
    Tensor,
    Tensors,
    Values,
)

from .numpy_rules import RULES
from .symbol import Body, Symbol
from .symbolic_arithmetic import OWN, trace_arithmetic

DOMAIN = "snncc"
OPSET = 18


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
        return _trace(network, node, a)
    except LoweringRefused as refusal:
        raise LoweringRefused(f"%{node.name}: {node.op.keyword}: {refusal}") from refusal


def _trace(network: Network, node: Node, a: Arithmetic) -> Function:
    op, own = _name_tensors(node.op, network.tensors)
    body = Body(RULES)
    tracing = trace_arithmetic(body, op, a, own)
    kind = a.zeros(()).dtype
    shape = network.shapes[node.name]
    names = [state.name for state in op.states]
    states = {name: Symbol(body, name, (1, *shape), kind, True) for name in names}
    wires = [
        Symbol(body, name, (1, *network.shapes[use.source]), kind, True)
        for name, use in zip(wire_names(node), node.inputs, strict=True)
    ]
    after, out = op.step(cast("Mapping[str, Values]", states), cast("list[Values]", wires), tracing)
    results = {f"{name}_next": after[name] for name in names} | {"out": out}
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
        if found in inputs or found in named or not _is_made_here(body, found):
            body.nodes.append(helper.make_node("Identity", [found], [name]))
        else:
            named[found] = name
    for each in body.nodes:
        for names in (each.input, each.output):
            for place, name in enumerate(names):
                names[place] = named.get(name, name)


def _is_made_here(body: Body, name: str) -> bool:
    return any(name in node.output for node in body.nodes if node.op_type != "Constant")


def _name_tensors(op: Op, tensors: Tensors) -> tuple[Op, Tensors]:
    """The op with every parameter under the name of its field, and the tensors so named."""
    factors = {role.name for role in op.roles if role.factor}
    own: dict[str, Tensor] = {}
    changed: dict[str, Ref] = {}
    for field in fields(op):
        value: object = getattr(op, field.name)
        if isinstance(value, Ref):
            own[OWN + field.name] = tensors[value.name]
        elif (
            type(op).stated[field.name].form == Param
            and isinstance(value, float)
            and not _is_asked(value, field.name in factors)
        ):
            own[OWN + field.name] = Tensor(np.float64(value))
        else:
            continue
        changed[field.name] = Ref(OWN + field.name)
    return op.with_fields(**changed), {**tensors, **own}


def _is_asked(value: float, factor: bool) -> bool:
    """Whether an op may look at the number itself: is there none, is the factor one?"""
    return value == 0 or not np.isfinite(value) or (factor and value == 1)
