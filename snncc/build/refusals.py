"""All that is in the way of a network on a target, where one thing would do: cut, and try again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Generic, TypeVar

import numpy as np

from snncc.backends import Backend, Settings
from snncc.bundle import BuildRequest
from snncc.ir import (
    CompileError,
    LoweringRefused,
    Network,
    Node,
    Problem,
    UsageError,
    Use,
    find_unused,
    verify,
)
from snncc.ir.ops import Input, make_lif
from snncc.ir.passes import Pass, Ranges

from .lowering import LoweredNetwork, lower_network
from .prepare import GUESSED_RATE, passes_of
from .run_passes import Observer

T = TypeVar("T")

MOST = 100  # problems that are looked for, one after the other


@dataclass(frozen=True)
class Attempt:
    """What a build does with a float network, up to the target's program.

    Attributes:
        request: for a target.
        target: that one.
        settings: of the target.
        ranges: of the network.
        counts: whether events enter it as counts.
    """

    request: BuildRequest
    target: Backend[object]
    settings: Settings
    ranges: Ranges
    counts: bool = False

    def lower(self, network: Network, observers: Iterable[Observer] = ()) -> LoweredNetwork[object]:
        """A float network, passed and lowered.

        Raises:
            CompileError: something of it is refused.
        """
        return lower_network(
            self.target,
            network,
            self.settings,
            lambda way: self.list_passes(network, way, self.ranges),
            observers,
        )

    def list_passes(self, network: Network, settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
        """The passes with which a network is built in one way.

        Raises:
            UsageError: the request names passes, and options of the target's own.
            LoweringRefused: the target has none for this network.
        """
        return passes_of(self.request, self.target, network, settings, ranges, counts=self.counts)

    def __call__(self, network: Network) -> Network:
        """The network after the passes, which the target takes; of any inputs.

        Raises:
            CompileError: something of it is refused.
        """
        whole = replace(self, ranges=_add_signals(self.ranges, network))
        return whole.lower(network).network


def _add_signals(ranges: Ranges, network: Network) -> Ranges:
    """The ranges with random spikes for inputs that no sample was there for."""
    missing = [node.name for node in network.inputs if node.name not in ranges.signal]
    if not ranges.signal or not missing:
        return ranges
    samples, ticks = next(iter(ranges.signal.values())).shape[:2]
    rng = np.random.default_rng(0)
    spikes = {n: rng.random((samples, ticks, *network.shapes[n])) < GUESSED_RATE for n in missing}
    signal = {name: spikes[name].astype(np.float64) for name in missing}
    return replace(ranges, signal=MappingProxyType({**ranges.signal, **signal}))


@dataclass(frozen=True)
class Probed(Generic[T]):
    """What came of a network on a target.

    Attributes:
        problems: all that is in the way; none if it goes through.
        result: of the network, or of what is left of it without the nodes that are refused; None
            if something is in the way that is of no node.
    """

    problems: tuple[Problem, ...]
    result: T | None


def probe(network: Network, attempt: Callable[[Network], T]) -> Probed[T]:
    """Tries a network, and again without the nodes that were refused, until it goes through.

    A node that is refused is cut out: spikes of its shape enter in its place, and neurons read
    what led to it, so that all before and behind it is looked at as well.

    Args:
        network: float.
        attempt: what is tried; it raises a CompileError where something is refused.
    """
    cutting = _Cutting(network)
    problems: dict[Problem, None] = {}
    while True:
        try:
            return Probed(tuple(problems), attempt(cutting.network))
        except CompileError as refusal:
            found = refusal.problems
        except UsageError:
            if not problems:
                raise
            return Probed(tuple(problems), None)  # what is left of it is not a network to build
        before = len(problems)
        moved = False
        for problem in found:
            owner = cutting.owner(problem.node)
            if owner not in cutting.added:
                problems[replace(problem, node=owner or problem.node)] = None
            moved |= cutting.cut_out(owner)
        if not moved or before >= MOST:
            return Probed(tuple(problems), None)


def all_problems(
    network: Network, first: CompileError, attempt: Callable[[Network], object]
) -> CompileError:
    """The refusal of all that is in the way of a network; the first if that is the only thing.

    Args:
        network: float.
        first: what was raised for it.
        attempt: raised it.
    """
    if not any(problem.node for problem in first.problems):
        return first
    problems = probe(network, attempt).problems
    return first if len(problems) < 2 else LoweringRefused(*problems)


class _Cutting:
    """A network from which nodes are cut.

    Attributes:
        network: what is left.
        added: names of what stands where nodes were cut.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.added: set[str] = set()
        self._names = [node.name for node in network]
        self._gone: set[str] = set()

    def owner(self, name: str) -> str:
        """The node of the float network that one after the passes is of; empty if it is of none."""
        if name in self.network:
            return name
        close = [n for n in (*self._names, *self.added) if name.startswith(f"{n}_")]
        return max(close, key=len, default="")

    def cut_out(self, name: str) -> bool:
        """Cuts a node out; whether that is possible."""
        if not name or name in self._gone:
            return False
        self._gone.add(name)
        if name in self.added:
            return self._drop_reader(name)
        node = self.network[name]
        if isinstance(node.op, Input) and node.op.spiking:
            return False
        self.network = verify(self._cut(node))
        return True

    def _drop_reader(self, name: str) -> bool:
        """Takes out what was added to read a wire."""
        if self.network.users(name) or isinstance(self.network[name].op, Input):
            return False
        outputs = tuple(use for use in self.network.outputs if use.source != name)
        if outputs:
            self.network = self.network.edit(gone=[name], outputs=outputs)
        return bool(outputs)

    def _cut(self, node: Node) -> Network:
        network, name = self.network, node.name
        entry = replace(node, op=Input(network.shapes[name], "spike"), inputs=(), formats={})
        readers = [_drop_state(user, name) for user in network.users(name) if user.name != name]
        put = [entry, *readers]
        outputs = [use for use in network.outputs if use.source != name]
        if len(outputs) < len(network.outputs):
            shown = _reader(find_unused(f"{name}_shown", network), Use(name))
            put.append(shown)
            outputs.insert(0, Use(shown.name))
        for use in self._find_unread(node):
            reader = _reader(find_unused(f"{use.source}_read", network), use)
            put.append(reader)
            outputs.append(Use(reader.name))
        known = {each.name for each in network}
        self.added |= {each.name for each in put if each.name not in known} | {name}
        return network.edit(put, outputs=tuple(outputs))

    def _find_unread(self, node: Node) -> Iterator[Use]:
        """What a node alone reads."""
        network = self.network
        shown = {use.source for use in network.outputs}
        for use in dict.fromkeys(node.inputs):
            others = [user for user in network.users(use.source) if user.name != node.name]
            entry = isinstance(network[use.source].op, Input) or use.source == node.name
            if not (others or entry or use.source in shown):
                yield use


def _drop_state(user: Node, name: str) -> Node:
    """A reader of a node that has no states any more."""
    uses = (replace(u, state="") if u.source == name else u for u in user.inputs)
    return replace(user, inputs=tuple(uses))


def _reader(name: str, use: Use) -> Node:
    """A neuron that every target has, and that reads a wire."""
    return Node(name, make_lif(1.0, decay=0.5), (use,))
