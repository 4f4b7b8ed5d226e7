"""One tick of a population as a core of SpiNNaker 2 computes it, in float32; NumPy alone.

Written into every bundle as it stands: what the host computes beside the chip is computed here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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

    def without_bias(self) -> Population:
        """The same with a bias of zero."""
        return replace(self, bias=np.zeros_like(self.bias))

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
