"""Which taps of a window meet each position of an axis, as contiguous runs. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snncc.ir import Integers


@dataclass(frozen=True)
class Axis:
    """One axis of a convolution or a pool: output o meets input o stride - before + tap."""

    size: int
    positions: int
    kernel: int
    stride: int
    before: int

    @property
    def order(self) -> list[int]:
        """The taps, in the order in which the outputs that one input reaches stand in a row.

        An input meets every stride-th tap, so those stand together, the last tap first.
        """
        return [
            tap
            for rest in range(self.stride)
            for tap in reversed(range(rest, self.kernel, self.stride))
        ]

    @property
    def runs(self) -> Integers:
        """Per input, `[size, 3]`: its first tap in `order`, the first output, how many of both."""
        order, found = self.order, np.zeros((self.size, 3), dtype=np.int64)
        for index in range(self.size):
            met = [
                (place, (index + self.before - tap) // self.stride)
                for place, tap in enumerate(order)
                if (index + self.before - tap) % self.stride == 0
                and 0 <= (index + self.before - tap) // self.stride < self.positions
            ]
            if met:
                found[index] = *met[0], len(met)
        return found


def axes(
    size: tuple[int, ...],
    positions: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    before: tuple[int, ...],
) -> tuple[Axis, Axis]:
    """The two axes of a window; one axis counts as height 1."""
    known = tuple(map(Axis, size, positions, kernel, stride, before))
    down, along = known if len(known) == 2 else (Axis(1, 1, 1, 1, 0), *known)
    return down, along
