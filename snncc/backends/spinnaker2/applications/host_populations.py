"""Populations that real values drive: the chip's packets carry none, so the host computes these."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from snncc.ir import (
    Factor,
    IntegerArithmetic,
    Integers,
    Leaf,
    Node,
    Op,
    Quantity,
    Rounding,
    Use,
    order_nodes,
)
from snncc.ir.ops import Input, Requantize

from ..program import Host, Register
from ..rules import OTHERWISE
from .paths import Paths, refusal
from .populations import encoder


def hosts(paths: Paths) -> tuple[Host, ...]:
    """The populations that the host computes, each after those it reads in the same tick.

    Raises:
        LoweringRefused: S008, one of them receives spikes of the chip as well.
    """
    network = paths.network
    nodes = [n for n in order_nodes(network) if n.op.states and _receives_values(paths, n)]
    names = {node.name for node in nodes}
    return tuple(_host(paths, node, names) for node in nodes)


def registers(paths: Paths) -> tuple[Register, ...]:
    """The registers that the host computes, each after those that it reads.

    Raises:
        LoweringRefused: S003, one of them rounds as the host does not.
    """
    return tuple(_register(paths, node) for node in paths.registers)


def _register(paths: Paths, node: Node) -> Register:
    a, value, scale = paths.numbers[node.name], node.formats["value"], node.formats["scale"]
    assert isinstance(a, IntegerArithmetic) and isinstance(value, Quantity)
    if not isinstance(scale, Factor) or scale.rounding is not Rounding.HALF_EVEN:
        raise refusal("S003", node, f"its ratio is {scale}, the host rounds half to even")
    size = prod(paths.network.shapes[node.name])
    factor = np.broadcast_to(a.multiplier("value", "scale"), paths.network.shapes[node.name])
    return Register(
        node.name,
        tuple(_currents(paths, node, size)),
        np.asarray(paths.offset(node.inputs[0]).reshape(-1), dtype=np.int64),
        factor.reshape(-1).astype(np.int64),
        scale.frac,
        value.low,
        value.high,
    )


def _currents(paths: Paths, node: Node, size: int) -> Iterator[tuple[str, int, Integers]]:
    """Where a node's input comes from, ticks of delay, and weights `[size, values]`."""
    for term, leaf in _leaves(paths, node):
        link = paths.list_weights(term, leaf)
        if link is not None:
            weights = np.zeros((size, prod(paths.network.shapes[leaf.name])), dtype=np.int64)
            if link.kind == "dense":
                weights = link.weights
            else:
                weights[link.rows, link.columns] = link.weights
            yield leaf.name, leaf.delay, weights


def _leaves(paths: Paths, node: Node) -> list[tuple[Use, Leaf]]:
    terms = [term for use in node.inputs for term in paths.terms(use)]
    return [(term, leaf) for term in terms for leaf in paths.leaves(term, node)]


def _receives_values(paths: Paths, node: Node) -> bool:
    sources = (paths.network[leaf.name].op for _, leaf in _leaves(paths, node))
    return any(_real(op) for op in sources)


def _real(op: Op) -> bool:
    """Whether what begins a path carries real values, which stay on the host."""
    return isinstance(op, Requantize) or (isinstance(op, Input) and not op.spiking)


def _host(paths: Paths, node: Node, names: set[str]) -> Host:
    network = paths.network
    shape = network.shapes[node.name]
    for _, leaf in _leaves(paths, node):
        if leaf.name not in names and not isinstance(network[leaf.name].op, Input | Requantize):
            raise refusal(
                "S008",
                node,
                f"it receives real values and %{leaf.name}, whose spikes are on the chip; let a "
                f"population of its own turn the values into spikes, or {OTHERWISE}",
            )
    currents = tuple(_currents(paths, node, prod(shape)))
    constant = np.asarray(paths.offset(node.inputs[0]).reshape(-1), dtype=np.int64)
    found = encoder(network, node, paths.numbers[node.name])
    return Host(node.name, shape, found, currents, constant)
