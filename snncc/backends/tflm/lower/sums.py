"""Sums: what all ops with weights share: constants, ranges of sums, and sums of parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from snncc.backends import advise_bits
from snncc.ir import Arithmetic, Bounds, Node, Shape, Values
from snncc.ir.ops import Weighted

from ..target import BOUND, INT16
from .graph_builder import Graph, Signal, lay_out, refusal
from .int32_arithmetic import Exact

Part = slice


@dataclass(frozen=True)
class Sums:
    """One node with weights: its input, its codes and the range of what it puts out.

    Attributes:
        limits: smallest and largest code of the input wire, `[1, *shape]`.
        shape: of the output.
    """

    graph: Graph
    node: Node
    a: Arithmetic
    source: Signal
    limits: tuple[Values, Values]
    shape: Shape
    bounds: Bounds

    def _constants(self, weights: Values, bias: Values) -> tuple[int, int]:
        # A bias of 64 bits always: the CMSIS-NN kernel for int16 reads one of 32 bits as if it were
        # (fully_connected.cc of kernels/cmsis_nn), the reference kernel takes both.
        return self.graph.constant(weights, "int8"), self.graph.constant(bias, "int64")

    def _narrow(self, tensor: int, image: bool) -> Signal:
        """Part of the node's sum in 16 bits, which it is proven to fit."""
        low, high = (np.asarray(end, dtype=np.int64) for end in INT16)
        return Signal(tensor, self.shape, "int16", low, high, image)

    def _total(self, parts: list[Signal]) -> Signal:
        """The sum of the parts, in the range that the whole node is proven to have."""
        image = parts[0].image
        low, high = (lay_out(end[0], self.shape, image) for end in self.bounds[self.node.name])
        first = parts[0]
        if len(parts) == 1:
            return replace(first, low=low, high=high)
        x = Exact(self.graph, self.node)
        total = self.graph.cast(first, "int32")
        for part in parts[1:]:
            total = x.add(total, self.graph.cast(part, "int32"))
        return replace(total, low=low, high=high)

    def _magnitude(self, weights: Values, bias: Values) -> None:
        """Refuses where partial sums, in whatever order, might leave 32 bits."""
        op = self.node.op
        assert isinstance(op, Weighted)
        largest = np.maximum(*(np.abs(end) for end in self.limits))
        codes = np.abs(np.asarray(op.weight_codes(self.a), dtype=np.int64))
        worst = int(np.max(op.apply(largest, codes, self.a.tensors), initial=0))
        worst += int(np.max(np.abs(bias), initial=0))
        if worst >= BOUND:
            raise refusal(
                "T002",
                self.node,
                f"its sums may reach {worst:,}, beyond 32 bits; "
                f"{advise_bits(self.node, worst, BOUND)}",
            )


def halve(part: Part, fits: Callable[[Part], bool]) -> list[Part] | None:
    """The part, or its halves, or theirs, so that each fits; None where a single one does not."""
    if fits(part):
        return [part]
    middle = (part.start + part.stop) // 2
    if part.stop - part.start <= 1:
        return None
    left, right = (
        halve(slice(*ends), fits) for ends in ((part.start, middle), (middle, part.stop))
    )
    return None if left is None or right is None else [*left, *right]
