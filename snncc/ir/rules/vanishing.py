"""Which registers make zero of values that they could show, as their factor is rounded to zero."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..arithmetic.integer_arithmetic import IntegerArithmetic
from ..bounds import bounds, wire_bounds
from ..network import Network
from ..ops import Function, Requantize
from ..views import arithmetics

HALF = 0.5  # of a code: what is smaller is rounded to zero whatever the factor


def find_vanishing(network: Network) -> Mapping[str, float]:
    """Node → the largest ratio of units of which its factor makes zero, where that loses a value.

    A factor is `round(ratio 2**frac)`. Where it is zero, so is every value; nothing is lost of
    values of which even the largest is less than half a code in the new unit.

    Args:
        network: quantized.
    """
    numbers = arithmetics(network)
    gone: dict[str, tuple[IntegerArithmetic, str]] = {}
    for node in network:
        a = numbers[node.name][0]
        if isinstance(node.op, Requantize | Function) and isinstance(a, IntegerArithmetic):
            role = "index" if isinstance(node.op, Function) else "value"
            if np.any(a.multiplier(role, "scale") == 0):
                gone[node.name] = a, role
    if not gone:
        return {}
    known, found = bounds(network), dict[str, float]()
    for name, (a, role) in gone.items():
        low, high = wire_bounds(network, network[name].inputs[0], known, numbers)
        most = np.maximum(-low.astype(np.float64), high)[0]
        ratio = np.broadcast_to(a.input_unit() / a.unit_of(role), most.shape)
        zero = np.broadcast_to(a.multiplier(role, "scale") == 0, most.shape)
        lost = ratio[zero & (most * ratio > HALF)]
        if lost.size:
            found[name] = float(np.max(lost))
    return found
