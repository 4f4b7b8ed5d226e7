"""One tick of a population as a core of SpiNNaker 2 computes it, in float32; NumPy alone.

Written into every bundle as it stands: what the host computes beside the chip is computed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Values: TypeAlias = npt.NDArray[Any]
State: TypeAlias = tuple[Values, Values, Values, Values]
"""Excitatory and inhibitory current, potential, ticks left to wait: float32, per neuron."""

NEVER = np.float32(1e30)  # a threshold that no sum of weights reaches: an integrator's


@dataclass(frozen=True, eq=False)
class Population:
    """Parameters of a population, float32 [neurons] each.

    Attributes:
        decay: alpha_decay, per tick; 1 where nothing leaks.
        current_decays: exc_decay and inh_decay; None where synapses act within their tick only.
        bias: i_offset, added to the potential in every tick.
        threshold: fires at it; also what a reset by subtraction takes off.
        reset: None subtracts the threshold; otherwise the potential after a spike (v_reset).
        refractory: t_refrac, ticks after a spike in which the potential is held.
        initial: v_init.
    """

    decay: Values
    current_decays: tuple[Values, Values] | None
    bias: Values
    threshold: Values
    reset: Values | None
    refractory: int
    initial: Values

    def begin(self, samples: int) -> State:
        """The state before the first tick, `[samples, neurons]`."""
        zero = np.zeros((samples, len(self.decay)), dtype=np.float32)
        return zero, zero, zero + self.initial, zero

    def step(self, state: State, exc: Values, inh: Values) -> tuple[State, Values]:
        """State and spikes after one tick, from whole sums of weights of either type.

        The order is that of NESTML's SpiNNaker 2 resources (synapses.c, neuron.c): currents decay,
        then take in what has arrived; the potential decays, then takes in their difference and the
        bias; each operation rounds to float32.
        """
        more, less, v, wait = state
        if self.current_decays is None:
            more, less = exc.astype(np.float32), inh.astype(np.float32)
        else:
            more = more * self.current_decays[0] + exc.astype(np.float32)
            less = less * self.current_decays[1] + inh.astype(np.float32)
        moved = v * self.decay + ((more - less) + self.bias)
        ready = wait <= 0
        v = np.where(ready, moved, v) if self.refractory else moved
        spikes = v >= self.threshold
        settled = v - self.threshold if self.reset is None else self.reset
        v = np.where(spikes, settled, v)
        if self.refractory:
            wait = np.where(spikes, np.float32(self.refractory), np.maximum(wait - 1, 0))
        return (more, less, v, wait), spikes


@dataclass(frozen=True, eq=False)
class Encoder:
    """A population that the host computes, in float32; parameters are float32 [neurons] each.

    Attributes:
        decay: per tick; None where nothing leaks.
        current_decay: None where there is no current of its own.
        current_order: "new", "old" or "decay-last": which current drives the potential.
        strict: fires above the threshold, not at it.
        reset: "subtract", "value" or "none"; by or to `amount`.
        order: when: "now", "before-decay", "after-decay" or "after-input".
    """

    decay: Values | None
    current_decay: Values | None
    current_order: str
    bias: Values
    threshold: Values
    strict: bool
    reset: str
    order: str
    amount: Values
    refractory: int
    initial: Values

    def begin(self, samples: int) -> State:
        """The state before the first tick; the second of the currents is zero."""
        zero = np.zeros((samples, len(self.bias)), dtype=np.float32)
        return zero, zero, zero + self.initial, zero

    def step(self, state: State, current: Values) -> tuple[State, Values]:
        """State and spikes after one tick, from whole sums of weights.

        Equations: `Spiking` and the neurons of snncc.ir.ops, each operation rounded to float32.
        """
        i, zero, old, wait = state
        drive = current.astype(np.float32) + self.bias
        if self.current_decay is not None:
            before = i
            if self.current_order == "decay-last":
                drive = before + drive
                i = drive * self.current_decay
            else:
                i = before * self.current_decay + drive
                drive = i if self.current_order == "new" else before
        v, spikes = self._advance(old, drive)
        ready = wait <= 0
        spikes = spikes & ready
        v = np.where(ready, v, old)
        wait = np.where(spikes, np.float32(self.refractory), np.maximum(wait - 1, 0))
        return (i, zero, v, wait), spikes

    def _advance(self, v: Values, drive: Values) -> tuple[Values, Values]:
        if self.order == "now" or self.reset == "none":
            v = self._decay(v) + drive
            spikes = self._fires(v)
            return self._reset(v, spikes), spikes
        fired = self._fires(v)
        if self.order == "before-decay":
            v = self._decay(self._reset(v, fired)) + drive
        elif self.order == "after-decay" and self.reset == "value":
            v = self._reset(self._decay(v), fired) + drive
        else:
            v = self._reset(self._decay(v) + drive, fired)
        return v, self._fires(v)

    def _fires(self, v: Values) -> Values:
        return np.asarray(v > self.threshold if self.strict else v >= self.threshold)

    def _reset(self, v: Values, spikes: Values) -> Values:
        if self.reset == "subtract":
            return np.asarray(v - self.amount * spikes.astype(np.float32))
        return np.where(spikes, self.amount, v) if self.reset == "value" else v

    def _decay(self, v: Values) -> Values:
        return v if self.decay is None else v * self.decay


def rescale_codes(codes: Values, factor: Values, fraction: int, low: int, high: int) -> Values:
    """Codes times factor / 2**fraction, to the nearest, ties to even, no further than the ends."""
    product = codes * factor
    if fraction:
        floor = product >> fraction
        rest, half = product - (floor << fraction), 1 << (fraction - 1)
        product = floor + ((rest > half) | ((rest == half) & (floor % 2 == 1)))
    return np.asarray(np.clip(product, low, high))
