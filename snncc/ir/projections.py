"""Projections of a network for chips: where what drives a population begins, and its weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

import numpy as np

from .arithmetic.arithmetic import Arithmetic
from .network import Network
from .nodes import Node, Use
from .ops import Reshape, Sum
from .param import Values
from .tensor import Integers

CHUNK = 128  # unit vectors pushed through a path at a time: keeps images within some megabytes

Numbers: TypeAlias = Mapping[str, Arithmetic]
"""Node → the arithmetic in which it is computed."""


@dataclass(frozen=True)
class Leaf:
    """Where a path begins: a node that sends spikes or values, `delay` ticks ago."""

    name: str
    delay: int


@dataclass(frozen=True, eq=False)
class Listed:
    """The synapses of a path one by one, by target and then by source.

    Attributes:
        rows: number of the target's neuron, int64.
        columns: number of the source's neuron, int64.
        weights: one array for each arithmetic that was asked for.
    """

    rows: Integers
    columns: Integers
    weights: tuple[Values, ...]


class Projections(ABC):
    """A network seen from its populations: what leads into each, and from where.

    A chip says where paths begin, and refuses what has no form in synapses.
    """

    def __init__(self, network: Network) -> None:
        self.network = network

    @abstractmethod
    def begins(self, node: Node) -> bool:
        """Whether paths begin at a node: a population, an input, what a host or a core keeps."""

    @abstractmethod
    def require_output(self, use: Use, user: Node) -> None:
        """Refuses a wire that the chip does not carry, such as a potential.

        Raises:
            LoweringRefused: names the node that reads it.
        """

    @abstractmethod
    def require_synapses(self, node: Node, late: int) -> None:
        """Refuses a node on a path that is nothing but weights, sums and layout.

        Raises:
            LoweringRefused: names the node.
        """

    def terms(self, use: Use, delay: int = 0) -> Iterator[Use]:
        """The summands of a wire, each of its shape and with its whole delay.

        A sum that broadcasts a summand is one itself: its weights say who receives what.
        """
        node, shapes = self.network[use.source], self.network.shapes
        alike = all(shapes[each.source] == shapes[node.name] for each in node.inputs)
        if isinstance(node.op, Sum) and alike and not use.state:
            for each in node.inputs:
                yield from self.terms(each, delay + use.delay)
        else:
            yield Use(use.source, delay + use.delay, use.state)

    def leaves(self, use: Use, user: Node, delay: int = 0) -> dict[Leaf, None]:
        """Where the paths to a wire of `user` begin, in order.

        Raises:
            LoweringRefused: something else than weights, sums and layout is on the way.
        """
        node, late = self.network[use.source], delay + use.delay
        self.require_output(use, user)
        if self.begins(node):
            return {Leaf(node.name, late): None}
        self.require_synapses(node, late)
        found: dict[Leaf, None] = {}
        for each in node.inputs:
            found |= self.leaves(each, node, late)
        return found

    def skip_reshapes(self, use: Use) -> Use:
        """The wire before any reshapes, delays added up."""
        while isinstance(self.network[use.source].op, Reshape):
            inner = self.network[use.source].inputs[0]
            use = Use(inner.source, inner.delay + use.delay, inner.state)
        return use

    def constant(self, use: Use, numbers: Numbers) -> Values:
        """What a wire carries when nothing spikes, `[*shape]`: the biases on the way."""
        return np.asarray(self.value(use, None, np.zeros((1, 1)), numbers)[0])

    def synapses(self, term: Use, leaf: Leaf, *numbers: Numbers) -> Listed:
        """The weights of a path one by one, by what it makes of each unit vector.

        Args:
            term: its end, with its whole delay.
            leaf: its beginning.
            numbers: the arithmetics in which the weights are wanted.
        """
        shape = self.network.shapes[leaf.name]
        inputs = prod(shape)
        silent = [self.value(term, leaf, np.zeros((1, *shape)), each) for each in numbers]
        parts: list[tuple[Values, ...]] = []
        for start in range(0, inputs, CHUNK):
            size = min(CHUNK, inputs - start)
            units = np.zeros((size, inputs), dtype=np.int64)
            units[np.arange(size), start + np.arange(size)] = 1
            basis = units.reshape(size, *shape)
            weights = [
                (self.value(term, leaf, basis, each) - zero).reshape(size, -1)
                for each, zero in zip(numbers, silent, strict=True)
            ]
            columns, rows = np.nonzero(np.any([each != 0 for each in weights], axis=0))
            parts.append((rows, columns + start, *(each[columns, rows] for each in weights)))
        rows, columns, *found = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.lexsort((columns, rows))
        return Listed(rows[order], columns[order], tuple(each[order] for each in found))

    def value(
        self, use: Use, leaf: Leaf | None, basis: Values, numbers: Numbers, delay: int = 0
    ) -> Values:
        """A wire's value `[samples, *shape]` when only that leaf puts something out.

        Args:
            use: the wire.
            leaf: what puts `basis` out, so many ticks ago; None: nothing does.
            basis: `[samples, *shape of the leaf]`.
            numbers: the arithmetic of each node.
            delay: ticks that lie behind the wire.
        """
        node, late = self.network[use.source], delay + use.delay
        if self.begins(node):
            if leaf == Leaf(node.name, late):
                return basis
            return np.zeros((len(basis), *self.network.shapes[node.name]), dtype=np.int64)
        a = numbers[node.name]
        kind = a.zeros(()).dtype
        inputs = [self.value(each, leaf, basis, numbers, late).astype(kind) for each in node.inputs]
        return node.op.step({}, inputs, a)[1]
