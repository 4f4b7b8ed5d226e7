"""How much work a run of the reference is, in multiplications; what it bounds stays repeatable.

Nothing of a target: what a network does is counted in `snncc/cost`, and how long a tick takes on a
core in `snncc/run/core_time.py` and `snncc/run/pace.py`.
"""

from __future__ import annotations

from math import prod

from snncc.ir import Network
from snncc.ir.ops import Weighted

MINUTE = 100_000_000_000
"""Multiplications that a run of the reference does in about a minute."""
NEURON_WORK = 50  # of these that one value of one node takes beside its synapses
STEP_WORK = 7_000  # that one step of one node takes, however few its values are (4 µs)


def count_tick_work(network: Network) -> int:
    """Multiplications of one tick of one sample."""
    total = 0
    for node in network:
        values = prod(network.shapes[node.name])
        total += NEURON_WORK * values
        if isinstance(node.op, Weighted):
            weights = prod(network.tensors[node.op.weight.name].shape)
            total += values * weights // max(1, prod(node.op.bias_shape(network.tensors)))
    return max(1, total)


def count_affordable(network: Network, ticks: int, runs: int, work: int) -> int:
    """How many samples of so many ticks can run so often with that many multiplications.

    Samples run side by side, so that the steps of a tick are paid once for all of them.
    """
    a_tick = work // max(1, runs * ticks) - STEP_WORK * len(network.nodes)
    return max(0, a_tick // count_tick_work(network))
