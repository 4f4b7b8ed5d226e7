"""Convolutions: CONV_2D and DEPTHWISE_CONV_2D where 16 bits hold the sums, else tap by tap."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from snncc.backends import advise_bits
from snncc.ir import Values
from snncc.ir.ops import Conv

from ..schema import TYPES
from ..target import INT16, TAPS_MAX
from .graph_builder import Signal, compute_layout, lay_out, refusal
from .int32_arithmetic import Exact
from .sums import Part, Sums, halve
from .windows import SAME, VALID, Window, pad


@dataclass(frozen=True)
class Convolution(Sums):
    """A node that convolves over one or two axes."""

    def current(self) -> Signal:
        """The operators that compute the node.

        Raises:
            LoweringRefused: T002, a sum may leave 32 bits.
        """
        op = self.node.op
        assert isinstance(op, Conv)
        weights = np.asarray(op.weight_codes(self.a), dtype=np.int64)
        bias = np.broadcast_to(op.bias_codes(self.a).reshape(-1), len(weights))
        depthwise = op.groups > 1 and weights.shape[1] == 1
        if op.groups > 1 and not depthwise:
            weights, op = _ungroup(op, weights), replace(op, groups=1)
        window = Window.of(weights.shape[2:], op.stride, op.dilation, op.padding)
        source = self.graph.move_channels(self.source, True, self.node)
        parts = self._channels(op, weights, bias, depthwise)
        if parts is None:
            return self._taps(op, window, source, weights, bias)
        narrow = self.graph.cast(source, "int16")
        if depthwise:
            return self._total([self._depthwise(window, narrow, weights, bias)])
        return self._total([self._convolve(window, narrow, weights, bias, p) for p in parts])

    def _channels(
        self, op: Conv, weights: Values, bias: Values, depthwise: bool
    ) -> list[Part] | None:
        """Input channels in parts whose sums fit 16 bits; None where one alone does not."""
        if not self.source.narrow or np.any(np.abs(weights) > 127):
            return None
        low, high = self.limits
        up, down = np.maximum(weights, 0), np.minimum(weights, 0)

        def fits(part: Part) -> bool:
            channels = np.zeros(weights.shape[1], dtype=np.int64)
            channels[part] = 1
            mask = channels.reshape(1, -1, *(1,) * (weights.ndim - 2))
            extra = op.spread(bias) if part.start == 0 else 0
            ends = [
                op.apply(one, up * mask, self.a.tensors)
                + op.apply(two, down * mask, self.a.tensors)
                for one, two in ((low, high), (high, low))
            ]
            least, most = (end + extra for end in ends)
            return bool(np.all(least >= INT16[0]) and np.all(most <= INT16[1]))

        whole = slice(0, weights.shape[1])
        if depthwise:
            return [whole] if fits(whole) else None
        return halve(whole, fits)

    def _convolve(
        self, window: Window, source: Signal, weights: Values, bias: Values, part: Part
    ) -> Signal:
        lead = source.laid[:-1]
        cut = self.graph.cut(source.tensor, (0, 0, 0, part.start), (*lead, part.stop - part.start))
        cut, padding = self._pad(window, cut)
        filters = np.moveaxis(window.flat(weights)[:, part], 1, -1)  # [out, height, width, in]
        inputs = (cut, *self._constants(filters, bias if part.start == 0 else 0 * bias))
        options = {**window.options(padding), "quantized_bias_type": TYPES["int64"]}
        shape = compute_layout(self.shape, True)
        return self._narrow(self.graph.write("CONV_2D", inputs, "int16", shape, options), True)

    def _depthwise(self, window: Window, source: Signal, weights: Values, bias: Values) -> Signal:
        cut, padding = self._pad(window, source.tensor)
        filters = np.moveaxis(window.flat(weights)[:, 0], 0, -1)[None]  # [1, height, width, out]
        inputs = (cut, *self._constants(filters, bias))
        many = len(weights) // source.shape[0]
        options = {**window.options(padding), "depth_multiplier": many}
        shape = compute_layout(self.shape, True)
        tensor = self.graph.write("DEPTHWISE_CONV_2D", inputs, "int16", shape, options)
        return self._narrow(tensor, True)

    def _pad(self, window: Window, tensor: int) -> tuple[int, int]:
        """The input with its zeros around it, and the padding that is left to the kernel."""
        shape = self.graph.tensors[tensor].shape
        if not window.padded:
            return tensor, VALID
        if window.same(shape[1:3]):
            return tensor, SAME
        return pad(self.graph, tensor, window.padding, None), VALID

    def _taps(
        self, op: Conv, window: Window, source: Signal, weights: Values, bias: Values
    ) -> Signal:
        """One product in int32 per tap and input channel: for sums that 16 bits do not hold."""
        graph, x = self.graph, Exact(self.graph, self.node)
        if op.groups > 1:
            weights = _ungroup(op, weights)
        filters = window.flat(weights)  # [out, in, height, width]
        used = np.argwhere(np.any(filters, axis=0)).tolist()
        if len(used) > TAPS_MAX:
            low, high = self.bounds[self.node.name]
            worst = max(-int(low.min()), int(high.max()))
            message = (
                f"its sums may reach {worst:,}, beyond the 16 bits of CONV_2D, and {len(used)} "
                f"taps are more than the {TAPS_MAX} that are computed one by one; encode its input "
                f"as spikes, or {advise_bits(self.node, worst, 1 << 15)}"
            )
            raise refusal("T002", self.node, message)
        self._magnitude(weights, bias)
        tensor = graph.cast(source, "int32").tensor
        if window.padded:
            tensor = pad(graph, tensor, window.padding, None)
        shape = compute_layout(self.shape, True)
        total = None
        for channel, *place in used:
            cut = window.tap(graph, tensor, (place[0], place[1]), channel, shape[1:3])
            tap = graph.constant(filters[None, None, None, :, channel, place[0], place[1]], "int32")
            product = graph.write("MUL", (cut, tap), "int32", shape)
            total = (
                product
                if total is None
                else graph.write("ADD", (total, product), "int32", shape, {"pot_scale_int16": 0})
            )
        if total is None:
            total = graph.constant(np.zeros(shape, dtype=np.int64), "int32")
        low, high = (lay_out(end[0], self.shape, True) for end in self.bounds[self.node.name])
        spread = lay_out(op.spread(bias), self.shape, True)
        sum_ = Signal(total, self.shape, "int32", low - spread, high - spread, True)
        added = x.add(sum_, x.lay_out_like(op.spread(bias), sum_))
        return replace(added, low=low, high=high)


def _ungroup(op: Conv, weights: Values) -> Values:
    """The weights of a convolution in one group: zeros between the groups."""
    out, into = weights.shape[:2]
    whole = np.zeros((out, into * op.groups, *weights.shape[2:]), dtype=np.int64)
    for group in range(op.groups):
        rows = slice(group * (out // op.groups), (group + 1) * (out // op.groups))
        whole[rows, group * into : (group + 1) * into] = weights[rows]
    return whole
