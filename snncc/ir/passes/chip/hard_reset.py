"""HardReset: reset to zero where the network subtracts, for chips that can do nothing else.

When it runs, a target's own `passes.py` decides. No pass goes the other way: a reset to a value
that a target does not have is refused by that target.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...edit import replace as replace_nodes
from ...network import Network
from ..base import Effect, Pass

SAME_TIME = {"rechecked": "now", "after-input": "after-decay"}


@dataclass(frozen=True)
class HardReset(Pass):
    """Reset to zero instead of by subtraction.

    A subtraction keeps what a potential has above its threshold when it fires, a reset to zero
    throws it away: with `v = decay v' + I` and v' at most the threshold before, that is
    `v - amount <= decay threshold + max(I) - amount` for each spike. Up to and including its first
    spike a neuron does the same as before if its inputs do. A network that is trained with the
    reset it will have loses nothing; the pass is for one that was not.

    Establishes: no neuron with a `membrane` (IF, LIF, CuBa LIF) that puts out single spikes resets
    by subtraction.
    May change: spikes, as far as potentials overshoot.
    Stands before quantize: what a state can be depends on its reset.
    """

    name = "hard-reset"
    effect = Effect.APPROXIMATE
    agreement = 0.5
    of_spikes = True

    def __call__(self, network: Network) -> Network:
        for node, op in network.neurons:
            if op.membrane and op.reset == "subtract" and op.spikes == 1:
                order = SAME_TIME.get(op.reset_order, op.reset_order)
                zero = replace(op, reset="value", reset_amount=0.0, reset_order=order)
                network = replace_nodes(network, replace(node, op=zero))
        return network
