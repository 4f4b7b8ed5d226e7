"""A pass that takes away what a neuron of this package does not need."""

from __future__ import annotations

from dataclasses import dataclass, replace

from snncc.ir import Network, Node
from snncc.ir.ops import LIF
from snncc.ir.passes import Effect, Pass

from .ops import TiredLIF


@dataclass(frozen=True)
class WakeUp(Pass):
    """Make leaky neurons of those that never tire.

    Establishes: no `tired_lif` has a jump of zero.
    May change: nothing but which states there are to read.
    Stands first: later passes know more of a `lif`.
    """

    name = "wake-up"
    effect = Effect.EXACT

    def __call__(self, network: Network) -> Network:
        read = {use.source for use in network.outputs if use.state == "n"}
        read |= {use.source for node in network for use in node.inputs if use.state == "n"}

        def awake(node: Node) -> Node:
            op = node.op
            # The op that it turns into another, field by field.
            if not isinstance(op, TiredLIF) or op.jump != 0.0 or node.name in read:
                return node
            return replace(node, op=LIF(**op.shared, decay=op.decay))

        return replace(network, nodes=tuple(map(awake, network)))
