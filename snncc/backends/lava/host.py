"""What the host computes of a network's inputs before they enter Loihi; NumPy alone, no Lava.

Written into every bundle as it stands: the emitted package and the simulation share it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Values: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Current:
    """Weights one by one, sorted by row, that read a signal some ticks late."""

    source: str
    delay: int
    weights: Values
    rows: Values
    columns: Values


@dataclass(frozen=True, eq=False)
class Register:
    """A sum of currents, rounded once to the codes that are sent as graded spikes.

    Attributes:
        currents: of inputs, or of registers before this one.
        constant: added in every tick, per value.
        factor: codes times factor / 2**fraction are rounded to the nearest, ties to even, per
            value; None where numbers are real and nothing is rounded.
        fraction: bits of the factor.
        low, high: the smallest and the largest code.
    """

    currents: tuple[Current, ...]
    constant: Values
    factor: Values | None
    fraction: int
    low: int
    high: int

    def compute_sent(self, signals: Mapping[str, Values]) -> Values:
        """What is sent `[samples, ticks, values]`, for signals `[samples, ticks, size]` by name."""
        samples, ticks = next(iter(signals.values())).shape[:2]
        zero = np.zeros((samples, len(self.constant)), dtype=self.constant.dtype)
        rows = [self._tick(signals, tick, zero + self.constant) for tick in range(ticks)]
        return np.stack(rows, axis=1)

    def _tick(self, signals: Mapping[str, Values], tick: int, total: Values) -> Values:
        for each in self.currents:
            if tick >= each.delay and len(each.rows):
                signal = signals[each.source][:, tick - each.delay].astype(total.dtype)
                into, starts = np.unique(each.rows, return_index=True)
                terms = signal[:, each.columns] * each.weights
                total[:, into] += np.add.reduceat(terms, starts, axis=1)
        if self.factor is None:
            return total
        return np.clip(_round(total * self.factor, self.fraction), self.low, self.high)


def _round(codes: Values, bits: int) -> Values:
    """Codes over 2**bits, to the nearest, ties to even."""
    if not bits:
        return codes
    floor = codes >> bits
    rest, half = codes - (floor << bits), 1 << (bits - 1)
    up = (rest > half) | ((rest == half) & (floor % 2 == 1))
    return np.asarray(floor + up)
