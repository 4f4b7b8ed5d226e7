"""What to do about a node that a target refuses, where that is another target; no backend."""

from __future__ import annotations

from snncc.ir import BUILT_IN, Node

OTHER_TARGET = "--target c99"
OWN_TARGET = "build for a target that has it, such as one of the package that brings the op"


def suggest_cure(node: Node, cure: str) -> str:
    """The cure; of an op that a package brings, none that sends to C99, which lacks it as well."""
    foreign = node.op.keyword not in BUILT_IN
    return OWN_TARGET if foreign and OTHER_TARGET in cure else cure
