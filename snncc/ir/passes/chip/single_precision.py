"""SinglePrecision: states and decays as float32 numbers, for cores that compute in them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...arithmetic.number import Factor, Format, Single
from ...edit import map_nodes, tidy
from ...errors import PassError
from ...network import Network, Node
from ...op.dimensions import Role
from ..base import Effect, Pass


@dataclass(frozen=True)
class SinglePrecision(Pass):
    """Keep states, thresholds and decays in float32, over the whole currents that quantize made.

    A state counts in the unit of its current, as before: what changes is that it is not rounded to
    whole units, and that decays are not fractions of a power of two.

    Establishes: every population's formats are single precision.
    May change: spikes, within what that rounding did.
    Stands after quantize, which chooses the units.
    """

    name = "single-precision"
    effect = Effect.APPROXIMATE
    agreement = 0.5
    of_spikes = True

    def __call__(self, network: Network) -> Network:
        if not network.quantized:
            raise PassError("single-precision: the network has no number formats; run quantize")

        moving = {node.name for node in network.integrators}

        def round_formats(node: Node) -> Node:
            if node.name not in moving:
                return node
            kept = {role.name: _make_single(node, role) for role in node.op.roles}
            return replace(node, formats={r: f for r, f in kept.items() if f is not None})

        return tidy(map_nodes(network, round_formats))


def _make_single(node: Node, role: Role) -> Format | None:
    old = node.formats.get(role.name)
    if old is None:
        return None
    return Single(None if isinstance(old, Factor) else old.unit)
