"""Sliding windows over height and width, and the views of an image that their taps see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snncc.ir import Shape, Values

from ..program import Options
from .graph_builder import Graph

SAME, VALID = 0, 1  # Padding in schema.fbs
Pair = tuple[int, int]
Pads = tuple[Pair, ...]


@dataclass(frozen=True)
class Window:
    """A sliding window over height and width; over one axis the height is 1."""

    kernel: Pair
    stride: Pair
    dilation: Pair
    padding: tuple[Pair, Pair]

    @classmethod
    def of(cls, kernel: Shape, stride: Shape, dilation: Shape, padding: Pads) -> Window:
        """The window of an op that slides over one axis or two."""
        if len(kernel) == 1:
            return cls((1, kernel[0]), (1, stride[0]), (1, dilation[0]), ((0, 0), padding[0]))
        return cls(
            (kernel[0], kernel[1]),
            (stride[0], stride[1]),
            (dilation[0], dilation[1]),
            (padding[0], padding[1]),
        )

    @property
    def padded(self) -> bool:
        """Whether anything lies around the signal."""
        return any(p for pair in self.padding for p in pair)

    def flat(self, weights: Values) -> Values:
        """Weights `[out, in, height, width]`."""
        return weights.reshape(*weights.shape[:2], *self.kernel)

    def same(self, size: Shape) -> bool:
        """Whether this padding is what the kernels take for SAME."""
        for n, k, s, d, pads in zip(
            size, self.kernel, self.stride, self.dilation, self.padding, strict=True
        ):
            reach, count = d * (k - 1) + 1, -(-n // s)
            total = max((count - 1) * s + reach - n, 0)
            if pads != (total // 2, total - total // 2):
                return False
        return True

    def options(self, padding: int) -> Options:
        """As the operators of two-dimensional windows take them."""
        return {
            "padding": padding,
            "stride_h": self.stride[0],
            "stride_w": self.stride[1],
            "dilation_h_factor": self.dilation[0],
            "dilation_w_factor": self.dilation[1],
        }

    def tap(self, graph: Graph, tensor: int, place: Pair, channel: int, size: Shape) -> int:
        """What one tap of the kernel sees of one channel, `[1, *size, 1]`."""
        starts = [d * p for d, p in zip(self.dilation, place, strict=True)]
        ends = [b + (n - 1) * s + 1 for b, n, s in zip(starts, size, self.stride, strict=True)]
        begin, end = (0, *starts, channel), (1, *ends, channel + 1)
        return take_every(graph, tensor, begin, end, (1, *self.stride, 1))


def take_every(graph: Graph, tensor: int, begin: Shape, end: Shape, step: Shape) -> int:
    """Every `step`-th element from `begin` up to, not including, `end`."""
    if all(s == 1 for s in step):
        return graph.cut(tensor, begin, tuple(e - b for b, e in zip(begin, end, strict=True)))
    shape = tuple(-(-(e - b) // s) for b, e, s in zip(begin, end, step, strict=True))
    places = (graph.constant(np.asarray(v), "int32") for v in (begin, end, step))
    dtype = graph.tensors[tensor].dtype
    return graph.write("STRIDED_SLICE", (tensor, *places), dtype, shape)


def pad(graph: Graph, tensor: int, padding: Pads, fill: int | None) -> int:
    """An image with zeros, or with `fill`, around it."""
    before = graph.tensors[tensor]
    shape = (1, *(n + sum(p) for n, p in zip(before.shape[1:3], padding, strict=True)))
    where = graph.constant(np.asarray([(0, 0), *padding, (0, 0)]), "int32")
    shape = (*shape, before.shape[3])
    if fill is None:
        return graph.write("PAD", (tensor, where), before.dtype, shape)
    value = graph.constant(np.asarray([fill]), before.dtype)
    return graph.write("PADV2", (tensor, where, value), before.dtype, shape)
