"""How often each signal is expected to carry an event: measured rates, carried onward. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from snncc.ir import Network, Node, Shape
from snncc.ir.ops import AvgPool, Concat, MaxPool, Reshape, Slice, Sum, SumPool, Transpose


def expect_rates(
    network: Network, order: tuple[Node, ...], rates: Mapping[str, float]
) -> dict[str, float]:
    """Node → events per element and tick, for every node that the measured rates determine.

    A sum has as many events as its terms; a part, or another order, as many as the whole. Spikes in
    a window of a maximum are taken as independent: 1 - (1 - r)**n of n.

    Args:
        network: whose nodes these are.
        order: each node after those that it reads in the same tick.
        rates: of populations, as measured.
    """
    found = dict(rates)
    for node in order:
        given = [found.get(use.source) for use in node.inputs if not use.state]
        known = [rate for rate in given if rate is not None]
        if node.name in found or not known or len(known) < len(node.inputs):
            continue
        shapes = [network.shapes[use.source] for use in node.inputs]
        rate = _carry_rate(node, known, shapes)
        if rate is not None:
            found[node.name] = rate
    return found


def _carry_rate(node: Node, rates: list[float], shapes: list[Shape]) -> float | None:
    op = node.op
    match op:
        case Reshape() | Transpose() | Slice():
            return rates[0]
        case Sum():
            return sum(rates)
        case Concat():
            return float(np.average(rates, weights=[prod(shape) for shape in shapes]))
        case SumPool() | AvgPool():
            return rates[0] * prod(op.kernel)
        case MaxPool():
            return 1.0 - (1.0 - min(rates[0], 1.0)) ** prod(op.kernel)
        case _:
            return None
