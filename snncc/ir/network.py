"""Use, Node, Network: one node type, one edge type, one clock. Read-only queries; no mutation."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from types import MappingProxyType
from typing import Literal, TypeAlias

from .errors import RuleViolation
from .number import Format
from .op import Op, Shape
from .ops import Concat, Dense, Graded, Input
from .tensor import Tensors

Formats: TypeAlias = Mapping[str, Format]
Decode: TypeAlias = Literal["count", "mean", "last"]
NO_FORMATS: Formats = MappingProxyType({})
NO_TENSORS: Tensors = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Use:
    """One input of a node: what another node put out `delay` ticks ago; zero before tick `delay`.

    With `state`, not the node's output but that state of it, after its update in that tick: how a
    membrane potential is read. Text: `%s1`, `%s1@-1`, `%s1.v`, `%s1.v@-2`.
    """

    source: str
    delay: int = 0
    state: str = ""

    def __str__(self) -> str:
        state = f".{self.state}" if self.state else ""
        return f"%{self.source}{state}" + (f"@-{self.delay}" if self.delay else "")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a node comes from in the user's model; empty where that is not known."""

    module: str = ""
    file: str = ""
    line: int = 0
    note: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.file else ""
        return " ".join(part for part in (place, self.module, self.note) if part)


@dataclass(frozen=True, slots=True)
class Node:
    """One op in a network; its name is unique there."""

    name: str
    op: Op
    inputs: tuple[Use, ...] = ()
    formats: Formats = field(default_factory=lambda: NO_FORMATS)
    origin: Origin = field(default=Origin(), compare=False)


@dataclass(frozen=True)
class Network:
    """A graph of ops with delays, in an order in which each node follows what it uses now.

    Attributes:
        outputs: what a run returns, in this order; delays are zero.
        tick: seconds that one tick stands for; for people, no computation reads it.
        tensors: name → read-only tensor; what no op or format refers to may be pruned.
        decode: how the outputs over all ticks become one score per class.
    """

    name: str
    nodes: tuple[Node, ...]
    outputs: tuple[Use, ...]
    tick: float
    tensors: Tensors = field(default_factory=lambda: NO_TENSORS)
    decode: Decode = "count"

    @cached_property
    def _index(self) -> Mapping[str, Node]:
        return {node.name: node for node in self.nodes}

    def __getitem__(self, name: str) -> Node:
        """The node of that name.

        Raises:
            RuleViolation: V001, there is none.
        """
        try:
            return self._index[name]
        except KeyError:
            raise RuleViolation("V001", name, "there is no such node") from None

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    @property
    def inputs(self) -> tuple[Node, ...]:
        """The nodes at which signals enter."""
        return tuple(node for node in self.nodes if isinstance(node.op, Input))

    @property
    def populations(self) -> tuple[Node, ...]:
        """The nodes that carry state."""
        return tuple(node for node in self.nodes if node.op.states)

    @property
    def firing(self) -> tuple[Node, ...]:
        """The populations that put out spikes, graded ones included."""
        return tuple(n for n in self.populations if n.op.spiking or isinstance(n.op, Graded))

    @property
    def quantized(self) -> bool:
        """Whether the network computes with whole numbers."""
        return any(node.formats for node in self.nodes)

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """Node name → shape of its output, per sample; a state has its node's shape.

        Raises:
            RuleViolation: V005 shapes disagree, V006 a tensor is missing.
        """
        shapes: dict[str, Shape] = {}
        behind = self._spread(self.nodes, shapes)
        while len(shapes) < len(self._index):
            # A cycle: guess one shape, that of the join of which most is known, since a gate's one
            # value spreads. Verify looks at all inputs again afterwards.
            pairs = ((n, self._guess(n, shapes)) for n in self.nodes if n.name in behind)
            guesses = [(node, found) for node, found in pairs if found is not None]
            if not guesses:
                rest = next(name for name in self._index if name not in shapes)
                raise RuleViolation("V005", rest, "its shape follows from no input")
            guessed, shape = max(guesses, key=lambda guess: prod(guess[1]))
            shapes[guessed.name] = shape
            behind |= self._spread(self.users(guessed.name), shapes)
            behind -= shapes.keys()
        return MappingProxyType(shapes)

    def _spread(self, nodes: Iterable[Node], shapes: dict[str, Shape]) -> set[str]:
        """Adds the shapes of nodes, and of all behind them that are known then.

        Returns: names of those among them that wait for another input.
        """
        waiting: set[str] = set()
        pending = deque(nodes)  # a delayed use may stand before its source
        while pending:
            node = pending.popleft()
            if node.name in shapes:
                continue
            if all(use.source in shapes for use in node.inputs):
                shapes[node.name] = infer(self, node, [shapes[u.source] for u in node.inputs])
                pending.extend(self.users(node.name))
            elif any(use.source in shapes for use in node.inputs):
                waiting.add(node.name)
        return waiting - shapes.keys()

    def _guess(self, node: Node, shapes: Mapping[str, Shape]) -> Shape | None:
        """Shape of a join of wires that are not all known; None where nothing tells.

        A sum of feed-forward and recurrent currents has the shape of those that are known; what a
        concatenation still lacks follows from the weights behind it.
        """
        found = [shapes[use.source] for use in node.inputs if use.source in shapes]
        if not found or node.op.arity is not None:
            return None
        if not isinstance(node.op, Concat):
            return infer(self, node, found)
        users = [user.op for user in self.users(node.name) if isinstance(user.op, Dense)]
        if users and node.op.axis == len(found[0]) - 1 and users[0].weight.name in self.tensors:
            total = self.tensors[users[0].weight.name].shape[-1]
            return (*found[0][:-1], total)
        return None

    def users(self, name: str) -> tuple[Node, ...]:
        """The nodes that use that node."""
        return self._users.get(name, ())

    @cached_property
    def _users(self) -> Mapping[str, tuple[Node, ...]]:
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            for source in dict.fromkeys(use.source for use in node.inputs):
                found.setdefault(source, []).append(node)
        return {source: tuple(nodes) for source, nodes in found.items()}


def infer(network: Network, node: Node, shapes: Sequence[Shape]) -> Shape:
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
