"""AtThreshold: neurons that fire above a threshold as neurons that fire at the next one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...arithmetic.number import Single
from ...edit import keep_tensor, tidy
from ...edit import replace as replace_nodes
from ...network import Network, Node
from ...ops import Spiking
from ...param import Values
from ...views import arithmetics
from ..base import Effect, Pass


@dataclass(frozen=True)
class AtThreshold(Pass):
    """Let every neuron in single precision fire at its threshold, not above it.

    Of float32 numbers, `v > threshold` and `v >= next(threshold)` are true of the same ones, next
    being the smallest number above. A reset by the threshold is one by the new one.

    Establishes: in single precision, `compare` is ">=".
    May change: the last bit of a potential after a subtraction.
    Stands after single-precision: of whole or real numbers others are next.
    """

    name = "at-threshold"
    effect = Effect.APPROXIMATE
    agreement = 0.99
    of_spikes = True

    def __call__(self, network: Network) -> Network:
        numbers = arithmetics(network)
        for node, op in network.neurons:
            if not op.constant_threshold or op.compare == ">=":
                continue
            if not isinstance(node.formats.get("v"), Single) or op.spikes > 1:
                continue
            a = numbers[node.name][0]
            above = np.nextafter(a.quantity(op.threshold, "v"), np.float32(np.inf))
            network = _move_threshold(network, node, op, above * a.unit_of("v"))
        return tidy(network)


def _move_threshold(network: Network, node: Node, op: Spiking, threshold: Values) -> Network:
    # In float64 a unit divided out again comes back to the same float32.
    network, ref = keep_tensor(network, f"{node.name}.threshold", threshold.astype(np.float64))
    amount = ref if op.reset == "subtract" and op.reset_amount == op.threshold else op.reset_amount
    moved = replace(op, compare=">=", threshold=ref, reset_amount=amount)
    return replace_nodes(network, replace(node, op=moved))
