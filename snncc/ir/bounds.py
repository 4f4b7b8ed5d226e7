"""How large any value of a network can get: the worst case of every wire, node by node.

What one op makes of its inputs' ranges is the op's: `Op.bound`; for neurons it comes from
`snncc/ir/ops/reach.py`. How wide a state is therefore made is decided in
`snncc/ir/passes/quantize/state_widths.py`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterator, Mapping, Sequence

import numpy as np

from .arithmetic.arithmetic import Arithmetic
from .errors import RuleViolation
from .network import Network, Node, Use
from .op.dimensions import Output
from .ops import Input
from .param import Shape, Unit, Values
from .views import arithmetics

FARTHEST = 1 << 62
"""An end of a range that is beyond what 64 bits add up: so far, or farther."""
NEAR = 1 << 20
"""What any op makes of codes below this is within 64 bits."""
SCALABLE = 1 << 31
"""What a factor scales, whose own code has 31 bits at most, within 64 bits."""
ROUNDING = 1 + 1e-9  # outward, of what is computed in doubles

Bounds = Mapping[str, tuple[Values, Values]]


def bounds(network: Network) -> Bounds:
    """Node name → smallest and largest code `[1, *shape]` int64 that its output can ever take.

    Holds for every input, not only for those seen: inputs within their format (spikes: 0 or 1),
    spikes within what a neuron may fire in one tick, everything else by interval arithmetic.
    Wires that are read from a state have the range of the state's format.

    Raises:
        RuleViolation: V010, a cycle of stateless ops, whose values nothing bounds.
    """
    assert network.quantized, "bounds are of codes: quantize first"
    numbers = arithmetics(network)
    result: dict[str, tuple[Values, Values]] = {}
    late = [node for node in network if not node.op.states]
    for node in (*network.populations, *late):
        a, _ = numbers[node.name]
        shape = network.shapes[node.name]
        zero = np.zeros((1, *shape), dtype=np.int64)
        if isinstance(node.op, Input):
            limits = (0, 1) if node.op.spiking else a.limits("value")
            result[node.name] = zero + int(limits[0]), zero + int(limits[1])
        elif node.op.states:
            result[node.name] = node.op.bound((), (), shape, a)
    for node in _order(network, result):
        if node.op.held and any(not u.state and u.source not in result for u in node.inputs):
            # In a cycle, within which this node keeps to its format.
            low, high = numbers[node.name][0].limits(node.op.held)
            zero = np.zeros((1, *network.shapes[node.name]), dtype=np.int64)
            result[node.name] = zero + int(low), zero + int(high)
            continue
        ends = [wire_bounds(network, use, result, numbers) for use in node.inputs]
        lows, highs = [e[0] for e in ends], [e[1] for e in ends]
        a = numbers[node.name][0]
        result[node.name] = _bound(node, lows, highs, network.shapes[node.name], a)
    return result


def _bound(
    node: Node, lows: Sequence[Values], highs: Sequence[Values], shape: Shape, a: Arithmetic
) -> tuple[Values, Values]:
    """What an op makes of its inputs' ranges; no end is beyond `FARTHEST`, and none wraps."""
    # A state in single precision has no end.
    lows, highs = ([np.clip(e, -FARTHEST, FARTHEST) for e in ends] for ends in (lows, highs))
    op, most = node.op, max(int(np.max(np.abs(end), initial=0)) for end in (*lows, *highs))
    if op.held:
        return op.bound(lows, highs, shape, a)
    if most < NEAR or (op.output is Output.SCALED and most <= SCALABLE):
        return op.bound(lows, highs, shape, a)
    if op.output is Output.SCALED:
        return _reach_everything(shape)
    below, above = ([end.astype(np.float64) for end in ends] for ends in (lows, highs))
    try:
        low, high = op.bound(below, above, shape, a)
    except RuleViolation:  # V013: products that leave 64 bits
        return _reach_everything(shape)
    if max(-float(np.min(low, initial=0)), float(np.max(high, initial=0))) < FARTHEST / 2:
        return op.bound(lows, highs, shape, a)
    return _cut_off(low), _cut_off(high)


def _reach_everything(shape: Shape) -> tuple[Values, Values]:
    zero = np.zeros((1, *shape), dtype=np.int64)
    return zero - FARTHEST, zero + FARTHEST


def _cut_off(end: Values) -> Values:
    return np.clip(end * ROUNDING, -FARTHEST, FARTHEST).astype(np.int64)


def _order(network: Network, known: Container[str]) -> Iterator[Node]:
    """The nodes that are not known, each once all that it reads is; what is given is known then.

    Where a cycle waits for itself, a node of it with a format of its own comes before its inputs.

    Raises:
        RuleViolation: V010, there is none.
    """
    waits = {
        node.name: {u.source for u in node.inputs if not u.state and u.source not in known}
        for node in network
        if node.name not in known
    }
    ready = deque(network[name] for name, sources in waits.items() if not sources)
    held = iter([network[name] for name in waits if network[name].op.held])
    given: set[str] = set()
    while len(given) < len(waits):
        node = ready.popleft() if ready else next((n for n in held if n.name not in given), None)
        if node is None:
            first = next(network[name] for name in waits if name not in given)
            message = "it feeds itself and nothing fits it to a format: it has no bounds"
            raise RuleViolation("V010", first.name, message, str(first.origin))
        given.add(node.name)
        yield node
        for user in network.users(node.name):
            sources = waits.get(user.name, set())
            if node.name in sources:
                sources.remove(node.name)
                if not sources and user.name not in given:
                    ready.append(user)


def wire_bounds(
    network: Network,
    use: Use,
    known: Bounds,
    numbers: Mapping[str, tuple[Arithmetic, Unit]],
) -> tuple[Values, Values]:
    """Smallest and largest code `[1, *shape]` of a wire, a late one or one of a state included."""
    if use.state:
        a, shape = numbers[use.source][0], network.shapes[use.source]
        state = network[use.source].op.state(use.state)
        limits = a.limits(state.role) if state.real else (0, state.most)
        zero = np.zeros((1, *shape), dtype=np.int64)
        return zero + limits[0], zero + limits[1]
    low, high = known[use.source]
    # Before its first tick a delayed wire reads zero.
    return (np.minimum(low, 0), np.maximum(high, 0)) if use.delay else (low, high)
