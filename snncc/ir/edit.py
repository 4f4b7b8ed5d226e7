"""The verbs passes are written in: insert, replace, remove, split, redirect, tidy.

Each returns a new network and leaves the old one as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace as changed
from types import MappingProxyType

import numpy.typing as npt

from .network import Network, Node, Use
from .number import Quantity
from .op import Ref
from .tensor import Tensor
from .views import ordered


def fresh(network: Network, name: str) -> str:
    """`name`, or `name_2`, `name_3`, … if a node has it already."""
    taken = {node.name for node in network}
    if name not in taken:
        return name
    return next(f"{name}_{n}" for n in range(2, len(taken) + 3) if f"{name}_{n}" not in taken)


def keep_tensor(network: Network, name: str, values: npt.ArrayLike) -> tuple[Network, Ref]:
    """The network with a tensor more, and the reference to it; an equal one is not doubled."""
    tensor = Tensor(values)
    base, count = name, 1
    while name in network.tensors and network.tensors[name] != tensor:
        count += 1
        name = f"{base}_{count}"
    tensors = MappingProxyType({**network.tensors, name: tensor})
    return changed(network, tensors=tensors), Ref(name)


def insert(network: Network, *nodes: Node) -> Network:
    """The network with more nodes, listed in an order in which each follows what it uses."""
    whole = changed(network, nodes=(*network.nodes, *nodes))
    return changed(whole, nodes=ordered(whole))


def replace(network: Network, *nodes: Node) -> Network:
    """The network with nodes of these names in place of those that had them."""
    new = {node.name: node for node in nodes}
    assert all(name in network for name in new), f"no such nodes: {[*new]}"
    whole = changed(network, nodes=tuple(new.get(node.name, node) for node in network))
    return changed(whole, nodes=ordered(whole))


def redirect(network: Network, uses: Mapping[Use, Use]) -> Network:
    """The network with wires moved: a use without delay of a key becomes a use of its value.

    The delay of the old use and of the new one add up; outputs move too, as long as the new wire
    has no delay.
    """

    def moved(use: Use) -> Use:
        new = uses.get(changed(use, delay=0))
        return changed(new, delay=new.delay + use.delay) if new else use

    nodes = tuple(changed(n, inputs=tuple(moved(u) for u in n.inputs)) for n in network)
    outputs = tuple(moved(use) for use in network.outputs)
    return changed(network, nodes=nodes, outputs=outputs)


def remove(network: Network, names: Iterable[str]) -> Network:
    """The network without these nodes; nothing may use them any more."""
    gone = set(names)
    left = tuple(node for node in network if node.name not in gone)
    used = {use.source for node in left for use in node.inputs}
    used.update(use.source for use in network.outputs)
    assert not used & gone, f"still in use: {sorted(used & gone)}"
    return changed(network, nodes=left)


def tidy(network: Network) -> Network:
    """The network without tensors that no op and no format names."""
    used = {name for node in network for name in node.op.refs().values()}
    for node in network:
        used.update(
            format.unit
            for format in node.formats.values()
            if isinstance(format, Quantity) and isinstance(format.unit, str)
        )
    tensors = {name: tensor for name, tensor in network.tensors.items() if name in used}
    return changed(network, tensors=MappingProxyType(tensors))


def map_nodes(network: Network, function: Callable[[Node], Node]) -> Network:
    """The network with each node replaced by what the function makes of it; names stay."""
    return changed(network, nodes=tuple(function(node) for node in network))
