"""How many spikes of a tick are counted, where weights could add up to more than a target holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import log2, prod

import numpy as np

from ...edit import map_nodes
from ...errors import PassError
from ...network import Network, Node
from ...ops import SPIKES_MAX, AvgPool, Spiking, SumPool
from .calibrate import Ranges
from .headroom import SHARE, moves
from .headroom import sum_bits as count_sum_bits
from .units import Group
from .weight_bits import WeightBits

MARGIN = 2.0  # over the most spikes that were seen in a tick


def limit_spikes(
    network: Network,
    groups: tuple[Group, ...],
    ranges: Ranges,
    weight_bits: WeightBits,
    sum_bits: int,
) -> Network:
    """The network with a limit that sums of so many bits allow, where the model has none.

    It stays as it is where the largest number of spikes fits. Otherwise it is lowered as far as it
    must be; a run counts what it cuts off as saturated.

    Args:
        network: in the making.
        groups: of its weights.
        ranges: of a calibration run.
        weight_bits: of weights.
        sum_bits: of a sum, the sign's included.

    Raises:
        PassError: less than twice the most spikes seen would be counted.
    """
    limits: dict[str, int] = {}
    for group in groups:
        beside = log2(len(group.weights)) if group.weights else 0.0
        for name in group.weights:
            for source, taps in _sources(network, network[name]):
                bits = log2(source.op.counts * taps)
                over = (
                    count_sum_bits(network, network[name], 0, weight_bits.find(name))
                    + bits
                    + beside
                )
                over -= sum_bits - 1 + log2(SHARE)
                if over > 0:
                    fits = (1 << int(log2(source.op.counts + 1) - over)) - 1  # all of its bits
                    limits[source.name] = min(limits.get(source.name, SPIKES_MAX), fits)
    for name, limit in limits.items():
        _check(network[name], limit, ranges, weight_bits, sum_bits)

    def limit_node(node: Node) -> Node:
        if node.name not in limits:
            return node
        return replace(node, op=node.op.with_fields(spikes=limits[node.name]))

    return map_nodes(network, limit_node)


def _sources(network: Network, node: Node) -> Iterator[tuple[Node, int]]:
    """Neurons without a limit whose spikes a node reads, and how many it reads as one value."""
    taps, use = 1, node.inputs[0]
    while not use.state:
        source = network[use.source]
        # The base whose field `spikes` it is that may be lowered.
        if isinstance(source.op, Spiking):
            if source.op.spikes == SPIKES_MAX:
                yield source, taps
            return
        if not (moves(source) or isinstance(source.op, AvgPool | SumPool)):
            return
        if isinstance(source.op, AvgPool | SumPool):
            taps *= prod(source.op.kernel)
        use = source.inputs[0]


def _check(node: Node, limit: int, ranges: Ranges, weight_bits: WeightBits, sum_bits: int) -> None:
    seen = float(np.max(ranges.peaks.get(f"%{node.name}", np.zeros(1)), initial=0.0))
    if limit >= max(1.0, MARGIN * seen):
        return
    fewer = int(np.ceil(np.log2(MARGIN * seen / max(limit, 1))))
    bits = max(2, weight_bits.usual - fewer)
    raise PassError(
        node.problem(
            "quantize",
            f"it fires up to {seen:,.0f} times in a tick, so that the sums of the weights behind "
            f"it leave {sum_bits} bits; use --weight-bits {bits}, or scale its "
            "input",
        )
    )
