"""Network: nodes, outputs, tensors and one clock. Queries, and edits that make another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, TypeVar, get_args

from .derived import Derived
from .errors import RuleViolation
from .nodes import NO_FORMATS, Formats, Node, Nodes, Origin, Use
from .op.dimensions import Output
from .ops import Input, Spiking
from .param import Shape
from .shapes import SHAPES, infer
from .table import Table
from .tensor import Tensors

__all__ = [
    "DECODES",
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

V = TypeVar("V")

Decode: TypeAlias = Literal["count", "mean", "last", "max"]
DECODES: tuple[Decode, ...] = get_args(Decode)
"""How the values of all ticks become a score: their sum, their mean, the last, the largest."""
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
        return tuple(node for node in self.populations if node.op.integrates)

    @cached_property
    def quantized(self) -> bool:
        """Whether the network computes with integers."""
        return any(node.formats for node in self._nodes.named.values())  # in any order

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """Node name → shape of its output, per sample; a state has its node's shape.

        Raises:
            RuleViolation: V005 shapes disagree, V006 a tensor is missing.
        """
        return self.derive(SHAPES)

    def derive(self, what: Derived[Network, V]) -> Mapping[str, V]:
        """Node name → its value; computed when it is asked for first."""
        if what not in self._derived:
            self._derived[what] = Table(what.all(self))
        return self._derived[what]

    @cached_property
    def _derived(self) -> dict[Derived[Network, Any], Table[Any]]:
        return {}

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

    def edit(
        self,
        put: Sequence[Node] = (),
        gone: Iterable[str] = (),
        *,
        outputs: tuple[Use, ...] | None = None,
        tensors: Tensors | None = None,
    ) -> Network:
        """The network with nodes put in or replaced by name, without others, at the edit's cost.

        Args:
            put: nodes; what is new comes last, and is put in order when it is read.
            gone: names of nodes that are left out.
            outputs: in place of those that there are.
            tensors: in place of those that there are; what shapes follow from is in them.
        """
        gone = tuple(gone)
        new = replace(
            self,
            nodes=self._nodes.edit(put, gone),
            outputs=self.outputs if outputs is None else outputs,
            tensors=self.tensors if tensors is None else tensors,
        )
        if vars(self).get("quantized") is False:
            vars(new)["quantized"] = any(node.formats for node in put)
        for what, known in self._derived.items():
            if (revised := what.revise(new, known, put, gone)) is not None:
                new._derived[what] = revised
        return new
