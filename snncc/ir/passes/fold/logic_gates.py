"""Gates: the largest of several spikes, and products of spikes, as neurons that forget at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...edit import find_fresh, insert
from ...edit import replace as replace_nodes
from ...network import Network, Node, Use
from ...ops import Concat, Input, MaxPool, Product, Reshape, Slice, Sum, SumPool, make_lif
from ..base import Effect, Pass


@dataclass(frozen=True)
class Gates(Pass):
    """Put neurons in the place of max-pools and products of single spikes.

    The largest of some spikes is one where their sum is above a half, their product where it is
    above all but a half. A neuron that keeps nothing from tick to tick tells, and a chip that has
    nothing but neurons and synapses has that.

    Establishes: no max-pool and no product has inputs that are all single spikes.
    May change: nothing; the outputs keep their names.
    Stands before quantize: the neurons' synapses get codes like all others.
    """

    name = "gates"
    effect = Effect.EXACT

    def __call__(self, network: Network) -> Network:
        if network.quantized:
            return network
        for node in network.nodes:
            if isinstance(node.op, MaxPool | Product) and _find_binary(network, node):
                network = _neuron(network, node)
        return network


def _find_binary(network: Network, node: Node) -> bool:
    """Whether every input is 0 or 1 in every tick."""
    pending, seen = list(node.inputs), set(node.inputs)
    while pending:
        use = pending.pop()
        op = network[use.source].op
        if not use.state and op.counts == 1:
            continue
        if use.state or op.states or isinstance(op, Input):
            return False
        if not isinstance(op, Reshape | Slice | Concat | MaxPool | Product):
            return False
        more = [each for each in network[use.source].inputs if each not in seen]
        seen.update(more)
        pending += more
    return True


def _neuron(network: Network, node: Node) -> Network:
    op, name = node.op, find_fresh(network, f"{node.name}_sum")
    if isinstance(op, MaxPool):
        total = Node(name, SumPool(op.kernel, op.stride, op.padding), node.inputs)
        least = 1
    else:
        total, least = Node(name, Sum(), node.inputs), len(node.inputs)
    gate = make_lif(least - 0.5, compare=">")
    network = insert(network, replace(total, origin=node.origin))
    return replace_nodes(network, replace(node, op=gate, inputs=(Use(name),)))
