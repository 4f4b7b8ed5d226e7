"""Moving a constant current from a neuron to synapses before it; no pass."""

from __future__ import annotations

from dataclasses import replace

from ...arithmetic.number import Quantity
from ...edit import keep_tensor
from ...edit import replace as replace_nodes
from ...network import Network, Use
from ...ops import Sum, Weighted
from ...param import Values, values_of

BIAS_BITS = 32


def lay(network: Network, use: Use, constant: Values) -> Network | None:
    """The network with `constant` `[*shape]` as bias of weights that a wire comes from, by sums.

    None where there are no weights whose bias can be that.
    """
    node = network[use.source]
    if use.delay or use.state:
        return None
    if isinstance(node.op, Sum):
        options = (lay(network, each, constant) for each in node.inputs)
        return next((found for found in options if found is not None), None)
    if not isinstance(node.op, Weighted) or network.shapes[node.name] != constant.shape:
        return None
    if len(network.users(node.name)) > 1:
        return None
    op = node.op
    try:
        bias = op.collect(constant)
    except ValueError:
        return None
    if op.bias is not None:
        bias = bias + values_of(op.bias, network.tensors)
    network, ref = keep_tensor(network, f"{node.name}.bias", bias)
    formats = dict(node.formats)
    if isinstance(weight := formats.get("weight"), Quantity):
        formats["bias"] = replace(weight, bits=BIAS_BITS)
    return replace_nodes(network, replace(node, op=op.with_fields(bias=ref), formats=formats))
