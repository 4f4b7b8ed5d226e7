"""What a chip does in a tick, population by population: the double's own reading of its sources.

Order and arithmetic follow nest/nestml commit 4bde5dbec, resources_spinnaker2/{main.c, synapses.c,
neuron.c}: float32 state, integer sums per synapse type, spikes drained at the start of a tick.
"""

from __future__ import annotations

import numpy as np

from .snn import NEURONS, Conv2DProjection, Network, Population

CORES = 148
ONE = np.float32


def run(network: Network, ticks: int) -> None:
    """Runs the network for `ticks` ticks, and leaves in each population what it records."""
    network.validate()
    cores = sum(population.cores for population in network.populations)
    assert cores <= CORES, f"{cores} cores, a chip has {CORES}"
    live = {p: _Neurons(p, ticks) for p in network.populations}
    for tick in range(ticks):
        # Spikes of tick t are drained at t + 1; a delay of d adds d ticks to that.
        for part in network.projections:
            pre, post = live[part.pre], live[part.post]
            if isinstance(part, Conv2DProjection):
                if tick:
                    arrived = part.taken(pre.raster[tick - 1].astype(np.int64))
                    post.take(tick, np.arange(arrived.size), arrived)
            elif tick:
                fired = part.table[pre.raster[tick - 1][part.table[:, 0]]]
                for delay in np.unique(fired[:, 3]):
                    at = fired[fired[:, 3] == delay]
                    post.take(tick + int(delay), at[:, 1], at[:, 2])
        for neurons in live.values():
            neurons.update(tick)
    for population, neurons in live.items():
        neurons.record(population)


class _Neurons:
    """State of one population over a run."""

    def __init__(self, population: Population, ticks: int) -> None:
        self.model, self.params, size = population.neuron_model, population.params, population.size
        self.raster = np.zeros((ticks, size), dtype=bool)
        self.potentials = np.zeros((ticks, size), dtype=ONE)
        self.rings = np.zeros((2, 8, size), dtype=np.int64)
        if self.model == "spike_list":
            for index, times in self.params.items():
                kept = [time for time in times if time < ticks]
                self.raster[kept, index] = True
            return
        self.v = self._values("v_init", 0.0)
        self.currents = np.zeros((2, size), dtype=ONE)
        self.waiting = np.zeros(size, dtype=np.int64)

    def _values(self, key: str, default: float) -> np.ndarray:
        size = self.raster.shape[1]
        given = np.asarray(self.params.get(key, default), dtype=ONE).reshape(-1)
        return np.broadcast_to(given, (size,)).copy()

    def take(self, tick: int, posts: np.ndarray, weights: np.ndarray) -> None:
        """Synaptic events that arrive in a tick."""
        for kind, sign in ((0, 1), (1, -1)):
            chosen = weights * sign > 0
            np.add.at(self.rings[kind, tick & 7], posts[chosen], np.abs(weights[chosen]))

    def update(self, tick: int) -> None:
        """One tick: currents, membrane potential, threshold, reset."""
        if self.model == "spike_list":
            return
        arrived = self.rings[:, tick & 7].astype(ONE)
        self.rings[:, tick & 7] = 0
        if "exc_decay" in NEURONS[self.model][0]:
            self.currents[0] = self.currents[0] * self._values("exc_decay", 0.5) + arrived[0]
            self.currents[1] = self.currents[1] * self._values("inh_decay", 0.5) + arrived[1]
        else:
            self.currents = arrived
        given = (self.currents[0] - self.currents[1]) + self._values("i_offset", 0.0)
        free = self.waiting <= 0
        moved = self.v * self._values("alpha_decay", 0.9) + given
        self.v = np.where(free, moved, self.v).astype(ONE)
        self.waiting = np.where(free, self.waiting, self.waiting - 1)
        threshold = self._values("threshold", 10.0)
        fired = self.v >= threshold
        if self.params.get("reset", "reset_by_subtraction") == "reset_by_subtraction":
            after = self.v - threshold
        else:
            after = self._values("v_reset", 0.0)
        self.v = np.where(fired, after, self.v).astype(ONE)
        rest = self._values("t_refrac", 0.0).astype(np.int64)
        self.waiting = np.where(fired, rest, self.waiting)
        self.raster[tick], self.potentials[tick] = fired, self.v

    def record(self, population: Population) -> None:
        """Leaves the results where the caller looks for them."""
        if "spikes" in population.record:
            population.spikes = {
                index: np.flatnonzero(column).tolist() for index, column in enumerate(self.raster.T)
            }
        if "v" in population.record:
            population.voltages = dict(enumerate(self.potentials.T))
        elif "v_last" in population.record:
            population.voltages = dict(enumerate(self.potentials[-1:].T))
