"""Canonicalize: remove what changes nothing, so that later passes meet fewer shapes of a thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...edit import redirect, remove
from ...network import Network, Node, Use
from ...op import values_of
from ...ops import Affine, Concat, Product, Reshape, Slice, Sum
from ..base import Effect, Pass

Rule = Callable[[Network, Node], Network | None]


def _identity(network: Network, node: Node) -> Network | None:
    """A node that hands its one input on as it is goes away."""
    if len(node.inputs) != 1:
        return None
    same = network.shapes[node.inputs[0].source] == network.shapes[node.name]
    match node.op:
        case Reshape() | Slice():
            idle = same
        case Sum() | Concat() | Product():
            idle = True
        case Affine():
            scale, shift = (values_of(p, network.tensors) for p in (node.op.scale, node.op.shift))
            idle = bool(np.all(scale == 1.0) and np.all(shift == 0.0))
        case _:
            idle = False
    use = node.inputs[0]
    if not idle or (use.delay and Use(node.name) in network.outputs):
        return None
    return remove(redirect(network, {Use(node.name): use}), [node.name])


def _reshape_twice(network: Network, node: Node) -> Network | None:
    """Of two reshapes in a row only the last counts."""
    if not isinstance(node.op, Reshape):
        return None
    use = node.inputs[0]
    before = network[use.source]
    if use.state or not isinstance(before.op, Reshape):
        return None
    first = before.inputs[0]
    moved = replace(node, inputs=(replace(first, delay=first.delay + use.delay),))
    return replace(network, nodes=tuple(moved if n is node else n for n in network))


def _twin(network: Network, node: Node) -> Network | None:
    """Of two stateless nodes that compute the same from the same, one is enough."""
    if node.op.states or not node.inputs:
        return None
    for other in network:
        if other is node:
            return None
        if (other.op, other.inputs, other.formats) == (node.op, node.inputs, node.formats):
            return remove(redirect(network, {Use(node.name): Use(other.name)}), [node.name])
    return None


RULES: tuple[Rule, ...] = (_identity, _reshape_twice, _twin)


@dataclass(frozen=True)
class Canonicalize(Pass):
    """Remove identities, double reshapes and twins.

    Establishes: no node hands its input on unchanged; no two stateless nodes are equal.
    May change: nothing that a trace shows.
    Stands first, so that the patterns of later passes need not look past idle nodes.
    """

    name = "canonicalize"
    effect = Effect.EXACT

    def __call__(self, network: Network) -> Network:
        # What was moved at the end of a sweep may have made twins of nodes at its beginning.
        while (swept := self._sweep(network)) is not network:
            network = swept
        return network

    def _sweep(self, network: Network) -> Network:
        """The network after one look at each node; itself if no rule applied."""
        at = 0
        while at < len(network.nodes):
            node = network.nodes[at]
            found = next((new for rule in RULES if (new := rule(network, node)) is not None), None)
            # A rule only ever changes the node at hand or takes it away: go on from here.
            at += found is None or len(found.nodes) == len(network.nodes)
            network = found or network
        return network
