"""What a network contains and costs, counted: neurons, synapses, bytes, events per tick."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from snncc.backends import Json
from snncc.ir import CompileError, Network, Node, Quantity, projections
from snncc.ir.ops import Conv, Sparse, Weighted

FLOAT_BITS = 32  # what a weight of a float network takes in its checkpoint


def summary(network: Network, rates: Mapping[str, float]) -> dict[str, Json]:
    """Counts of a network as JSON.

    Args:
        network: float or quantized.
        rates: node → mean spikes per neuron and tick, where they are known.
    """
    layers: list[Json] = [_layer(network, node, rates) for node in network if _is_counted(node)]
    weights = sum(_weights(network, node) for node in network)
    bits = sum(_weights(network, node) * _weight_bits(node) for node in network)
    return {
        "name": network.name,
        "quantized": network.quantized,
        "tick": network.tick,
        "decode": network.decode,
        "inputs": [_port(network, node) for node in network.inputs],
        "outputs": [str(use) for use in network.outputs],
        "neurons": sum(prod(network.shapes[node.name]) for node in network.populations),
        "synapses": sum(synapses(network, node) for node in network),
        "weights": weights,
        "weight_bytes": (bits + 7) // 8,
        "layers": layers,
        "projections": _projections(network),
    }


def _is_counted(node: Node) -> bool:
    return bool(node.op.states) or isinstance(node.op, Weighted)


def _port(network: Network, node: Node) -> Json:
    return {"name": node.name, "shape": list(network.shapes[node.name])}


def _layer(network: Network, node: Node, rates: Mapping[str, float]) -> Json:
    shape = network.shapes[node.name]
    found: dict[str, Json] = {
        "name": node.name,
        "op": node.op.keyword,
        "shape": list(shape),
        "formats": {role: str(format) for role, format in node.formats.items()},
        "origin": str(node.origin),
    }
    if isinstance(node.op, Weighted):
        source = node.inputs[0].source
        count = synapses(network, node)
        found |= {"weights": _weights(network, node), "synapses": count}
        if source in rates:
            found["events_per_tick"] = round(count * rates[source], 3)
        return found
    found["neurons"] = prod(shape)
    if node.name in rates:
        found["spikes_per_tick"] = round(prod(shape) * rates[node.name], 4)
    return found


def _weights(network: Network, node: Node) -> int:
    if not isinstance(node.op, Weighted):
        return 0
    return prod(network.tensors[node.op.weight.name].shape)


def _weight_bits(node: Node) -> int:
    format = node.formats.get("weight")
    return format.bits if isinstance(format, Quantity) else FLOAT_BITS


def synapses(network: Network, node: Node) -> int:
    """Synapses that a node with weights stands for: shared weights count as often as they serve."""
    if not isinstance(node.op, Weighted):
        return 0
    weights = _weights(network, node)
    shape = network.shapes[node.name]
    if isinstance(node.op, Conv):
        return weights * prod(shape[1:])  # windows at the border reach into the padding
    if isinstance(node.op, Sparse):
        return weights
    outputs = prod(network.tensors[node.op.weight.name].shape[:-1])
    return weights * (prod(shape) // outputs)


def _projections(network: Network) -> Json:
    try:
        found = projections(network)
    except CompileError as error:
        return str(error)
    return [
        {
            "source": each.source,
            "target": each.target,
            "path": [node.name for node in each.path],
            "delay": each.delay,
        }
        for each in found
    ]
