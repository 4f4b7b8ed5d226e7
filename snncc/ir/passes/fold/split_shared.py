"""Unshare: rows that share weights get weights of their own, where a map scales them apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from ...edit import find_fresh, insert, keep_tensor, redirect
from ...edit import replace as replace_nodes
from ...network import Network, Node, Use
from ...ops import Affine, BlockDense, Dense, Reshape
from ...param import Ref, Shape, values_of
from ..base import Effect, Pass


@dataclass(frozen=True)
class Unshare(Pass):
    """Give the rows of a dense layer weights of their own, where a map scales each in its own way.

    A norm over tokens behind weights that serve all tokens has one scale a token, which shared
    weights cannot take: it stays a factor at run time, or makes a threshold a token. A chip that
    stores every synapse anyway has room for weights that differ, and these take the scale.

    Establishes: no affine map reads a dense layer alone whose rows it scales by different factors.
    May change: the last bit of a float sum; the number of weights.
    Stands before fold-norm, which folds the map into the weights of each row.
    """

    name = "unshare"
    effect = Effect.APPROXIMATE
    agreement = 0.999

    def __call__(self, network: Network) -> Network:
        if network.quantized:
            return network
        for node in network.nodes:
            if isinstance(node.op, Dense) and _is_scaled_apart(network, node):
                network = _split_rows(network, node, node.op)
        return network


def _is_scaled_apart(network: Network, node: Node) -> bool:
    """Whether its one user scales its rows by different factors."""
    users = network.users(node.name)
    if len(users) != 1 or Use(node.name) in network.outputs:
        return False
    user, shape = users[0], network.shapes[node.name]
    if not isinstance(user.op, Affine):
        return False
    scale = np.broadcast_to(values_of(user.op.scale, network.tensors), shape)
    rows = scale.reshape(-1, shape[-1])
    return not np.all(rows == rows[:1])


def _split_rows(network: Network, node: Node, op: Dense) -> Network:
    """The layer as blocks, one a row; it keeps its name, and its shape by reshapes if need be."""
    into, out = network.shapes[node.inputs[0].source], network.shapes[node.name]
    blocks = prod(out[:-1])

    def repeat(network: Network, ref: Ref) -> tuple[Network, Ref]:
        values = values_of(ref, network.tensors)
        rows = np.broadcast_to(values, (blocks, *values.shape))
        return keep_tensor(network, f"{ref.name}.rows", rows)

    network, weight = repeat(network, op.weight)
    network, bias = repeat(network, op.bias) if op.bias else (network, None)
    use = node.inputs[0]
    if len(into) != 2:
        rows = Node(find_fresh(network, f"{node.name}_rows"), Reshape((blocks, into[-1])), (use,))
        network, use = insert(network, replace(rows, origin=node.origin)), Use(rows.name)
    changed = replace(node, op=BlockDense(weight, bias), inputs=(use,))
    if len(out) == 2:
        return replace_nodes(network, changed)
    return _map_blocks(replace_nodes(network, changed), changed, out)


def _map_blocks(network: Network, node: Node, shape: Shape) -> Network:
    """The map behind the blocks, in their shape; a reshape behind it gives back the old one."""
    (user,) = network.users(node.name)
    assert isinstance(user.op, Affine)
    rows = (prod(shape[:-1]), shape[-1])
    params: dict[str, Ref] = {}
    for field in ("scale", "shift"):
        values = values_of(getattr(user.op, field), network.tensors)
        flat = np.broadcast_to(values, shape).reshape(rows)
        network, params[field] = keep_tensor(network, f"{user.name}.{field}", flat)
    back = Node(
        find_fresh(network, f"{user.name}_back"),
        Reshape(shape),
        (Use(user.name),),
        origin=node.origin,
    )
    network = insert(redirect(network, {Use(user.name): Use(back.name)}), back)
    return replace_nodes(network, replace(user, op=Affine(**params)))
