"""Potentials that weights read, in registers narrow enough for their sums."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...arithmetic.number import Overflow, Quantity, Rounding
from ...edit import find_fresh, insert
from ...edit import replace as replace_nodes
from ...network import Network, Node, Use
from ...op.dimensions import Output
from ...ops import Requantize, Weighted
from .calibrate import Ranges, name_recorded
from .headroom import count_spare, moves
from .weight_bits import WeightBits

BITS = 16  # of a register
HEADROOM = 1.25  # over the largest potential seen


def narrow_potentials(
    network: Network, ranges: Ranges, state_bits: int, weight_bits: WeightBits
) -> Network:
    """The network with a register wherever weights would add up to more than 32 bits of potentials.

    Its unit is a power of two in which the largest potential seen fits; beyond it saturates. Where
    nothing was seen of a potential it stays as it is.
    """
    for node in network.nodes:
        if not isinstance(node.op, Weighted):
            continue
        peak, own = _peak(network, node.inputs[0], ranges), weight_bits.find(node.name)
        if peak is not None and count_spare(network, node, state_bits - 1, own):
            bits = BITS - count_spare(network, node, BITS - 1, own)
            network = hold(network, node, bits, peak)
    return network


def _reads_potential(network: Network, use: Use) -> bool:
    """Whether a wire is a potential, as it is or moved."""
    node = network[use.source]
    if use.state:
        return node.op.state(use.state).real
    if node.op.states:
        return node.op.output is Output.POTENTIAL
    return moves(node) and _reads_potential(network, node.inputs[0])


def _peak(network: Network, use: Use, ranges: Ranges) -> float | None:
    """Largest magnitude of a wire that is a potential, as it is or moved; None of any other."""
    if not _reads_potential(network, use):
        return None
    node = network[use.source]
    if not use.state and not node.op.states:
        return _peak(network, node.inputs[0], ranges)
    found = ranges.peaks.get(name_recorded(node, use.state))
    return None if found is None or node.op.held else float(np.max(found, initial=0.0))


def hold(network: Network, node: Node, bits: int, peak: float) -> Network:
    """The network with a register of so many bits before weights, in which `peak` fits."""
    use = node.inputs[0]
    name = find_fresh(network, f"{use.source}_held")
    frac = bits - 1 - int(np.ceil(np.log2(HEADROOM * peak or 1.0)))
    value = Quantity(bits, True, frac, Rounding.HALF_EVEN, Overflow.SATURATE)
    source = replace(use, delay=0)
    register = Node(name, Requantize(), (source,), {"value": value}, network[use.source].origin)
    network = insert(network, register)
    return replace_nodes(network, replace(node, inputs=(Use(name, use.delay),)))
