"""What the host computes beside the chip, tick by tick: its registers and populations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from snncc.ir import Integers, Values

from ..program import Program
from .population_tick import State, rescale_codes


class HostRun:
    """The host's populations at rest; each call of `play` computes the next ticks.

    Of what was sent it keeps what may still be read.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        read = [r.currents for r in program.registers] + [h.currents for h in program.hosts]
        self._kept = max((delay for currents in read for _, delay, _ in currents), default=0)
        self._states: dict[str, State] = {}
        self._sent: dict[str, list[Values]] = {}
        self._done = 0
        self._dropped = 0  # ticks of which nothing is kept

    def play(self, fed: Mapping[str, Values]) -> dict[str, tuple[Values, Values]]:
        """Host population → its spikes and potentials `[samples, ticks, neurons]`.

        Args:
            fed: input → codes or spikes `[samples, ticks, neurons]`.
        """
        program = self._program
        if not program.hosts:
            return {}
        samples, ticks = next(iter(fed.values())).shape[:2]
        for name, values in fed.items():
            self._sent.setdefault(name, []).extend(values.swapaxes(0, 1))
        shown: dict[str, list[Values]] = {host.name: [] for host in program.hosts}
        for _ in range(ticks):
            self._tick(samples, shown)
        found = {
            host.name: (
                np.stack(self._sent[host.name][-ticks:], axis=1),
                np.stack(shown[host.name], axis=1),
            )
            for host in program.hosts
        }
        past = max(0, self._done - self._dropped - self._kept)
        for sent in self._sent.values():
            del sent[:past]
        self._dropped += past
        return found

    def _tick(self, samples: int, shown: Mapping[str, list[Values]]) -> None:
        for r in self._program.registers:
            codes = self._drive(r.currents, r.constant, samples)
            made = rescale_codes(codes, r.factor, r.fraction, r.low, r.high)
            self._sent.setdefault(r.name, []).append(made)
        for host in self._program.hosts:
            if not self._done:
                self._states[host.name] = host.population.begin(samples)
            drive = self._drive(host.currents, host.constant, samples)
            self._states[host.name], spikes = host.population.step(self._states[host.name], drive)
            self._sent.setdefault(host.name, []).append(spikes.astype(np.int64))
            shown[host.name].append(self._states[host.name][2])
        self._done += 1

    def _drive(
        self, currents: Sequence[tuple[str, int, Integers]], constant: Integers, samples: int
    ) -> Values:
        """Whole codes `[samples, values]` of what is received in the tick being computed."""
        total = np.zeros((samples, len(constant)), dtype=np.int64) + constant
        for name, delay, weights in currents:
            if self._done >= delay:
                sent = self._sent[name][self._done - delay - self._dropped]
                total += sent.astype(np.int64) @ weights.T
        return total
