"""A population's parameters as integers, one per neuron. Never: chooses an arithmetic."""

from __future__ import annotations

import numpy as np

from snncc.ir import Arithmetic, Factor, Integers, Node, Param, values_of

from .context import Context


def parameter_codes(context: Context, node: Node, value: Param, role: str) -> Integers:
    """A parameter in the codes of a role, one per neuron `[neurons]`."""
    a: Arithmetic = context.numbers[node.name][0]
    codes = a.quantity(value, role)
    shape = context.network.shapes[node.name]
    return np.broadcast_to(codes, shape).reshape(-1).astype(np.int64)


def factor_codes(context: Context, node: Node, value: Param, role: str) -> tuple[Integers, Factor]:
    """A factor's codes, one per neuron `[neurons]`, and its format."""
    format = node.formats[role]
    assert isinstance(format, Factor)
    scaled = values_of(value, context.network.tensors) * 2.0**format.frac
    shape = context.network.shapes[node.name]
    return np.broadcast_to(np.rint(scaled).astype(np.int64), shape).reshape(-1), format


def current_shifts(context: Context, node: Node) -> Integers:
    """By how many bits the current is coarser than the potential, one per neuron."""
    a: Arithmetic = context.numbers[node.name][0]
    one = a.align(np.ones((1, *context.network.shapes[node.name]), dtype=np.int64), "v")
    return np.log2(one.reshape(-1)).astype(np.int64)


def reads_state(context: Context, node: Node) -> bool:
    """Whether something reads a state of the node itself."""
    return any(use.state for use in context.network.wires(node.name))
