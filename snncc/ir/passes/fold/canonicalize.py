"""Canonicalize: remove what changes nothing, so that later passes meet fewer shapes of a thing."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

import numpy as np

from ...edit import redirect, remove
from ...edit import replace as replace_nodes
from ...network import Network, Node, Use
from ...ops import Affine, Concat, Product, Reshape, Slice, Sum
from ...param import values_of
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
    return replace_nodes(network, moved)


def _twin(network: Network, node: Node, first: dict[Hashable, str]) -> Network | None:
    """Of two stateless nodes that compute the same from the same, one is enough.

    Args:
        network: where they are.
        node: the one that may go.
        first: what a node computes → the one that was met first; this one is entered.
    """
    if node.op.states or not node.inputs:
        return None
    other = first.setdefault(_describe_value(node), node.name)
    # The inputs of the other may have moved since.
    if (
        other == node.name
        or other not in network
        or _describe_value(network[other]) != _describe_value(node)
    ):
        return None
    return remove(redirect(network, {Use(node.name): Use(other)}), [node.name])


def _describe_value(node: Node) -> Hashable:
    """What a node computes, from what; equal for twins."""
    return node.op, node.inputs, frozenset(node.formats.items())


RULES: tuple[Rule, ...] = (_identity, _reshape_twice)


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
        first: dict[Hashable, str] = {}
        for name in [node.name for node in network]:
            while name in network:
                node = network[name]
                tries = (rule(network, node) for rule in RULES)
                found = next((new for new in tries if new is not None), None)
                found = found or _twin(network, node, first)
                if found is None:
                    break
                network = found
        return network
