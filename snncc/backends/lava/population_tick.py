"""One tick of a population on Loihi 2, in whole or in real numbers; NumPy alone, no Lava.

Written into every bundle as it stands: the emitted processes and the simulation share it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Values: TypeAlias = npt.NDArray[Any]
State: TypeAlias = tuple[Values, Values, Values]
"""Synaptic current u, potential v, ticks left to wait; each with an entry per neuron."""

DECAY_BITS = 12  # decays are fractions of 4096: LIF in Lava 0.10.0, proc/lif/models.py
ALIGN_BITS = 6  # synaptic input and thresholds are shifted left so far; same file
LIMIT = 1 << 23  # u and v have 24 bits; same file


@dataclass(frozen=True)
class Population:
    """What all neurons of a population share, and an entry per neuron where they differ.

    Attributes:
        reset, order, current_order: as the neurons of the network state them.
        strict: fires above the threshold, not at it.
        spikes: most spikes of a tick; 0 for an integrator, which puts out its potential.
        refractory: ticks after a spike in which the potential is held and nothing is sent.
        whole: integers (codes, decays over 4096) or real numbers.
        shift: a current counts in units 2**shift times those of the potential.
        decay, current_decay: per tick; None where nothing leaks, where there is no current.
        bias, threshold, amount, initial: in the unit of the potential.
        floor: below which it does not fall, in the same unit; None where there is none.
    """

    reset: str
    order: str
    current_order: str
    strict: bool
    spikes: int
    refractory: int
    whole: bool
    shift: int
    decay: Values | None
    current_decay: Values | None
    bias: Values
    threshold: Values
    amount: Values
    initial: Values
    floor: Values | None = None

    def step(self, state: State, current: Values) -> tuple[State, Values]:
        """State and output after one tick.

        Equations: `Spiking` and the neurons of snncc.ir.ops; the sum is fitted to 24 bits.
        """
        u, v, wait = state
        drive = (current << self.shift if self.whole else current) + self.bias
        if self.current_decay is not None:
            old = u
            if self.current_order == "decay-last":
                drive = self._fit(old + drive)
                u = self._decay(drive, self.current_decay)
            else:
                u = self._fit(self._decay(old, self.current_decay) + drive)
                drive = u if self.current_order == "new" else old
        new, output = self._integrate(v, drive)
        if self.refractory:
            ready = wait == 0
            output = output * ready
            v = np.where(ready, new, v)
            wait = np.where(output > 0, self.refractory, np.maximum(wait - 1, 0))
        else:
            v = new
        return (u, v, wait), output

    def _integrate(self, v: Values, drive: Values) -> tuple[Values, Values]:
        if not self.spikes:
            v = self._fit(self._decay(v, self.decay) + drive)
            return v, v
        order = "now" if self.reset == "none" else self.order
        if order == "now":
            v = self._raise_to_floor(self._decay(v, self.decay) + drive)
            spikes = self._count(v)
            return self._fit(self._reset(v, spikes)), spikes
        fired = self._count(v)
        if order == "before-decay":
            v = self._decay(self._fit(self._reset(v, fired)), self.decay) + drive
        elif order == "after-input" and self.reset == "value":
            v = self._reset(self._decay(v, self.decay) + drive, fired)
        else:
            v = self._reset(self._decay(v, self.decay), fired) + drive
        v = self._raise_to_floor(v)
        spikes = self._count(v)
        if order == "rechecked":
            v = self._fit(v - self.amount * (spikes - fired))
        return v, spikes

    def _count(self, v: Values) -> Values:
        if self.spikes == 1:
            fires: Values = v > self.threshold if self.strict else v >= self.threshold
            return fires.astype(v.dtype)
        fits = -(-v // self.threshold) - 1 if self.strict else v // self.threshold
        return np.asarray(np.clip(fits, 0, self.spikes))

    def _reset(self, v: Values, spikes: Values) -> Values:
        if self.reset == "subtract":
            return np.asarray(v - self.amount * spikes)
        return np.where(spikes > 0, self.amount, v) if self.reset == "value" else v

    def _decay(self, v: Values, factor: Values | None) -> Values:
        if factor is None:
            return v
        return scale_codes(v, factor) if self.whole else v * factor

    def _raise_to_floor(self, v: Values) -> Values:
        return self._fit(v if self.floor is None else np.maximum(v, self.floor))

    def _fit(self, v: Values) -> Values:
        return np.clip(v, -LIMIT, LIMIT - 1) if self.whole else v


def scale_codes(codes: Values, factor: Values | int) -> Values:
    """Codes times factor / 4096, rounded toward zero as Loihi does."""
    product = codes * factor
    return np.asarray(np.sign(product) * (np.abs(product) >> DECAY_BITS))
