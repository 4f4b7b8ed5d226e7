"""relay: weights where there were none, so that every current has a unit that can be chosen."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from ...edit import find_fresh, insert, keep_tensor
from ...edit import replace as replace_nodes
from ...network import Network, Node, Use
from ...ops import Affine, BlockDense, Reshape, Weighted
from ...param import Param, Shape, Values, values_of
from .units import kinds, wire_kind


def relay(network: Network) -> Network:
    """The network with weights wherever a unit must be chosen; no value changes.

    Weights take the place of affine maps, and weights of one go where bare spikes (or real
    inputs, or potentials) drive a neuron or meet a current. A spike counts in ones, a current in
    the unit of its neuron: only weights lead from one to the other.
    """
    what = kinds(network)
    for node in network.nodes:
        if isinstance(node.op, Affine) and what[node.name] != "held":
            network = _affine(network, node, node.op)
    what = kinds(network)
    for node in network.nodes:
        meets = what[node.name] == "current" and not isinstance(node.op, Weighted)
        if what[node.name] != "held" and (node.op.integrates or meets):
            for use in node.inputs:
                if wire_kind(network, use, what) != "current":
                    network = _insert_one(network, node.name, use)
    return network


def _insert_one(network: Network, name: str, use: Use) -> Network:
    scale = np.ones(prod(network.shapes[use.source]))
    network, end = _diagonal(network, f"{name}_from_{use.source}", use, scale, None)
    node = network[name]
    moved = replace(node, inputs=tuple(Use(end) if u == use else u for u in node.inputs))
    return replace_nodes(network, moved)


def _affine(network: Network, node: Node, op: Affine) -> Network:
    shape = network.shapes[node.name]
    scale, shift = (_flat(p, shape, network) for p in (op.scale, op.shift))
    bias = shift[:, None] if np.any(shift) else None
    network, end = _diagonal(network, f"{node.name}_scale", node.inputs[0], scale, bias)
    return replace_nodes(network, replace(node, op=Reshape(shape), inputs=(Use(end),)))


def _flat(param: Param, shape: Shape, network: Network) -> Values:
    return np.broadcast_to(values_of(param, network.tensors), shape).reshape(-1)


def _diagonal(
    network: Network, name: str, use: Use, scale: Values, bias: Values | None
) -> tuple[Network, str]:
    """One weight per element of a wire; the name of the node that has the wire's shape again."""
    shape, origin = network.shapes[use.source], network[use.source].origin
    name = find_fresh(network, name)
    network, weight = keep_tensor(network, f"{name}.weight", scale[:, None, None])
    ref = None
    if bias is not None:
        network, ref = keep_tensor(network, f"{name}.bias", bias)
    apart, back = find_fresh(network, f"{name}_apart"), find_fresh(network, f"{name}_back")
    network = insert(
        network,
        Node(apart, Reshape((prod(shape), 1)), (use,), origin=origin),
        Node(name, BlockDense(weight, ref), (Use(apart),), origin=origin),
        Node(back, Reshape(shape), (Use(name),), origin=origin),
    )
    return network, back
