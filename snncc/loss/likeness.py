"""Likeness: how far outputs in integers are those of the float network, by ticks or by means."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from snncc.ir import Network, Values, arithmetics


@dataclass
class Likeness:
    """Two outputs of the same samples, gathered window by window.

    Attributes:
        unit: real value of one code of the integers, `[values]`, or one for all.
    """

    unit: Values
    _equal: int = 0
    _values: int = 0
    _apart: float = 0.0
    _reach: float = 0.0
    _sums: list[Values] = field(default_factory=list[Values])

    def add(self, real: Values, codes: Values) -> None:
        """Takes the next ticks `[samples, ticks, *shape]` of both into account."""
        self._equal += int(np.count_nonzero(real == codes))
        self._values += real.size
        sums = [_add_up(real), _add_up(codes) * self.unit]
        self._sums = [a + b for a, b in zip(self._sums, sums, strict=True)] if self._sums else sums

    def end(self) -> None:
        """Ends a batch of samples."""
        if self._sums:
            one, other = self._sums
            self._apart += float(np.sum(np.abs(one - other)))
            self._reach += float(np.sum(np.maximum(np.abs(one), np.abs(other))))
            self._sums = []

    @property
    def share(self) -> float:
        """Of values that are alike, or of their means over the ticks where that is more.

        Means are apart by the sum of their distances over the sum of the larger ones. Real values
        are hardly ever equal, so the means decide.
        """
        apart = self._apart / self._reach if self._reach else 0.0
        return max(self._equal / max(1, self._values), 1 - apart)


def find_output_unit(network: Network) -> Values:
    """Real value of one code of the first output's values, flat; one where they are real."""
    if not network.quantized:
        return np.ones(1)
    use = network.outputs[0]
    a, unit = arithmetics(network)[use.source]
    if use.state:
        state = network[use.source].op.state(use.state)
        unit = a.unit_of(state.role) if state.real else np.ones(1)
    return np.broadcast_to(unit, network.shapes[use.source]).reshape(-1)


def _add_up(values: Values) -> Values:
    flat = values.reshape(*values.shape[:2], -1)
    return np.asarray(flat.sum(axis=1, dtype=np.float64))
