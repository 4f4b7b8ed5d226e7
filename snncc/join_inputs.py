"""join_inputs: a network with several inputs as one that takes them in one signal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod

from snncc.ir import Network, Node, Origin, Shape, UsageError, Use, find_unused, verify
from snncc.ir.ops import Input, Reshape, Slice

JOINED = "inputs"


def list_inputs(network: Network) -> dict[str, Shape]:
    """The inputs of a network, in order: name → shape at a tick."""
    return {node.name: network.shapes[node.name] for node in network.inputs}


def join_inputs(network: Network, parts: Mapping[str, Shape]) -> Network:
    """A network of one input, which brings those that there were, one after the other.

    Each keeps its name; it is a part of the signal now.

    Args:
        network: with several inputs.
        parts: name → shape, in the order of the signal.

    Raises:
        UsageError: the network has other inputs.
    """
    there = list_inputs(network)
    if dict(parts) != there:
        raise UsageError(
            f"the model has the inputs {_show(there)}, the data {_show(parts)}; give an .npz with "
            "an array for each"
        )
    name = find_unused(JOINED, there)
    spikes = all(node.op.spiking for node in network.inputs)
    total = sum(map(prod, parts.values()))
    joined = Node(name, Input((total,), "spike" if spikes else "real"), origin=Origin("inputs"))
    nodes, start, taken = [joined], 0, {node.name for node in network}
    for part, shape in parts.items():
        origin = Origin(f"input {part}")
        stop = start + prod(shape)
        if shape == (stop - start,):
            nodes.append(Node(part, Slice(0, start, stop), (Use(name),), origin=origin))
        else:
            flat = find_unused(f"{part}_flat", taken)
            taken.add(flat)
            nodes.append(Node(flat, Slice(0, start, stop), (Use(name),), origin=origin))
            nodes.append(Node(part, Reshape(shape), (Use(flat),), origin=origin))
        start = stop
    rest = tuple(node for node in network if not isinstance(node.op, Input))
    return verify(replace(network, nodes=(*nodes, *rest)))


def _show(parts: Mapping[str, Shape]) -> str:
    return ", ".join(f"{name} {list(shape)}" for name, shape in parts.items())
