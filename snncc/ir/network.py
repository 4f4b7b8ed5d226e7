"""Network: nodes, outputs, tensors and one clock. Queries, and edits that make another one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from heapq import heappop, heappush
from math import prod
from types import MappingProxyType
from typing import Literal, TypeAlias

from .errors import RuleViolation
from .facts import Output
from .nodes import NO_FORMATS, Formats, Node, Nodes, Origin, Use
from .ops import Concat, Dense, Input, Spiking
from .param import Shape
from .table import Table
from .tensor import Tensors

__all__ = [
    "NO_FORMATS",
    "NO_TENSORS",
    "Decode",
    "Formats",
    "Network",
    "Node",
    "Origin",
    "Use",
    "infer",
]

Decode: TypeAlias = Literal["count", "mean", "last"]
NO_TENSORS: Tensors = MappingProxyType({})


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
    nodes: Sequence[Node]
    outputs: tuple[Use, ...]
    tick: float
    tensors: Tensors = field(default_factory=lambda: NO_TENSORS)
    decode: Decode = "count"

    def __post_init__(self) -> None:
        if not isinstance(self.nodes, Nodes):
            object.__setattr__(self, "nodes", Nodes(self.nodes))

    @cached_property
    def _nodes(self) -> Nodes:
        assert isinstance(self.nodes, Nodes)
        return self.nodes

    @cached_property
    def _index(self) -> Mapping[str, Node]:
        return self._nodes.named

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

    @cached_property
    def inputs(self) -> tuple[Node, ...]:
        """The nodes at which signals enter."""
        return tuple(node for node in self.nodes if isinstance(node.op, Input))

    @cached_property
    def populations(self) -> tuple[Node, ...]:
        """The nodes that carry state."""
        return tuple(node for node in self.nodes if node.op.states)

    @property
    def firing(self) -> tuple[Node, ...]:
        """The populations that put out spikes, graded ones included."""
        return tuple(n for n in self.populations if n.op.spiking or n.op.output is Output.EVENTS)

    @property
    def neurons(self) -> tuple[tuple[Node, Spiking], ...]:
        """The populations that compare, fire and reset as `Spiking` says, with their ops.

        A pass that rewrites resets speaks to this base; what else the op does it must ask.
        """
        # The base says what the fields of all its ops mean.
        return tuple((n, n.op) for n in self.populations if isinstance(n.op, Spiking))

    @property
    def integrators(self) -> tuple[Node, ...]:
        """The populations whose states add up currents, and so have a unit that they decide."""
        return tuple(node for node in self.populations if not node.op.held)

    @cached_property
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
        waiting = self._spread(self.nodes, shapes)
        if len(shapes) < len(self._index):
            self._break_cycles(waiting, shapes)
        return Table(shapes)

    def _break_cycles(self, waiting: set[str], shapes: dict[str, Shape]) -> None:
        """Adds the shapes in and behind cycles: guesses one after the other, and what follows.

        Of all joins the one of which most is known, since a gate's one value spreads. Verify looks
        at all inputs again afterwards.
        """
        place = {node.name: index for index, node in enumerate(self.nodes)}
        best: dict[str, Shape] = {}
        guesses: list[tuple[int, int, str, Shape]] = []  # the largest first
        while len(shapes) < len(self._index):
            for name in waiting:
                shape = self._guess(self._index[name], shapes)
                if shape is not None:
                    best[name] = shape
                    heappush(guesses, (-prod(shape), place[name], name, shape))
            while guesses and (guesses[0][2] in shapes or best[guesses[0][2]] != guesses[0][3]):
                heappop(guesses)
            if not guesses:
                rest = next(name for name in self._index if name not in shapes)
                raise RuleViolation("V005", rest, "its shape follows from no input")
            _, _, name, shapes[name] = heappop(guesses)
            waiting = self._spread(self.users(name), shapes)

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
        return tuple(self._index[user] for user in self._nodes.users.get(name, ()))

    def wires(self, name: str) -> tuple[Use, ...]:
        """All that reads a node or a state of it: the outputs first, then inputs of its users."""
        inputs = (use for user in self.users(name) for use in user.inputs)
        return (*self._shown.get(name, ()), *(use for use in inputs if use.source == name))

    @cached_property
    def _shown(self) -> Mapping[str, tuple[Use, ...]]:
        found: dict[str, tuple[Use, ...]] = {}
        for use in self.outputs:
            found[use.source] = (*found.get(use.source, ()), use)
        return found

    def edited(
        self,
        put: Sequence[Node] = (),
        gone: Iterable[str] = (),
        *,
        outputs: tuple[Use, ...] | None = None,
        tensors: Tensors | None = None,
    ) -> Network:
        """The network with nodes put in or replaced by name, without others, at the edit's cost.

        Args:
            put: nodes; what is new stands last, and in order once somebody looks.
            gone: names of nodes that are left out.
            outputs: in place of those that there are.
            tensors: in place of those that there are; what shapes follow from is in them.
        """
        gone = tuple(gone)
        new = replace(
            self,
            nodes=self._nodes.edited(put, gone),
            outputs=self.outputs if outputs is None else outputs,
            tensors=self.tensors if tensors is None else tensors,
        )
        if vars(self).get("quantized") is False:
            vars(new)["quantized"] = any(node.formats for node in put)
        known = vars(self).get("shapes")
        if isinstance(known, Table) and (shapes := _revised(new, known, put, gone)) is not None:
            vars(new)["shapes"] = shapes  # as if it had been asked for
        return new


def _revised(
    network: Network, known: Table[Shape], put: Sequence[Node], gone: Sequence[str]
) -> Table[Shape] | None:
    """Shapes after an edit; None where more follows from it than the shapes of what was put in."""
    found: dict[str, Shape] = {}
    for node in put:
        sources = [use.source for use in node.inputs]
        if any(source not in found and source not in known for source in sources):
            return None
        try:
            shapes = [found[s] if s in found else known[s] for s in sources]
            found[node.name] = infer(network, node, shapes)
        except RuleViolation:
            return None  # it is said where the shapes are asked for
    if any(known.get(name, shape) != shape for name, shape in found.items()):
        return None
    return known.edited(found, gone)


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
