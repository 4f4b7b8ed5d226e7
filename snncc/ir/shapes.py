"""The shape of each node's output, per sample, from those of its inputs; guessed within cycles."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from math import prod
from typing import Protocol

from .derived import Derived
from .errors import RuleViolation
from .nodes import Node
from .ops import Concat, Dense
from .param import Shape
from .tensor import Tensors


class Wired(Protocol):
    """As much of a network as shapes follow from."""

    @property
    def tensors(self) -> Tensors: ...

    def __iter__(self) -> Iterator[Node]: ...

    def __getitem__(self, name: str) -> Node: ...

    def users(self, name: str) -> Sequence[Node]: ...


def infer(network: Wired, node: Node, shapes: Sequence[Shape]) -> Shape:
    """Shape of a node's output from those of its inputs.

    Raises:
        RuleViolation: V005 wrong number of inputs or shapes disagree, V006 no such tensor.
    """
    place = str(node.origin)
    for tensor in node.op.refs().values():
        if tensor not in network.tensors:
            raise RuleViolation("V006", node.name, f"tensor @{tensor} does not exist", place)
    arity = node.op.arity
    if (arity is None and not shapes) or (arity is not None and len(shapes) != arity):
        expected = "at least one" if arity is None else str(arity)
        message = f"{node.op.keyword} takes {expected} input(s), found {len(shapes)}"
        raise RuleViolation("V005", node.name, message, place)
    try:
        return node.op.infer(shapes, network.tensors)
    except ValueError as error:
        raise RuleViolation("V005", node.name, str(error), place) from error


def _infer_all(network: Wired) -> Mapping[str, Shape]:
    shapes: dict[str, Shape] = {}
    names = {node.name for node in network}
    waiting = _spread(network, network, shapes)
    if len(shapes) < len(names):
        _break_cycles(network, waiting, shapes)
    return shapes


def _break_cycles(network: Wired, waiting: set[str], shapes: dict[str, Shape]) -> None:
    """Adds the shapes in and behind cycles: guesses one after the other, and what follows.

    Of all joins the one of which most is known, since a gate's one value spreads. Verify looks at
    all inputs again afterwards.
    """
    place = {node.name: index for index, node in enumerate(network)}
    best: dict[str, Shape] = {}
    guesses: list[tuple[int, int, str, Shape]] = []  # the largest first
    while len(shapes) < len(place):
        for name in waiting:
            shape = _guess(network, network[name], shapes)
            if shape is not None:
                best[name] = shape
                heappush(guesses, (-prod(shape), place[name], name, shape))
        while guesses and (guesses[0][2] in shapes or best[guesses[0][2]] != guesses[0][3]):
            heappop(guesses)
        if not guesses:
            rest = next(name for name in place if name not in shapes)
            raise RuleViolation("V005", rest, "its shape cannot be inferred from any input")
        _, _, name, shapes[name] = heappop(guesses)
        waiting = _spread(network, network.users(name), shapes)


def _spread(network: Wired, nodes: Iterable[Node], shapes: dict[str, Shape]) -> set[str]:
    """Adds the shapes of nodes, and of all behind them that are known then.

    Returns: names of those among them that wait for another input.
    """
    waiting: set[str] = set()
    pending = deque(nodes)  # a delayed use may be before its source
    while pending:
        node = pending.popleft()
        if node.name in shapes:
            continue
        if all(use.source in shapes for use in node.inputs):
            shapes[node.name] = infer(network, node, [shapes[u.source] for u in node.inputs])
            pending.extend(network.users(node.name))
        elif any(use.source in shapes for use in node.inputs):
            waiting.add(node.name)
    return waiting - shapes.keys()


def _guess(network: Wired, node: Node, shapes: Mapping[str, Shape]) -> Shape | None:
    """Shape of a join of wires that are not all known; None where nothing tells.

    A sum of feed-forward and recurrent currents has the shape of those that are known; what a
    concatenation still lacks follows from the weights behind it.
    """
    found = [shapes[use.source] for use in node.inputs if use.source in shapes]
    if not found or node.op.arity is not None:
        return None
    if not isinstance(node.op, Concat):
        return infer(network, node, found)
    users = [user.op for user in network.users(node.name) if isinstance(user.op, Dense)]
    if users and node.op.axis == len(found[0]) - 1 and users[0].weight.name in network.tensors:
        total = network.tensors[users[0].weight.name].shape[-1]
        return (*found[0][:-1], total)
    return None


def _infer_one(network: Wired, node: Node, known: Mapping[str, Shape]) -> Shape | None:
    if any(use.source not in known for use in node.inputs):
        return None
    return infer(network, node, [known[use.source] for use in node.inputs])


SHAPES: Derived[Wired, Shape] = Derived(_infer_all, _infer_one)
