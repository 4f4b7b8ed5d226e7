"""Use, Origin, Node, and Nodes: a network's nodes in order, by name and by what they use.

A late wire reads zero before its first tick; where a state starts, its op says (`Op.begin`, the
field `initial` in `snncc/ir/ops/spiking.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from types import MappingProxyType
from typing import TypeAlias, overload

from .arithmetic.number import Format
from .errors import Problem
from .op.op import Op
from .table import Table

Formats: TypeAlias = Mapping[str, Format]
NO_FORMATS: Formats = MappingProxyType({})


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

    @property
    def aside(self) -> str:
        """The place in parentheses, with a space before it; nothing where it is not known."""
        place = str(self)
        return f" ({place})" if place else ""


@dataclass(frozen=True, slots=True)
class Node:
    """One op in a network; its name is unique there."""

    name: str
    op: Op
    inputs: tuple[Use, ...] = ()
    formats: Formats = field(default_factory=lambda: NO_FORMATS)
    origin: Origin = field(default=Origin(), compare=False)

    def problem(self, rule: str, sentence: str, otherwise: str = "") -> Problem:
        """The problem with this node.

        Args:
            rule: its id, or the name of a pass.
            sentence: what was found; behind a semicolon, what to do about it.
            otherwise: what to do where the sentence does not say.
        """
        parsed = Problem.parse(sentence, rule=rule, node=self.name, place=str(self.origin))
        module, cure = self.origin.module, parsed.cure or otherwise
        return replace(parsed, cure=cure, op=self.op.keyword, module=module)


class Nodes(Sequence[Node]):
    """Nodes in order, found by name and by what they use; an edit of a few costs no more than them.

    After an edit a node may be before one that it uses now: they are put in order when somebody
    looks at their order.
    """

    __slots__ = ("_listed", "_named", "_tangled", "_users")

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._listed: tuple[Node, ...] | None = tuple(nodes)
        self._named: Table[Node] | None = None
        self._users: Table[tuple[str, ...]] | None = None
        self._tangled = False

    @property
    def listed(self) -> tuple[Node, ...]:
        """The nodes, each after those it uses now, unless the order given was another."""
        if self._listed is None:
            self._listed = tuple(self.named.values())
            if self._tangled:
                self._listed = sort_nodes(self._listed) or self._listed
                self._named = Table((node.name, node) for node in self._listed)
        return self._listed

    @property
    def named(self) -> Table[Node]:
        """Name → node."""
        if self._named is None:
            self._named = Table((node.name, node) for node in self.listed)
        return self._named

    @property
    def users(self) -> Table[tuple[str, ...]]:
        """Name → names of the nodes that use that node, each once; absent where there are none."""
        if self._users is None:
            found: dict[str, dict[str, None]] = {}
            for node in self.listed:
                for use in node.inputs:
                    found.setdefault(use.source, {})[node.name] = None
            self._users = Table((source, tuple(names)) for source, names in found.items())
        return self._users

    def edit(self, put: Iterable[Node] = (), gone: Iterable[str] = ()) -> Nodes:
        """The nodes without those gone, with others in place of those of the same names, or more.

        What is new comes last.
        """
        new, named = Nodes(()), self.named
        entered = {node.name: node for node in put}
        taken = [name for name in gone if name in named]
        new._listed, new._named = None, named.edit(entered, taken)
        rewired = [node for node in entered.values() if _sources(named, node.name) != node.inputs]
        new._tangled = self._tangled or any(_is_moved(named, node) for node in rewired)
        changes = {node.name: node.inputs for node in rewired} | dict.fromkeys(taken, ())
        new._users = self._rewire(changes)
        return new

    def _rewire(self, changes: Mapping[str, tuple[Use, ...]]) -> Table[tuple[str, ...]]:
        """Who uses what, when these nodes have these inputs."""
        found: dict[str, tuple[str, ...]] = {}
        for name, inputs in changes.items():
            before = {use.source for use in _sources(self.named, name)}
            after = dict.fromkeys(use.source for use in inputs)
            for source in before - after.keys():
                users = found.get(source, self.users.get(source, ()))
                found[source] = tuple(user for user in users if user != name)
            for source in after:
                if source not in before:
                    found[source] = (*found.get(source, self.users.get(source, ())), name)
        unused = [source for source, users in found.items() if not users]
        return self.users.edit(found, unused)

    @overload
    def __getitem__(self, index: int) -> Node: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Node, ...]: ...
    def __getitem__(self, index: int | slice) -> Node | tuple[Node, ...]:
        return self.listed[index]

    def __len__(self) -> int:
        return len(self.named if self._listed is None else self._listed)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.listed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple | Nodes) and self.listed == tuple(other)

    def __repr__(self) -> str:
        return repr(self.listed)


def _sources(named: Mapping[str, Node], name: str) -> tuple[Use, ...]:
    node = named.get(name)
    return () if node is None else node.inputs


def _is_moved(named: Mapping[str, Node], node: Node) -> bool:
    """Whether a node uses now what it did not, and so may precede it."""
    old = named.get(node.name)
    before = set() if old is None else {use.source for use in old.inputs if not use.delay}
    late = {use.source for use in node.inputs if not use.delay} - before
    # What is new comes after all that was there.
    return bool(late) if old is not None else not late <= named.keys()


def sort_nodes(nodes: Sequence[Node]) -> tuple[Node, ...] | None:
    """The nodes, each after those it uses now, otherwise in their order; None if a cycle has none.

    Of those that may come next, always the first one.
    """
    place = {node.name: index for index, node in enumerate(nodes)}
    users: dict[str, list[int]] = {}
    waits: list[int] = []
    for index, node in enumerate(nodes):
        sources = {use.source for use in node.inputs if not use.delay and use.source in place}
        waits.append(len(sources))
        for source in sources:
            users.setdefault(source, []).append(index)
    ready = [index for index, count in enumerate(waits) if not count]
    heapify(ready)
    found: list[Node] = []
    while ready:
        node = nodes[heappop(ready)]
        found.append(node)
        for user in users.get(node.name, ()):
            waits[user] -= 1
            if not waits[user]:
                heappush(ready, user)
    return tuple(found) if len(found) == len(nodes) else None
