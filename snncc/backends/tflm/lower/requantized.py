"""Values in formats of their own: rescaling with one rounding, and functions from tables."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from snncc.ir import Factor, IntegerArithmetic, Node, Overflow, Quantity, Rounding, Values
from snncc.ir.ops import Function

from ..target import BOUND, INT16, INT32
from .graph_builder import Signal, refusal
from .int32_arithmetic import Exact

LIMB = 15  # bits of which two make a product within 31
BYTE = 256


@dataclass(frozen=True)
class Registers:
    """One node that holds its input in another unit, or reads a table with it."""

    x: Exact
    node: Node
    a: IntegerArithmetic

    def requantize(self, signal: Signal, role: str) -> Signal:
        """The signal in the unit and the format of a role, rounded as `scale` says.

        Raises:
            LoweringRefused: T002, the product may leave 32 bits; T003, it is rounded otherwise;
                T004, the format may overflow and does not saturate.
        """
        x, into = self.x, self.node.formats[role]
        assert isinstance(into, Quantity)
        codes = np.broadcast_to(self.a.multiplier(role, "scale"), signal.shape)
        size = self._round(self._magnitude(signal, codes, into), codes)
        low = np.where(signal.low < 0, -size.high, size.low)
        high = np.where(signal.high < 0, -size.low, size.high)
        if np.any(signal.low < 0):
            positive = x.holds("GREATER_EQUAL", signal, x.lay_out_like(0, signal))
            sign = x.subtract(
                x.multiply(positive, x.lay_out_like(2, signal)), x.lay_out_like(1, signal)
            )
            size = replace(x.multiply(size, sign), low=low, high=high)
        return x.fit_sum(size, x.lay_out_like(0, size), into)

    def rescale(self, signal: Signal, codes: Values) -> Signal:
        """The signal times `codes / 2**frac`, which may be negative, rounded as `scale` says.

        Raises:
            LoweringRefused: T002, the product may leave 32 bits; T003, it is rounded otherwise.
        """
        x = self.x
        codes = np.broadcast_to(codes, signal.shape)
        size = self._round(self._take_magnitude(signal), np.abs(codes))
        if np.all(signal.low >= 0) and np.all(codes >= 0):
            return size
        turned = x.lay_out_like(np.where(codes < 0, -1, 1), size)
        if np.any(signal.low < 0):
            positive = x.holds("GREATER_EQUAL", signal, x.lay_out_like(0, signal))
            sign = x.subtract(
                x.multiply(positive, x.lay_out_like(2, signal)), x.lay_out_like(1, signal)
            )
            turned = x.multiply(sign, turned)
        return x.multiply(size, turned)

    def _take_magnitude(self, signal: Signal) -> Signal:
        """The signal without its sign."""
        if not np.any(signal.low < 0):
            return signal
        size = self.x.maximum(signal, self.x.subtract(self.x.lay_out_like(0, signal), signal))
        return replace(size, low=np.zeros_like(size.low))

    def _magnitude(self, signal: Signal, codes: Values, into: Quantity) -> Signal:
        """Without its sign; no larger than what saturates the format already."""
        x = self.x
        if into.overflow is not Overflow.SATURATE:
            return self._take_magnitude(signal)
        beyond = max(into.high + 1, -into.low)
        halves = 2 * beyond  # of one code; half a code less still rounds to an even number
        halves -= self._scale.rounding is Rounding.HALF_EVEN and beyond % 2 == 0
        most = -((-halves << self._scale.frac) // (2 * np.maximum(codes, 1)))
        if np.any(signal.low < -INT32[1]) and np.all(most < INT32[1]):
            signal = x.maximum(
                signal, x.lay_out_like(-INT32[1], signal)
            )  # has a magnitude, saturates alike
        size = self._take_magnitude(signal)
        limit = x.lay_out_like(np.minimum(most, INT32[1]), size)
        return x.minimum(size, limit) if np.any(size.high > limit.low) else size

    @property
    def _scale(self) -> Factor:
        found = self.node.formats["scale"]
        assert isinstance(found, Factor)
        return found

    def _round(self, size: Signal, codes: Values) -> Signal:
        """A magnitude times `codes / 2**frac`, rounded once.

        Both are taken apart, as h 2**b + l and C 2**b + c: then the product over 2**b, rounded
        down, is h (C 2**b + c) + l C + (l c) / 2**b; and whether anything was left of l c is what
        rounding must know beside it.
        """
        x, frac, rounding = self.x, self._scale.frac, self._scale.rounding
        factor = x.lay_out_like(codes, size)
        if not frac:
            return x.multiply(size, factor)
        if rounding not in (Rounding.TOWARD_ZERO, Rounding.HALF_EVEN):
            message = (
                f"it rounds {rounding.value}, but only toward-zero and half-even have a form in DIV"
            )
            raise refusal("T003", self.node, message)
        if LIMB < frac <= 2 * LIMB and np.any((size.high >> LIMB) * factor.high >= BOUND):
            return self._round_wide(size, codes)
        apart = min(LIMB, frac - 1)
        upper, lower = self._split(size, apart)
        coarse, fine = codes >> apart, codes & ((1 << apart) - 1)
        carried, rest = self._split(x.multiply(lower, x.lay_out_like(fine, lower)), apart)
        reach = size.high * factor.high >> apart
        zero = np.zeros_like(reach)
        total = x.add_known(x.multiply(upper, factor), carried, zero, reach)
        if np.any(coarse):
            total = x.add_known(
                total, x.multiply(lower, x.lay_out_like(coarse, lower)), zero, reach
            )
        whole, more = self._split(total, frac - apart)
        return self._round_rest(whole, more, frac - apart, rest)

    def _round_wide(self, size: Signal, codes: Values) -> Signal:
        """The same where both have more than one part, as around a linear recurrence.

        (h 2**15 + l) (C 2**15 + c) = h C 2**30 + (h c + l C) 2**15 + l c, and whatever of it is
        more than 2**frac is whole.
        """
        x, low = self.x, self._scale.frac - LIMB
        reach = size.high * codes >> self._scale.frac
        upper, lower = self._split(size, LIMB)
        coarse, fine = (
            x.lay_out_like(part, size) for part in (codes >> LIMB, codes & ((1 << LIMB) - 1))
        )
        carried, rest = self._split(x.multiply(lower, fine), LIMB)
        middle = x.add(x.add(x.multiply(upper, fine), x.multiply(lower, coarse)), carried)
        whole, more = self._split(middle, low)
        top = x.multiply(upper, x.lay_out_like((codes >> LIMB) << (LIMB - low), upper))
        whole = x.add_known(top, whole, np.zeros_like(reach), reach)
        return self._round_rest(whole, more, low, rest)

    def _round_rest(self, whole: Signal, more: Signal, bits: int, rest: Signal) -> Signal:
        """An integer, rounded by what was left of it: `more` / 2**bits, and `rest` below."""
        x = self.x
        if self._scale.rounding is Rounding.TOWARD_ZERO:
            return whole
        left = x.minimum(rest, x.lay_out_like(1, rest))
        _, odd = self._split(whole, 1)
        doubled = x.add(x.add(more, more), x.add(odd, left))
        return x.add(whole, x.holds("GREATER", doubled, x.lay_out_like(1 << bits, doubled)))

    def _split(self, size: Signal, bits: int) -> tuple[Signal, Signal]:
        """Quotient and rest of a magnitude by 2**bits."""
        x, unit = self.x, self.x.lay_out_like(1 << bits, size)
        quotient = x.divide(size, unit)
        rest = x.subtract_known(size, x.multiply(quotient, unit), (1 << bits) - 1)
        return quotient, replace(rest, low=np.zeros_like(rest.low))

    # --- functions -----------------------------------------------------------------------------

    def look_up(self, op: Function, signal: Signal) -> Signal:
        """A function of the signal, on the line between two knots of its table.

        Raises:
            LoweringRefused: T002, T003, T004 as `requantize`; T006, values of more than 16 bits.
        """
        x, index = self.x, self.node.formats["index"]
        assert isinstance(index, Quantity)
        table = op.table(self.a)
        if index.overflow is not Overflow.SATURATE:
            raise refusal(
                "T004", self.node, f"its index is {index}, but a table needs one that saturates"
            )
        if table.min() < INT16[0] or table.max() > INT16[1]:
            message = "its values have more than 16 bits; leave --passes out, which keeps 16"
            raise refusal("T006", self.node, message)
        place = self.requantize(signal, "index")
        shift = index.bits - (len(table) - 1).bit_length() + 1
        offset = x.subtract(place, x.lay_out_like(index.low, place))
        segment, part = self._split(offset, shift) if shift else (offset, None)
        first = self._read(table[:-1], segment)
        if part is None:
            return first
        rise = x.multiply(x.subtract(self._read(table[1:], segment), first), part)
        # Made positive by integer units, as DIV truncates and the line is rounded down.
        steepest = int(np.abs(np.diff(table)).max()) + 1
        raised = x.add(rise, x.lay_out_like((steepest << shift) + (1 << (shift - 1)), rise))
        step = x.divide(raised, x.lay_out_like(1 << shift, raised))
        line = x.add(first, x.subtract(step, x.lay_out_like(steepest, step)))
        low, high = (np.asarray(end, dtype=np.int64) for end in (table.min(), table.max()))
        return replace(line, low=low, high=high)

    def _read(self, table: Values, place: Signal) -> Signal:
        """Entries of a table: GATHER reads bytes only (gather.cc), so each entry is two."""
        x = self.x
        upper, lower = table >> 8, (table & (BYTE - 1)) - BYTE // 2
        high, low = (self._bytes(each, place) for each in (upper, lower))
        joined = x.add(x.multiply(high, x.lay_out_like(BYTE, high)), low)
        whole = x.add(joined, x.lay_out_like(BYTE // 2, joined))
        ends = (np.asarray(end, dtype=np.int64) for end in (table.min(), table.max()))
        least, most = ends
        return replace(whole, low=least, high=most)

    def _bytes(self, table: Values, place: Signal) -> Signal:
        graph = self.x.graph
        inputs = (graph.constant(table, "int8"), place.tensor)
        options = {"axis": 0, "batch_dims": 0}
        tensor = graph.write("GATHER", inputs, "int8", place.laid, options)
        low, high = (np.asarray(end, dtype=np.int64) for end in (table.min(), table.max()))
        read = Signal(tensor, place.shape, "int8", low, high, place.image)
        return graph.cast(read, "int32")
