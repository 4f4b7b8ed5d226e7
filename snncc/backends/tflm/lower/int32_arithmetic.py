"""Exact: int32 arithmetic of one node that proves each result to fit, or refuses the node."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from snncc.ir import Factor, Node, Overflow, Quantity, Rounding, Shape, Values

from ..program import DType
from ..schema import TYPES
from ..target import BOUND, INT32
from .graph_builder import Graph, Signal, lay_out, refusal


@dataclass(frozen=True)
class Exact:
    """Operators for one node. Every method returns the exact result and its range.

    ADD, SUB and MUL on int32 wrap and DIV truncates toward zero (add_common.cc, mul_common.cc,
    div.cc), so a result is exact where its range lies within 32 bits: that is what is proven.
    """

    graph: Graph
    node: Node

    def constant(self, codes: Values | int, shape: Shape, image: bool) -> Signal:
        """Parameters, broadcastable to `shape`, no larger than they differ."""
        whole = lay_out(np.asarray(codes, dtype=np.int64), shape, image)
        for axis in range(whole.ndim):
            first = np.take(whole, [0], axis=axis)
            whole = first if np.all(whole == first) else whole
        self._check_range(whole, whole, "a parameter")
        tensor = self.graph.constant(whole, "int32")
        return Signal(tensor, shape, "int32", whole, whole, image)

    def lay_out_like(self, codes: Values | int, signal: Signal) -> Signal:
        """Parameters, laid out as a signal is."""
        return self.constant(codes, signal.shape, signal.image)

    def add(self, left: Signal, right: Signal) -> Signal:
        for one, other in ((left, right), (right, left)):
            if _is(other, 0) and self._stands(one, other):
                return one
        return self._combine("ADD", left, right, left.low + right.low, left.high + right.high)

    def subtract(self, left: Signal, right: Signal) -> Signal:
        if _is(right, 0) and self._stands(left, right):
            return left
        return self._combine("SUB", left, right, left.low - right.high, left.high - right.low)

    def multiply(self, left: Signal, right: Signal) -> Signal:
        for one, other in ((left, right), (right, left)):
            if _is(other, 1) and self._stands(one, other):
                return one
        corners = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
        low, high = np.minimum.reduce(corners), np.maximum.reduce(corners)
        return self._combine("MUL", left, right, low, high)

    def divide(self, left: Signal, divisor: Signal) -> Signal:
        """The quotient, truncated toward zero; the divisor is proven to be 1 or more."""
        assert np.all(divisor.low >= 1)
        corners = [_trunc(a, b) for a in (left.low, left.high) for b in (divisor.low, divisor.high)]
        low, high = np.minimum.reduce(corners), np.maximum.reduce(corners)
        return self._combine("DIV", left, divisor, low, high)

    def minimum(self, left: Signal, right: Signal) -> Signal:
        low, high = np.minimum(left.low, right.low), np.minimum(left.high, right.high)
        return self._combine("MINIMUM", left, right, low, high)

    def maximum(self, left: Signal, right: Signal) -> Signal:
        low, high = np.maximum(left.low, right.low), np.maximum(left.high, right.high)
        return self._combine("MAXIMUM", left, right, low, high)

    def clip(self, signal: Signal, low: int, high: int) -> Signal:
        """The signal within limits; operators only for a limit that it can pass."""
        if np.any(signal.high > high):
            signal = self.minimum(signal, self.lay_out_like(high, signal))
        if np.any(signal.low < low):
            signal = self.maximum(signal, self.lay_out_like(low, signal))
        return signal

    def clip_each(self, signal: Signal, most: Values) -> Signal:
        """The signal within -most and most, parameters `[*shape]`."""
        edge = self.lay_out_like(most, signal)
        if np.any(signal.high > edge.high):
            signal = self.minimum(signal, edge)
        if np.any(signal.low < -edge.high):
            signal = self.maximum(signal, self.lay_out_like(-most, signal))
        return signal

    def holds(self, code: str, left: Signal, right: Signal) -> Signal:
        """1 where `left code right`, else 0; compared as int32, other types have no safe kernel."""
        flags = self._emit(code, left, right, "bool")
        types = {"in_data_type": TYPES["bool"], "out_data_type": TYPES["int32"]}
        tensor = self.graph.write("CAST", (flags,), "int32", left.laid, types)
        zero = np.zeros((), dtype=np.int64)
        return Signal(tensor, left.shape, "int32", zero, zero + 1, left.image)

    def choose(self, flag: Signal, yes: Signal, no: Signal) -> Signal:
        """`yes` where the flag is 1, `no` where it is 0."""
        left = self.multiply(flag, yes)
        right = self.multiply(self.subtract(self.lay_out_like(1, flag), flag), no)
        if _is(yes, 0):
            return right
        low, high = np.minimum(yes.low, no.low), np.maximum(yes.high, no.high)
        return self._combine("ADD", left, right, low, high)

    def times(self, signal: Signal, codes: Values, format: Factor) -> Signal:
        """The product with `codes / 2**frac`, rounded toward zero.

        Where |signal x code| may reach 2**31 the signal is taken apart as h 2**frac + l, both of
        its own sign. Then h x code is whole and l x code / 2**frac has the same sign, so truncating
        the second alone truncates the sum; and |l x code| is small whatever the signal is.
        """
        if not format.frac:
            return self.multiply(signal, self.lay_out_like(codes, signal))
        if format.rounding is not Rounding.TOWARD_ZERO:
            message = (
                f"its products are rounded {format.rounding.value}, but DIV rounds toward-zero"
            )
            raise refusal("T003", self.node, message)
        factor = self.lay_out_like(codes, signal)
        scale = 1 << format.frac
        unit = self.lay_out_like(scale, signal)
        corners = [_trunc(v * factor.low, np.asarray(scale)) for v in (signal.low, signal.high)]
        low, high = np.minimum(*corners), np.maximum(*corners)
        self._check_range(low, high, "a product with a factor")
        if _is(factor, scale):
            return signal
        largest = np.maximum(np.abs(signal.low), np.abs(signal.high)) * np.abs(factor.low)
        if np.all(largest < BOUND):
            return replace(self.divide(self.multiply(signal, factor), unit), low=low, high=high)
        upper = self.divide(signal, unit)
        rest = self.subtract_known(signal, self.multiply(upper, unit), scale - 1)
        lower = self._times_rest(rest, codes, unit)
        return self._combine("ADD", self.multiply(upper, factor), lower, low, high)

    def _times_rest(self, rest: Signal, codes: Values, unit: Signal) -> Signal:
        """The product of a signal below `unit` with a factor, which may be above it.

        Then it is w unit + p, both of its own sign, and so is the product: rest x w is whole.
        """
        scale = int(unit.high.max())
        if np.all(np.abs(codes) * scale < BOUND):
            return self.divide(self.multiply(rest, self.lay_out_like(codes, rest)), unit)
        whole = _trunc(codes, np.asarray(scale))
        part = self.lay_out_like(codes - whole * scale, rest)
        lower = self.divide(self.multiply(rest, part), unit)
        return self.add(self.multiply(rest, self.lay_out_like(whole, rest)), lower)

    def add_known(self, left: Signal, right: Signal, low: Values, high: Values) -> Signal:
        """The sum of two signals that is known to stay between `low` and `high`."""
        return self._combine("ADD", left, right, low, high)

    def subtract_known(self, left: Signal, right: Signal, magnitude: int) -> Signal:
        """The difference of two signals that are never further apart than `magnitude`."""
        edge = np.asarray(magnitude, dtype=np.int64)
        return self._combine("SUB", left, right, -edge, edge)

    def fit_sum(self, left: Signal, right: Signal, format: Quantity) -> Signal:
        """The sum of two signals, brought into a format once."""
        low, high = left.low + right.low, left.high + right.high
        if np.all(low >= format.low) and np.all(high <= format.high):
            return self.add(left, right)
        worst = max(-int(low.min()), int(high.max()))
        if format.overflow is Overflow.TRAP:
            raise refusal("T004", self.node, f"its state may reach {worst:,} and {format} traps")
        if format.overflow is Overflow.WRAP:
            if format.bits != 16 or not format.signed:
                message = (
                    f"its state may reach {worst:,} and {format} wraps, which only 16 bits can"
                )
                raise refusal("T004", self.node, message)
            return self._wrap(self.add(left, right), format)
        if np.all(low >= INT32[0]) and np.all(high <= INT32[1]):
            return self.clip(self.add(left, right), format.low, format.high)
        # The left is limited to what leaves the sum within 32 bits: nothing can wrap then.
        zero = self.lay_out_like(0, right)
        least = self.subtract_within(self.lay_out_like(INT32[0], right), self.minimum(right, zero))
        most = self.subtract_within(self.lay_out_like(INT32[1], right), self.maximum(right, zero))
        inner = self.minimum(self.maximum(left, least), most)
        low, high = (np.clip(end, *INT32) for end in (low, high))
        return self.clip(self._combine("ADD", inner, right, low, high), format.low, format.high)

    def subtract_within(self, edge: Signal, push: Signal) -> Signal:
        """An end of the 32 bits minus a push toward it: always within them."""
        low, high = edge.low - push.high, edge.high - push.low
        return self._combine("SUB", edge, push, low, high)

    def _wrap(self, total: Signal, format: Quantity) -> Signal:
        """CAST keeps the lower 16 bits: a static_cast in C++ (cast.cc)."""
        types = {"in_data_type": TYPES["int32"], "out_data_type": TYPES["int16"]}
        tensor = self.graph.write("CAST", (total.tensor,), "int16", total.laid, types)
        low, high = (np.asarray(end, dtype=np.int64) for end in (format.low, format.high))
        wrapped = Signal(tensor, total.shape, "int16", low, high, total.image)
        return self.graph.cast(wrapped, "int32")

    def _combine(self, code: str, left: Signal, right: Signal, low: Values, high: Values) -> Signal:
        self._check_range(low, high, f"{code} of int32")
        tensor = self._emit(code, left, right, "int32")
        shape = np.broadcast_shapes(left.shape, right.shape)
        return Signal(tensor, shape, "int32", low, high, left.image)

    def _stands(self, one: Signal, other: Signal) -> bool:
        """Whether a signal is the result where the other changes nothing.

        A constant is not: its tensor may be smaller than what it stands for.
        """
        return one.shape == other.shape and self.graph.tensors[one.tensor].values is None

    def _emit(self, code: str, left: Signal, right: Signal, dtype: DType) -> int:
        assert left.image == right.image and left.dtype == right.dtype == "int32"
        shape = np.broadcast_shapes(left.laid, right.laid)
        tensors = [self.graph.tensors[signal.tensor] for signal in (left, right)]
        if np.broadcast_shapes(*(tensor.shape for tensor in tensors)) != shape:
            whole = np.broadcast_to(np.asarray(tensors[0].values), shape)  # two small constants
            left = replace(left, tensor=self.graph.constant(whole, "int32"))
        options = {"pot_scale_int16": 0} if code in ("ADD", "SUB") else {}
        return self.graph.write(code, (left.tensor, right.tensor), dtype, shape, options)

    def _check_range(self, low: Values, high: Values, what: str) -> None:
        worst = max(-int(np.min(low, initial=0)) - 1, int(np.max(high, initial=0)))
        if worst >= BOUND:
            message = (
                f"{what} may reach {worst:,}, beyond 32 bits; "
                "use fewer --weight-bits, or --state-bits 16"
            )
            raise refusal("T002", self.node, message)


def _is(signal: Signal, code: int) -> bool:
    return bool(np.all(signal.low == code) and np.all(signal.high == code))


def _trunc(value: Values, divisor: Values) -> Values:
    """Quotient toward zero, of integers."""
    return np.asarray(np.sign(value) * (np.abs(value) // divisor))
