"""Why integers lose: the causes that a node can have, and what each of them rounds."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from enum import Enum
from typing import Final

from snncc.ir import Measure, Network, Node, Quantity, Rounded, Single
from snncc.ir.ops import Input


class Cause(Enum):
    """What the step to integers changes at a node; the value is how reports call it.

    STATE: the width of states, registers and inputs: what is computed is rounded to their units,
        and states are cut off at their ends.
    SATURATION: registers and inputs are cut off at the ends that calibration chose.
    ARITHMETIC: what the target's own passes change beside quantization, and single precision.
    """

    WEIGHTS = "weights"
    CONSTANTS = "threshold and bias"
    DECAY = "decay"
    STATE = "state width"
    SATURATION = "saturation"
    ARITHMETIC = "target's arithmetic"


NOTHING: Final[frozenset[Cause]] = frozenset()
EVERYTHING: Final = frozenset(Cause)

FIELDS: Final = {
    Measure.WEIGHT: Cause.WEIGHTS,
    Measure.OFFSET: Cause.CONSTANTS,
    Measure.VOLTAGE: Cause.CONSTANTS,
    Measure.CURRENT: Cause.CONSTANTS,
    Measure.FACTOR: Cause.DECAY,
}
"""What the values of a field are → the cause that rounding them falls under."""


def list_causes(node: Node) -> tuple[Cause, ...]:
    """The causes that a node of an integer network can have, but for what passes changed."""
    found = {
        FIELDS[field.dimension.measure]
        for name, field in type(node.op).stated.items()
        if field.dimension.measure in FIELDS and getattr(node.op, name) is not None
    }
    if is_single(node):
        found.add(Cause.ARITHMETIC)
    elif any(isinstance(format, Quantity) for format in node.formats.values()):
        keeps = bool(node.op.held) or isinstance(node.op, Input)
        found |= {Cause.STATE} if node.op.states or keeps else set()
        found |= {Cause.SATURATION} if keeps and not node.op.states else set()
    return tuple(cause for cause in Cause if cause in found)


def is_single(node: Node) -> bool:
    """Whether a node computes in single precision."""
    return any(isinstance(format, Single) for format in node.formats.values())


def list_rounded(node: Node, causes: frozenset[Cause]) -> frozenset[Rounded]:
    """What a node rounds that has these causes."""
    wide = {Rounded.VALUES, Rounded.RANGE} if node.op.states else {Rounded.VALUES}
    parts: Mapping[Cause, set[Rounded]] = {
        Cause.WEIGHTS: {Rounded.WEIGHTS},
        Cause.CONSTANTS: {Rounded.CONSTANTS},
        Cause.DECAY: {Rounded.FACTORS},
        Cause.STATE: wide,
        Cause.SATURATION: {Rounded.RANGE} - wide,
        Cause.ARITHMETIC: set(),
    }
    return frozenset(part for cause in causes for part in parts[cause])


def find_layer(network: Network, name: str) -> str:
    """The population that a node is or leads to first; itself where it leads to none."""
    pending, seen = deque([name]), {name}
    while pending:
        node = network[pending.popleft()]
        if node.op.states:
            return node.name
        further = [user.name for user in network.users(node.name) if user.name not in seen]
        seen.update(further)
        pending.extend(further)
    return name
