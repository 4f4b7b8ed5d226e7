"""Ops without weights or state: sums, products, layout, pools. Never: anything with synapses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import prod

import numpy as np

from snncc.ir import (
    Arithmetic,
    Bounds,
    Factor,
    IntegerArithmetic,
    Node,
    Rounding,
    Shape,
    values_of,
)
from snncc.ir.ops import (
    Affine,
    AvgPool,
    Concat,
    Function,
    MatMul,
    MaxPool,
    Product,
    Relu,
    Requantize,
    Reshape,
    Slice,
    Sum,
    SumPool,
    Transpose,
)

from ..target import FORMLESS
from .graph_builder import Graph, Signal, compute_layout, lay_out, refusal
from .int32_arithmetic import Exact
from .matrices import MatrixProduct
from .requantized import LIMB, Registers
from .windows import SAME, VALID, Window, pad, take_every

Pool = SumPool | AvgPool | MaxPool


@dataclass(frozen=True)
class Elements:
    """One node without weights or state, and the signals that it reads."""

    graph: Graph
    node: Node
    a: Arithmetic
    sources: Sequence[Signal]
    shape: Shape
    bounds: Bounds

    def signal(self) -> Signal:
        """The operators that compute the node.

        Raises:
            LoweringRefused: T002, a value may leave 32 bits; T006, there is no exact form.
        """
        op = self.node.op
        match op:
            case Sum() | Product():
                return self._joint(op)
            case Relu():
                return self._x.clip(self._widen(self.sources[0]), 0, 1 << 32)
            case Affine():
                return self._affine(op)
            case Reshape() | Slice() | Concat() | Transpose():
                return self._rearrange(op)
            case SumPool() | AvgPool() | MaxPool():
                return self._pool(op)
            case Requantize():
                held = self._registers.requantize(self._widen(self.sources[0]), "value")
                return self._narrow_range(held)
            case Function():
                return self._narrow_range(self._registers.look_up(op, self._widen(self.sources[0])))
            case MatMul():
                left, right = (self._row(s) for s in self.sources)
                return MatrixProduct(self._x, left, right, self.shape).signal(self.bounds)
            case _:
                raise refusal("T006", self.node, f"{op.keyword} {FORMLESS}")

    @property
    def _registers(self) -> Registers:
        assert isinstance(self.a, IntegerArithmetic), "lower() takes quantized networks only"
        return Registers(self._x, self.node, self.a)

    @property
    def _x(self) -> Exact:
        return Exact(self.graph, self.node)

    def _widen(self, signal: Signal) -> Signal:
        return self.graph.cast(signal, "int32")

    def _row(self, signal: Signal) -> Signal:
        return self.graph.move_channels(signal, False, self.node)

    def _joint(self, op: Sum | Product) -> Signal:
        alike = all(s.shape == self.shape and s.image for s in self.sources)
        signals = [self._widen(s if alike else self._row(s)) for s in self.sources]
        combine = self._x.add if isinstance(op, Sum) else self._x.multiply
        return self._narrow_range(reduce(combine, signals))

    def _narrow_range(self, signal: Signal) -> Signal:
        """The signal in the range that the network's bounds prove, where that is narrower."""
        ends = (lay_out(end[0], self.shape, signal.image) for end in self.bounds[self.node.name])
        low, high = ends
        low, high = np.maximum(low, signal.low), np.minimum(high, signal.high)
        return replace(signal, shape=self.shape, low=low, high=high)

    def _affine(self, op: Affine) -> Signal:
        format = self.node.formats["scale"]
        assert isinstance(format, Factor)
        codes = np.rint(values_of(op.scale, self.a.tensors) * 2.0**format.frac).astype(np.int64)
        wide = self._widen(self.sources[0])
        plain = format.rounding is Rounding.TOWARD_ZERO and format.frac <= LIMB
        if format.frac and not plain:
            scaled = self._registers.rescale(wide, codes)
        else:
            scaled = self._x.times(wide, codes, format)
        if op.shift == 0.0:
            return scaled
        return self._x.add(scaled, self._x.lay_out_like(self.a.quantity(op.shift, "shift"), scaled))

    def _rearrange(self, op: Reshape | Slice | Concat | Transpose) -> Signal:
        rows = [self._row(s) for s in self.sources]
        if isinstance(op, Concat) and not all(r.dtype == "int16" for r in rows):
            rows = [self._widen(r) for r in rows]
        target, first = compute_layout(self.shape, False), rows[0]
        match op:
            case Reshape():
                tensor = self.graph.reshape(first.tensor, first.dtype, target)
            case Slice():
                begin = tuple(op.start if k == op.axis else 0 for k in range(len(self.shape)))
                tensor = self.graph.cut(first.tensor, (0, *begin), target)
            case Concat():
                tensor = self.graph.join([r.tensor for r in rows], op.axis + 1)
            case Transpose():
                tensor, first = self.graph.permute(first, op.order, self.node)
        low, high = (lay_out(end[0], self.shape, False) for end in self.bounds[self.node.name])
        return Signal(tensor, self.shape, first.dtype, low, high)

    # --- pools ---------------------------------------------------------------------------------

    def _pool(self, op: Pool) -> Signal:
        """A pool over the last one or two axes; what comes before them counts as channels."""
        axes = len(op.kernel)
        source = self.sources[0]
        size = source.shape[len(source.shape) - axes :]
        folded = (prod(source.shape[: len(source.shape) - axes]), *size)
        after = (folded[0], *self.shape[len(self.shape) - axes :])
        if axes not in (1, 2):
            raise refusal("T006", self.node, f"pools over {axes} axes have no kernel, 1 or 2 do")
        if folded != source.shape:
            row = self._row(source)
            tensor = self.graph.reshape(row.tensor, row.dtype, (1, *folded))
            low, high = (np.broadcast_to(v, row.laid) for v in (row.low, row.high))
            whole = low.reshape(1, *folded), high.reshape(1, *folded)
            source = Signal(tensor, folded, row.dtype, *whole)
        image = self.graph.move_channels(source, True, self.node)
        window = Window.of(op.kernel, op.stride, (1,) * axes, op.padding)
        ends = tuple(e[0].reshape(after) for e in self.bounds[self.node.name])
        if isinstance(op, MaxPool) and image.narrow:
            tensor, dtype = self._largest(window, image, after), "int16"
        else:
            tensor, dtype = self._combine_taps(op, window, image, after), "int32"
        low, high = (lay_out(end, after, True) for end in ends)
        pooled = Signal(tensor, after, "int16" if dtype == "int16" else "int32", low, high, True)
        if after == self.shape:
            return pooled
        row = self._row(pooled)
        tensor = self.graph.reshape(row.tensor, row.dtype, compute_layout(self.shape, False))
        low, high = (lay_out(e[0], self.shape, False) for e in self.bounds[self.node.name])
        return Signal(tensor, self.shape, row.dtype, low, high)

    def _largest(self, window: Window, image: Signal, after: Shape) -> int:
        """MAX_POOL_2D in 16 bits; it leaves out what lies outside, as long as that is SAME."""
        image = self.graph.cast(image, "int16")
        tensor, padding = image.tensor, VALID
        if window.padded:
            padding = SAME if window.same(image.laid[1:3]) else VALID
            if padding == VALID:
                tensor = pad(self.graph, tensor, window.padding, int(image.low.min()))
        options = {
            "padding": padding,
            "stride_h": window.stride[0],
            "stride_w": window.stride[1],
            "filter_height": window.kernel[0],
            "filter_width": window.kernel[1],
        }
        shape = compute_layout(after, True)
        return self.graph.write("MAX_POOL_2D", (tensor,), "int16", shape, options)

    def _combine_taps(self, op: Pool, window: Window, image: Signal, after: Shape) -> int:
        """One shifted view per tap of the window, combined in int32."""
        x, shape = self._x, compute_layout(after, True)
        wide = self._widen(image)
        tensor = wide.tensor
        if window.padded:
            fill = int(wide.low.min()) if isinstance(op, MaxPool) else None
            tensor = pad(self.graph, tensor, window.padding, fill)
        views: list[Signal] = []
        low, high = int(wide.low.min()), int(wide.high.max())
        if window.padded:
            low, high = min(low, 0), max(high, 0)
        ends = np.asarray(low, dtype=np.int64), np.asarray(high, dtype=np.int64)
        for place in np.ndindex(*window.kernel):
            stop = [
                p + (n - 1) * s + 1
                for p, n, s in zip(place, shape[1:3], window.stride, strict=True)
            ]
            begin, end = (0, *place, 0), (1, *stop, shape[3])
            view = take_every(self.graph, tensor, begin, end, (1, *window.stride, 1))
            views.append(Signal(view, after, "int32", *ends, True))
        combine = x.maximum if isinstance(op, MaxPool) else x.add
        return reduce(combine, views).tensor
