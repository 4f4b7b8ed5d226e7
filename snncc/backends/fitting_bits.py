"""advise_bits: how wide weights may be, so that what they add up to fits; for refusals."""

from __future__ import annotations

from snncc.ir import Network, Node, Quantity
from snncc.ir.ops import Function, Norm, Requantize

LEAST_BITS = 2
MARGIN = 1.1  # codes of fewer bits are rounded up by half of one, each


def advise_bits(node: Node | None, worst: int, limit: int) -> str:
    """What to do about codes that reach too far: the most bits of weights with which they fit.

    Args:
        node: that with the weights that they come from, if it is known.
        worst: how far they reach.
        limit: below which they fit.
    """
    if node is None:
        return "use fewer --weight-bits"
    format = node.formats["weight"]
    assert isinstance(format, Quantity), "weights are quantities"
    fitting = [
        bits
        for bits in range(LEAST_BITS, format.bits)
        if MARGIN * worst * ((1 << (bits - 1)) - 1) < limit * format.high
    ]
    if not fitting:
        return f"no bits of %{node.name}'s weights are few enough: scale what it reads"
    most = max(fitting)
    return (
        f"weights of {most} bits fit: use --layer-bits {node.name}={most} or --weight-bits {most}"
    )


def find_weights(network: Network, name: str) -> Node | None:
    """The node with the weights that a value comes from, where it comes from one of them alone."""
    node = network[name]
    while "weight" not in node.formats:
        if len(node.inputs) != 1 or node.op.states or node.inputs[0].state:
            return None
        node = network[node.inputs[0].source]
    return node


def follows_weights(network: Network, name: str) -> bool:
    """Whether fewer bits of some weights make the codes of a node smaller.

    Registers and tables between them have formats of their own; states have units of weights.
    """
    pending, seen = [name], {name}
    while pending:
        node = network[pending.pop()]
        if "weight" in node.formats or node.op.states:
            return True
        if isinstance(node.op, Requantize | Function | Norm):
            continue
        more = {use.source for use in node.inputs} - seen
        seen |= more
        pending += more
    return False


def advise(network: Network, name: str, worst: int, limit: int) -> str:
    """What to do about the codes of a node that reach too far: see `advise_bits`."""
    if follows_weights(network, name):
        return advise_bits(find_weights(network, name), worst, limit)
    return "no weights lead there, so put a spiking population in front of it"
