"""Which rows of its inputs a row of an op's result is made of; a row is an index of the first axis.

A rule per op, nothing else: no network is cut here.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from snncc.ir import Network, Node, Shape
from snncc.ir.ops import (
    Affine,
    AvgPool,
    BlockDense,
    Concat,
    Conv,
    Dense,
    Function,
    MatMul,
    MaxPool,
    Norm,
    Product,
    Relu,
    Requantize,
    Reshape,
    Slice,
    Sparse,
    Sum,
    SumPool,
    Transpose,
)

Rows: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Reach:
    """Block b of the result's rows is made of block b of an input's rows.

    Attributes:
        first: row of the result at which block 0 begins.
        start: row of the input at which it begins.
        blocks: how many there are; other rows of the result do not read this input.
        wide: rows of a block of the result.
        deep: rows of a block of the input.
    """

    first: int
    start: int
    blocks: int
    wide: int = 1
    deep: int = 1

    def of(self, rows: Rows) -> Rows:
        """The input's rows, int64 and sorted, that these rows of the result need."""
        blocks = np.unique((rows - self.first) // self.wide)
        blocks = blocks[(blocks >= 0) & (blocks < self.blocks)]
        needed = self.start + blocks[:, None] * self.deep + np.arange(self.deep)
        return np.asarray(needed.reshape(-1), dtype=np.int64)


@dataclass(frozen=True)
class Rule:
    """How the rows of a node depend on those of its inputs.

    Attributes:
        reaches: one per input; None where each row needs all of it.
        grain: so many rows are computed together, or none of them: all of them for an op that
            has no rule, one for most.
    """

    reaches: tuple[Reach | None, ...]
    grain: int = 1

    def mixes(self, index: int) -> bool:
        """Whether a row of the result needs several rows of that input."""
        reach = self.reaches[index]
        return reach is None or reach.deep > 1


def extent(shape: Shape) -> int:
    """Rows of a wire of that shape; a single value is one."""
    return shape[0] if shape else 1


def rule(network: Network, node: Node) -> Rule:
    """The rule of a node."""
    found = _of_weights(network, node) or _of_layout(network, node) or _of_signals(network, node)
    # Without a rule all rows are computed together, from all of every input.
    return found or Rule((None,) * len(node.inputs), extent(network.shapes[node.name]))


def _of_weights(network: Network, node: Node) -> Rule | None:
    shape = network.shapes[node.name]
    rows = extent(shape)
    match node.op:
        case Conv(groups=groups, weight=weight) if groups > 1:
            wide, deep = rows // groups, network.tensors[weight.name].shape[1]
            return Rule((Reach(0, 0, groups, wide, deep),), wide)
        case Dense() if len(shape) > 1:
            return Rule((Reach(0, 0, rows),))
        case BlockDense():
            return Rule((Reach(0, 0, rows),))
        case Dense() | Conv() | Sparse():
            return Rule((None,))
        case _:
            return None


def _of_layout(network: Network, node: Node) -> Rule | None:
    rows = extent(network.shapes[node.name])
    extents = [extent(network.shapes[use.source]) for use in node.inputs]
    match node.op:
        case Reshape():
            blocks = gcd(extents[0], rows)
            wide, deep = rows // blocks, extents[0] // blocks
            return Rule((Reach(0, 0, blocks, wide, deep),), wide)
        case Slice(axis=0, start=start):
            return Rule((Reach(0, start, rows),))
        case Concat(axis=0):
            starts = [sum(extents[:index]) for index in range(len(extents))]
            pairs = zip(starts, extents, strict=True)
            return Rule(tuple(Reach(at, 0, size) for at, size in pairs))
        case Transpose(order=(first, *_)) if first:
            return Rule((None,))
        case Slice() | Concat() | Transpose():
            return Rule((Reach(0, 0, rows),) * len(extents))
        case _:
            return None


def _of_signals(network: Network, node: Node) -> Rule | None:
    shape = network.shapes[node.name]
    inputs = [network.shapes[use.source] for use in node.inputs]
    straight = Reach(0, 0, extent(shape))
    match node.op:
        case MatMul():
            return Rule((straight, straight if len(shape) > 2 else None))
        case Sum() | Product():
            return Rule(tuple(straight if _keeps_rows(each, shape) else None for each in inputs))
        case Norm() if len(shape) > 1:
            return Rule((straight,))
        case (SumPool() | AvgPool() | MaxPool()) as pool if len(pool.kernel) < len(shape):
            return Rule((straight,))
        case Affine() | Relu() | Requantize() | Function():
            return Rule((straight,))
        case op if op.states and all(each == shape for each in inputs):
            return Rule((straight,) * len(inputs))
        case _:
            return None


def _keeps_rows(part: Shape, shape: Shape) -> bool:
    """Whether row r of a broadcast wire is made of row r of this one."""
    return len(part) == len(shape) and extent(part) == extent(shape)
