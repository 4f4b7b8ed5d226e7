"""EvenRange: states without the one code that has no positive counterpart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...arithmetic.number import Overflow, Quantity
from ...edit import keep_tensor, tidy
from ...edit import replace as replace_nodes
from ...network import Network
from ...param import Param
from ...views import arithmetics
from ..base import Effect, Pass
from ..quantize.state_widths import find_unproven


@dataclass(frozen=True)
class EvenRange(Pass):
    """Give a floor to potentials that may saturate: minus the largest code.

    A chip that keeps sign and magnitude saturates at plus and minus the same code, two's
    complement one code lower. Touched are neurons that reset to a value, whose rises the reset
    ends, and whose potential is not proven to stay within its format.

    Establishes: there, no potential is ever the smallest code.
    May change: spikes of a neuron whose potential has been the smallest code.
    Stands after quantize: the floor is a code.
    """

    name = "even-range"
    effect = Effect.APPROXIMATE
    agreement = 0.999

    def __call__(self, network: Network) -> Network:
        if not network.quantized:
            return network
        numbers, worst = arithmetics(network), find_unproven(network)
        for node, op in network.neurons:
            name, a = node.name, numbers[node.name][0]
            if name not in worst or not op.membrane or op.reset != "value" or op.floored:
                continue
            format = node.formats["v"]
            if not isinstance(format, Quantity) or format.overflow is not Overflow.SATURATE:
                continue
            lowest = -format.high * np.asarray(a.unit_of("v"), dtype=np.float64)
            floor: Param = float(lowest.reshape(-1)[0])
            if np.any(lowest != floor):
                network, floor = keep_tensor(network, f"{name}.floor", lowest)
            network = replace_nodes(network, replace(node, op=replace(op, floor=floor)))
        return tidy(network)
