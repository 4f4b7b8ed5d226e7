"""describe_lost: which projection an integer network has lost, by running it with each alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from snncc.ir import Network, Node, Values
from snncc.ir.ops import Input, Weighted

from .causes import EVERYTHING, Cause, find_layer
from .counterfactual import Causes, Counterfactual
from .likeness import Likeness

ENOUGH = 0.95
"""Share of an output that integers keep, or else the projection is named that they have lost."""
MOST_PARTS = 64  # that are run
FEWEST_CHANGED = 1e-3  # of the output; less is not worth a name
WIDE = frozenset({Cause.STATE, Cause.SATURATION})


@dataclass(frozen=True)
class Part:
    """One projection or population, and what its rounding alone changes.

    Attributes:
        node: the weights of a projection; or a population.
        causes: what is rounded when it is.
        changed: share of the output that changes when nothing else is rounded.
    """

    node: Node
    causes: Causes
    changed: float = 0.0


def list_parts(network: Network) -> tuple[Part, ...]:
    """The projections of an integer network, each with its inputs and registers; and populations.

    What is computed in formats of its own on the way to weights, or behind them, belongs to their
    projection: a real input that is clipped, a register that rounds their sum.
    """
    found = list[Part]()
    for node in network:
        if isinstance(node.op, Weighted):
            beside = {other.name: WIDE for other in _list_beside(network, node)}
            own = frozenset({Cause.WEIGHTS, Cause.CONSTANTS})
            found.append(Part(node, {**beside, node.name: own}))
        elif node.op.states:
            found.append(Part(node, {node.name: EVERYTHING}))
    return tuple(found[:MOST_PARTS])  # those near the input, whose errors reach all others


def measure_parts(
    network: Network, parts: Iterable[Part], signal: Values | Mapping[str, Values]
) -> list[Part]:
    """What each part changes alone; that which changes most comes first.

    Args:
        network: quantized.
        parts: of it.
        signal: `[samples, ticks, *shape]`; by input where there are several.
    """
    runs = Counterfactual(network, network)
    real = runs.run(signal, {}).output
    found = list[Part]()
    for part in parts:
        likeness = Likeness(np.ones(1))
        likeness.add(real, runs.run(signal, part.causes).output)
        likeness.end()
        found.append(Part(part.node, part.causes, 1 - likeness.share))
    return sorted(found, key=lambda part: -part.changed)


def describe_lost(network: Network, signal: Values | Mapping[str, Values], alike: float) -> str:
    """What the user should know where integers keep less than `ENOUGH` of an output.

    Args:
        network: quantized.
        signal: the samples to look at, `[samples, ticks, *shape]`; by input where there are
            several.
        alike: share of the output that it keeps.
    """
    said = f"integers keep {alike:.1%} of the float network's output"
    parts = measure_parts(network, list_parts(network), signal)
    lost = next((part for part in parts if isinstance(part.node.op, Weighted)), None)
    if lost is None or lost.changed < FEWEST_CHANGED:
        met = f": they meet in {_name(network, parts[0])}" if parts else ""
        return f"{said}; no projection changes {FEWEST_CHANGED:.1%} of it alone{met}"
    first = parts[0]
    said += (
        f"; of its projections {_name(network, lost)} is lost most: rounded alone, "
        f"{_say_how(lost)}, it changes {lost.changed:.1%} of the output"
    )
    if first is not lost and first.changed > lost.changed:
        return (
            f"{said}; rounding what {_name(network, first)} itself computes changes more, "
            f"{first.changed:.1%}: widen its state"
        )
    return f"{said}; give these weights more bits, or look for better ones with --calibrate search"


def _name(network: Network, part: Part) -> str:
    node = part.node
    if not isinstance(node.op, Weighted):
        return f"%{node.name}{node.origin.aside}"
    return f"%{node.name} into %{find_layer(network, node.name)}{node.origin.aside}"


def _say_how(part: Part) -> str:
    format = part.node.formats.get("weight")
    bits = getattr(format, "bits", None)
    said = "in weights as they are" if bits is None else f"with weights of {bits} bits"
    beside = [f"%{name}" for name in part.causes if name != part.node.name]
    return f"{said} and what {', '.join(beside)} can count" if beside else said


def _list_beside(network: Network, node: Node) -> tuple[Node, ...]:
    """Inputs, registers and tables between a node with weights and the next weights or states."""
    into = deque(network[use.source] for use in node.inputs if not use.state)
    behind = deque(network.users(node.name))
    found = dict[str, Node]()
    for pending, step in ((into, _list_sources), (behind, _list_users)):
        while pending:
            other = pending.popleft()
            if isinstance(other.op, Weighted) or other.op.states or other.name in found:
                continue
            if isinstance(other.op, Input) or other.op.held:
                found[other.name] = other
            pending.extend(step(network, other))
    return tuple(found.values())


def _list_sources(network: Network, node: Node) -> list[Node]:
    return [network[use.source] for use in node.inputs if not use.state]


def _list_users(network: Network, node: Node) -> list[Node]:
    return list(network.users(node.name))
