"""Dense, sparse and block-diagonal synapses: FULLY_CONNECTED, or single products in int32."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from snncc.ir import Shape, Values
from snncc.ir.ops import BlockDense, Dense, Sparse, Weighted

from ..schema import TYPES
from ..target import FORMLESS, INT16, PIECE_BYTES
from .graph_builder import Signal, compute_layout, refusal
from .int32_arithmetic import Exact
from .sums import Part, Sums, halve


@dataclass(frozen=True)
class Synapses(Sums):
    """A node whose synapses lie in matrices."""

    def current(self) -> Signal:
        """The operators that compute the node.

        Raises:
            LoweringRefused: T002, a sum may leave 32 bits; T006, there is no exact form.
        """
        op = self.node.op
        assert isinstance(op, Weighted)
        weights = np.asarray(op.weight_codes(self.a), dtype=np.int64)
        bias = np.asarray(op.bias_codes(self.a), dtype=np.int64)
        match op:
            case Dense():
                return self._dense(weights, np.broadcast_to(bias, weights.shape[:1]))
            case Sparse():
                whole = np.zeros((op.size, *self.source.shape), dtype=np.int64)
                rows, columns = (self.a.tensors[r.name].values for r in (op.rows, op.columns))
                np.add.at(whole, (rows, columns), weights)
                return self._dense(whole, np.broadcast_to(bias, (op.size,)))
            case BlockDense():
                return self._blocks(weights, np.broadcast_to(bias, weights.shape[:2]))
            case _:
                raise refusal("T006", self.node, f"{op.keyword} {FORMLESS}")

    # --- dense ---------------------------------------------------------------------------------

    def _dense(self, weights: Values, bias: Values) -> Signal:
        source = self.graph.move_channels(self.source, False, self.node)
        parts = self._pieces(weights, bias)
        wide = 4 * weights.size
        if parts is None or wide < weights.size + (len(parts) - 1) * PIECE_BYTES:
            rows = (*source.shape[:-1], 1, source.shape[-1])
            return self._products(source, rows, weights, bias)
        narrow = self.graph.cast(source, "int16")
        totals = [self._connect(narrow, weights, bias, part) for part in parts]
        return self._total(totals)

    def _pieces(self, weights: Values, bias: Values) -> list[Part] | None:
        """Columns in parts whose sums fit 16 bits; None where one column alone does not."""
        if not self.source.narrow or np.any(np.abs(weights) > 127):
            return None
        first, last = (end.reshape(-1, weights.shape[-1]) for end in self.limits)
        low, high = first.min(axis=0), last.max(axis=0)
        least = np.minimum(weights * low, weights * high)
        most = np.maximum(weights * low, weights * high)

        def fits(part: Part) -> bool:
            extra = bias if part.start == 0 else 0
            below, above = (end[:, part].sum(axis=1) + extra for end in (least, most))
            return bool(np.all(below >= INT16[0]) and np.all(above <= INT16[1]))

        return halve(slice(0, weights.shape[1]), fits)

    def _connect(self, source: Signal, weights: Values, bias: Values, part: Part) -> Signal:
        """FULLY_CONNECTED over part of the columns; leading axes share the weights."""
        lead, columns = source.laid[:-1], part.stop - part.start
        begin = (*(0,) * len(lead), part.start)
        cut = self.graph.cut(source.tensor, begin, (*lead, columns))
        inputs = (cut, *self._constants(weights[:, part], bias if part.start == 0 else 0 * bias))
        options = {"keep_num_dims": 1, "quantized_bias_type": TYPES["int64"]}
        shape = (*lead, len(weights))
        tensor = self.graph.write("FULLY_CONNECTED", inputs, "int16", shape, options)
        return self._narrow(tensor, False)

    # --- products in int32 ---------------------------------------------------------------------

    def _products(self, source: Signal, rows: Shape, weights: Values, bias: Values) -> Signal:
        """Every product for itself, then sums of halves: for sums that 16 bits do not hold.

        Args:
            source: in the wire's own order.
            rows: its shape, with an axis of 1 in the place of the outputs.
            weights: `[..., out, in]`, broadcastable against `rows`.
            bias: broadcastable to the output.
        """
        graph, x = self.graph, Exact(self.graph, self.node)
        self._magnitude(weights, bias)
        tensor = graph.reshape(graph.cast(source, "int32").tensor, "int32", rows)
        factors = graph.constant(
            weights.reshape((1,) * (len(rows) - weights.ndim) + weights.shape), "int32"
        )
        shape = np.broadcast_shapes(rows, weights.shape)
        tensor = graph.write("MUL", (tensor, factors), "int32", shape)
        while (count := shape[-1]) > 1:
            half, lead = count // 2, shape[:-1]
            zero = (0,) * len(lead)
            left = graph.cut(tensor, (*zero, 0), (*lead, half))
            right = graph.cut(tensor, (*zero, half), (*lead, half))
            added = graph.write(
                "ADD", (left, right), "int32", (*lead, half), {"pot_scale_int16": 0}
            )
            odd = [graph.cut(tensor, (*zero, count - 1), (*lead, 1))] if count % 2 else []
            tensor = graph.join([added, *odd], len(lead))
            shape = (*lead, half + count % 2)
        tensor = graph.reshape(tensor, "int32", compute_layout(self.shape, False))
        low, high = self.bounds[self.node.name]
        total = Signal(tensor, self.shape, "int32", low - bias, high - bias)
        return replace(
            x.add(total, x.lay_out_like(np.broadcast_to(bias, self.shape), total)),
            low=low,
            high=high,
        )

    # --- blocks --------------------------------------------------------------------------------

    def _blocks(self, weights: Values, bias: Values) -> Signal:
        """Each block of the input by weights of its own."""
        source = self.graph.move_channels(self.source, False, self.node)
        blocks, _, columns = weights.shape
        rows = (blocks, 1, columns)
        if columns > 1 and blocks * PIECE_BYTES < 3 * weights.size and source.narrow:
            low, high = self.bounds[self.node.name]
            if low.min() >= INT16[0] and high.max() <= INT16[1]:
                return self._multiply_blocks(self.graph.cast(source, "int16"), weights, bias)
        return self._products(source, rows, weights, bias)

    def _multiply_blocks(self, source: Signal, weights: Values, bias: Values) -> Signal:
        graph = self.graph
        blocks, out, columns = weights.shape
        options = {"keep_num_dims": 1, "quantized_bias_type": TYPES["int64"]}
        parts: list[int] = []
        for block in range(blocks):
            cut = graph.cut(source.tensor, (0, block, 0), (1, 1, columns))
            inputs = (cut, *self._constants(weights[block], bias[block]))
            parts.append(graph.write("FULLY_CONNECTED", inputs, "int16", (1, 1, out), options))
        return self._total([self._narrow(graph.join(parts, 1), False)])
