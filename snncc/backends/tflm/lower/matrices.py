"""Matrix products of two signals: BATCH_MATMUL, or single products in int32. Never: weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from snncc.ir import Bounds, Shape, Values

from ..target import INT16, TAPS_MAX
from .graph_builder import Signal, compute_layout, lay_out, refusal
from .int32_arithmetic import Exact
from .sums import Part, halve


@dataclass(frozen=True)
class MatrixProduct:
    """One node that multiplies two signals, both in the wire's own order.

    BATCH_MATMUL of int16 sums in 64 bits and saturates at 16 (batch_matmul.cc); with every scale 1
    it is exact where the sums are proven to fit. The terms are split among several where the worst
    case of all is larger; where one term alone is, each is a product in int32.

    Attributes:
        left, right: shapes [..., m, k] and [..., k, n].
        shape: of the output, [..., m, n].
    """

    x: Exact
    left: Signal
    right: Signal
    shape: Shape

    def signal(self, bounds: Bounds) -> Signal:
        """The operators that compute the node.

        Raises:
            LoweringRefused: T002, a sum may leave 32 bits; T006, too many single products.
        """
        terms = self.left.shape[-1]
        parts = halve(slice(0, terms), self._fits) if self._narrow else None
        if parts is None and terms > TAPS_MAX:
            message = (
                f"its products may leave 16 bits, and {terms} of them for each sum are more than "
                f"{TAPS_MAX}; put neurons in front of it, whose spikes are small"
            )
            raise refusal("T006", self.x.node, message)
        if parts is None:
            summands = [self._multiply_outer(term) for term in range(terms)]
        else:
            summands = [self._product(part) for part in parts]
        if len(summands) > 1:
            summands = [self.x.graph.cast(each, "int32") for each in summands]
        total = reduce(self.x.add, summands)
        low, high = (lay_out(end[0], self.shape, False) for end in bounds[self.x.node.name])
        return replace(total, low=low, high=high)

    @property
    def _narrow(self) -> bool:
        return self.left.narrow and self.right.narrow

    def _fits(self, part: Part) -> bool:
        """Whether the sums over part of the terms fit 16 bits, whatever the signals are."""
        most = [_magnitude(side) for side in (self.left, self.right)]
        return bool(np.max(most[0][..., part] @ most[1][..., part, :]) <= INT16[1])

    def _product(self, part: Part) -> Signal:
        graph = self.x.graph
        cuts = [self._cut(graph.cast(side, "int16"), rows, part) for side, rows in self._sides]
        options = {"adj_x": 0, "adj_y": 0}
        tensor = graph.write(
            "BATCH_MATMUL", cuts, "int16", compute_layout(self.shape, False), options
        )
        low, high = (np.asarray(end, dtype=np.int64) for end in INT16)
        return Signal(tensor, self.shape, "int16", low, high)

    def _multiply_outer(self, term: int) -> Signal:
        """A column of the left by a row of the right, broadcast against each other."""
        part, sides = slice(term, term + 1), list[Signal]()
        for side, rows in self._sides:
            wide = self.x.graph.cast(side, "int32")
            lower, upper = (_broadcast(end, side) for end in (side.low, side.high))
            place = (..., part, slice(None)) if rows else (..., part)
            tensor = self._cut(wide, rows, part)
            shape = self.x.graph.tensors[tensor].shape[1:]
            sides.append(Signal(tensor, shape, "int32", lower[place], upper[place]))
        return self.x.multiply(*sides)

    @property
    def _sides(self) -> tuple[tuple[Signal, bool], tuple[Signal, bool]]:
        """Both signals, and whether their rows are the terms, or their columns."""
        return (self.left, False), (self.right, True)

    def _cut(self, signal: Signal, rows: bool, part: Part) -> int:
        axis = len(signal.shape) - (1 if rows else 0)
        begin, size = [0] * len(signal.laid), list(signal.laid)
        begin[axis], size[axis] = part.start, part.stop - part.start
        return self.x.graph.cut(signal.tensor, tuple(begin), tuple(size))


def _broadcast(end: Values, signal: Signal) -> Values:
    return np.broadcast_to(end, signal.laid)


def _magnitude(signal: Signal) -> Values:
    return _broadcast(np.maximum(np.abs(signal.low), np.abs(signal.high)), signal)
