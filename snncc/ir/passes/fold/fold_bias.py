"""FoldBias: move constant currents into the neuron they drive."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...edit import keep_tensor
from ...edit import replace as replace_nodes
from ...network import Network, Node, Use
from ...op.dimensions import Measure
from ...ops import Sum, Weighted
from ...param import values_of
from ..base import Effect, Pass


@dataclass(frozen=True)
class FoldBias(Pass):
    """Move the biases of synapses into the neuron's own bias where the way there is direct.

    A neuron's bias counts in the unit of its membrane potential, which is finer than that of the
    weights: kept among the weights, a small bias would be rounded away. Event-driven targets
    moreover need no work for it.

    Establishes: no weights with a bias precede a neuron directly, or through sums only.
    May change: the last bit of a float sum.
    Stands after fold-norm, which makes biases out of norms.
    """

    name = "fold-bias"
    effect = Effect.APPROXIMATE
    agreement = 0.999

    def __call__(self, network: Network) -> Network:
        for node in network.nodes:
            if not isinstance(node.op, Weighted) or node.op.bias is None:
                continue
            target = _find_driven(network, node)
            if target is not None:
                network = _move(network, node.name, target)
        return network


def _find_driven(network: Network, node: Node) -> str | None:
    """Name of the one neuron that a node drives directly, or by sums only."""
    if Use(node.name) in network.outputs:
        return None
    users = network.users(node.name)
    if len(users) != 1 or users[0].inputs.count(Use(node.name)) != 1:
        return None
    user = users[0]
    # A delayed current is zero before its first tick, a bias is not.
    if any(use.source == node.name and use.delay for use in user.inputs):
        return None
    if network.shapes[user.name] != network.shapes[node.name]:
        return None
    if isinstance(user.op, Sum):
        return _find_driven(network, user)
    # With several inputs a bias would pass by what the current passes through.
    return user.name if len(user.inputs) == 1 and user.op.select_fields(Measure.CURRENT) else None


def _move(network: Network, source: str, target: str) -> Network:
    node, neuron = network[source], network[target]
    assert isinstance(node.op, Weighted) and node.op.bias is not None
    constant = node.op.spread(values_of(node.op.bias, network.tensors))
    field, bias = next(iter(neuron.op.select_fields(Measure.CURRENT).items()))
    total = values_of(bias, network.tensors) + constant
    network, ref = keep_tensor(network, f"{target}.{field}", total)
    return replace_nodes(
        network,
        replace(node, op=node.op.with_fields(bias=None)),
        replace(neuron, op=neuron.op.with_fields(**{field: ref})),
    )
