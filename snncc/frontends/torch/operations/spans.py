"""Where the windows of a pool lie along one axis, as PyTorch counts them; no signals in here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """The windows along one axis (PyTorch, aten/native/Pool.h, pooling_output_shape).

    Attributes:
        size: of the axis.
        ceil: whether a last window may end outside of the padding.
    """

    size: int
    kernel: int
    stride: int
    padding: int
    ceil: bool

    @property
    def count(self) -> int:
        """How many windows there are."""
        room = self.size + 2 * self.padding - self.kernel
        count = (-(-room // self.stride) if self.ceil else room // self.stride) + 1
        # The last window begins within the axis or the padding before it.
        return count - (self.ceil and (count - 1) * self.stride >= self.size + self.padding)

    @property
    def _end(self) -> int:
        """Where the last window ends, counted from the first value."""
        return (self.count - 1) * self.stride + self.kernel - self.padding

    @property
    def pads(self) -> tuple[int, int]:
        """How far the windows reach beyond the axis."""
        return self.padding, max(0, self._end - self.size)

    @property
    def used(self) -> int:
        """How many values of the axis lie in front of the last window's end."""
        return min(self.size, self._end)

    def windows(self, padding: bool) -> list[tuple[int, int]]:
        """Where each window begins and stops, of what counts in it.

        Args:
            padding: whether places in the padding count; those behind it never do.
        """
        margin = self.padding if padding else 0
        begins = [k * self.stride - self.padding for k in range(self.count)]
        stops = [min(begin + self.kernel, self.size + margin) for begin in begins]
        return [(max(b, -margin), stop) for b, stop in zip(begins, stops, strict=True)]


@dataclass(frozen=True)
class Stretch:
    """Windows of one length, one stride apart.

    Attributes:
        used: what of the axis they see.
        pads: how many zeros they see before and behind it.
    """

    kernel: int
    stride: int
    used: range
    pads: tuple[int, int]


def stretches(windows: Sequence[tuple[int, int]], size: int) -> list[Stretch]:
    """Windows along an axis of that size, as few stretches as there can be."""
    found: list[list[tuple[int, int]]] = []
    for window in windows:
        last = found[-1] if found else []
        step = window[0] - last[-1][0] if last else 0
        alike = step > 0 and window[1] - window[0] == last[-1][1] - last[-1][0]
        if alike and (len(last) == 1 or step == last[-1][0] - last[-2][0]):
            last.append(window)
        else:
            found.append([window])
    made = []
    for group in found:
        begin, stop = group[0][0], group[-1][1]
        stride = group[1][0] - group[0][0] if len(group) > 1 else 1
        used = range(max(0, begin), min(size, stop))
        pads = (max(0, -begin), max(0, stop - size))
        made.append(Stretch(group[0][1] - group[0][0], max(1, stride), used, pads))
    return made
