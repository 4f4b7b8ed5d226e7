"""The unit of a wire, where its node or the network's own formats say it: asked here by all.

The unit of what an op computes from its inputs, such as a sum, is the op's: `Op.unit`. Which
signals must have one unit, and how fine it is, `snncc/ir/passes/quantize/units.py` decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from .arithmetic.number import Factor
from .errors import RuleViolation
from .network import Network, Node, Use
from .param import Unit

ONE: Unit = np.ones(())
"""The unit of spikes, of counts and of ticks, in every arithmetic."""


NONE: Mapping[str, Unit] = MappingProxyType({})


def wire_unit(
    network: Network,
    use: Use,
    outputs: Mapping[str, Unit],
    potentials: Mapping[str, Unit] = NONE,
) -> Unit | None:
    """Real value of one code of a wire; None where it follows from what is not known yet.

    Args:
        network: in which some or all formats are chosen.
        use: the wire; its delay does not matter.
        outputs: node → unit of its output, as far as known; asked where that follows from inputs.
        potentials: population without formats → unit in which its real states will count.

    Raises:
        RuleViolation: V010, an op's own values count in a role that has no format.
    """
    node = network[use.source]
    state = node.op.state(use.state) if use.state else None
    if not state.real if state else node.op.spiking:
        return ONE
    role = state.role if state else node.op.output_role
    if not role:
        return outputs.get(node.name)
    if node.name in potentials and not node.formats:
        return potentials[node.name]
    return format_unit(network, node, role)


def format_unit(network: Network, node: Node, role: str) -> Unit:
    """Real value of one code in the format that a node gives to a role.

    Raises:
        RuleViolation: V010, it gives none.
    """
    format = node.formats.get(role)
    if format is None or isinstance(format, Factor) or format.unit is None:
        raise RuleViolation("V010", node.name, f"'{role}' has no number format")
    if isinstance(format.unit, int):
        return np.asarray(2.0**-format.unit)
    return np.asarray(network.tensors[format.unit].values, dtype=np.float64)
