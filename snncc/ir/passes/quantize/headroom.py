"""spare: bits that a value leaves unused so that weights add it up in 32; chooses no formats.

What a value can reach at worst is in `snncc/ir/bounds.py`, how wide a state becomes in
`state_widths.py`.
"""

from __future__ import annotations

from math import prod
from typing import Protocol

import numpy as np

from ...network import Network, Node
from ...op.dimensions import Output
from ...ops import AvgPool, Sum, SumPool, Weighted
from ...param import values_of

SUM_BITS = 31
SQUARE_BITS = 61  # of a sum of squares
SHARE = 0.9  # of the largest sum; what is left is the bias's


class Widths(Protocol):
    """Says how wide the codes of weights are."""

    def find(self, name: str) -> int:
        """Bits of a node's weights."""
        ...


def moves(node: Node) -> bool:
    """Whether a node puts out the values of one input, moved."""
    return node.op.output is Output.MOVED and len(node.inputs) == 1


def count_pooled(network: Network, name: str, *, beside: bool = False) -> int:
    """How many values of a node pools add up behind it, before anything has a format of its own.

    Args:
        network: in the making.
        name: of the node.
        beside: whether what is added to these values before they are pooled counts like them.
    """
    most, pending, seen = 1, [(name, 1)], {name}
    while pending:
        source, terms = pending.pop()
        for node in network.users(source):
            pool = node.op if isinstance(node.op, AvgPool | SumPool) else None
            added = len(node.inputs) if isinstance(node.op, Sum) else 0
            if node.name in seen or not (pool or moves(node) or added):
                continue
            seen.add(node.name)
            factor = prod(pool.kernel) if pool else added if beside and added else 1
            most = max(most, terms * factor) if pool else most
            pending.append((node.name, terms * factor))
    return most


def sum_bits(network: Network, node: Node, bits: int, weight_bits: int) -> float:
    """Bits of the largest sum that weights make of an input of `bits`, the sign's left out.

    And pools of these sums. The codes of a row's weights are |w| / max |w| of the largest code, and
    half of one more where they are rounded up; all are summed with the input's largest code.
    """
    assert isinstance(node.op, Weighted)
    weight = np.abs(values_of(node.op.weight, network.tensors))
    ones = np.ones((1, *network.shapes[node.inputs[0].source]))
    largest = node.op.reach(weight, network.tensors)
    sums = node.op.apply(ones, weight, network.tensors)[0]
    code = (1 << (weight_bits - 1)) - 1
    full = sums / np.where(largest > 0, largest, 1.0) * code
    rounded = node.op.apply(ones, np.full(weight.shape, 0.5), network.tensors)[0]
    pooled = count_pooled(network, node.name)
    return bits + float(np.log2(pooled * np.max(full + rounded, initial=1.0)))


def count_spare(network: Network, node: Node, bits: int, weight_bits: int) -> int:
    """How many of `bits`, the sign's left out, an input of weights must do without: mostly none."""
    most = SUM_BITS + np.log2(SHARE)
    return max(0, int(np.ceil(sum_bits(network, node, bits, weight_bits) - most)))


def count_spare_of(network: Network, name: str, bits: int, weight_bits: Widths) -> int:
    """The same for a value and all weights that read it, as it is or moved."""
    found, seen, pending = 0, {name}, [name]
    while pending:
        source = pending.pop()
        for node in network.users(source):
            use = node.inputs[0]
            if use.source != source or use.state or node.name in seen:
                continue
            seen.add(node.name)
            if moves(node):
                pending.append(node.name)
            elif isinstance(node.op, Weighted):
                found = max(found, count_spare(network, node, bits, weight_bits.find(node.name)))
    return found


def count_spare_of_squares(epsilon: float, size: int, bits: int, frac: int) -> int:
    """How many bits a value does without, so that the squares of a norm fit.

    `Norm` adds up (size x)**2 over `size` values, in 64 bits; and epsilon size**2 / unit**2 must
    fit 32.

    Args:
        epsilon: of the norm.
        size: values along the axis.
        bits: of a register, the sign's included.
        frac: fraction bits that the value has otherwise.
    """
    squares = 3 * np.log2(size) + 2 * bits - SQUARE_BITS
    added = np.log2(epsilon) + 2 * np.log2(size) + 2 * frac - SUM_BITS if epsilon else -1.0
    return max(0, int(np.floor(squares / 2)) + 1, int(np.floor(added / 2)) + 1)
