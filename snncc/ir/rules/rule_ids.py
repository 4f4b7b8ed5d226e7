"""The rules V001, V002, … by id, which every network obeys; `check_rules.py` has the checks.

By which ids a target refuses a network, C…, T…, L… and S…, is in `rules.py` of its backend.
"""

from __future__ import annotations

from collections.abc import Mapping

RULES: Mapping[str, str] = {
    "V001": "every use names a node, and a state that this node has",
    "V002": "node names are unique and are identifiers; all names can be printed and read again",
    "V003": "every cycle carries at least one tick of delay",
    "V004": "delays are whole ticks, zero to a limit; outputs are read without delay",
    "V005": "shapes agree: each op accepts the shapes of its inputs; none is beyond the limit",
    "V006": "every tensor that an op or a format refers to exists",
    "V007": "tensors hold real numbers; they and parameters are finite",
    "V008": "a network has at least one input and one output",
    "V009": "parameters are within the range that their op states",
    "V010": "number formats stand on roles that the op has, on all of them or on none",
    "V011": "units agree: signals that meet count in the same unit, or in one a power of two finer",
    "V012": "nodes are listed after the nodes they use without delay",
    "V013": "in integers, the worst case of every sum is within 64 bits",
}
