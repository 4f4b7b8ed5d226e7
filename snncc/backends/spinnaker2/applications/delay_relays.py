"""What carries delays and constants that synapses cannot: late sources, relay populations."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ..chip.target import DELAY_MAX
from ..program import Neurons, Source, Synapses
from .population_tick import Population


@dataclass
class Relays:
    """Makes later copies of populations as they are asked for.

    Attributes:
        period: chip ticks to a tick.
        native: whether synapses have delays, up to DELAY_MAX.
        sources: what the host makes fire, by name; late copies are added.
        chains: population → how many ticks its longest chain of relays waits.
    """

    period: int
    native: bool
    sources: dict[str, Source] = field(default_factory=dict[str, Source])
    chains: dict[str, int] = field(default_factory=dict[str, int])

    def wait(self, name: str, ticks: int) -> tuple[str, int]:
        """The source and the delay by which a population is received that much later."""
        delay = min(ticks, DELAY_MAX) if self.native else 0
        late = ticks - delay
        if not late:
            return name, delay
        copy = f"{name}_late{late}"
        if name in self.sources:
            source = self.sources[name]
            self.sources[copy] = replace(source, name=copy, phase=source.phase + late)
        else:
            self.chains[name] = max(self.chains.get(name, 0), late)
        return copy, delay

    def constant(self, phase: int, count: int) -> str:
        """The source that fires in every tick from a chip tick on, with `count` neurons or more."""
        name = f"constant_{phase}"
        most = max(count, self.sources[name].size if name in self.sources else 0)
        self.sources[name] = Source(name, "", (most,), phase, 1.0)
        return name

    def populations(self, known: dict[str, Neurons]) -> tuple[list[Neurons], list[Synapses]]:
        """The relays, each a tick behind the one before it, and the synapses between them."""
        made: list[Neurons] = []
        synapses: list[Synapses] = []
        for name, length in self.chains.items():
            before = known[name]
            for late in range(1, length + 1):
                copy = f"{name}_late{late}"
                made.append(_relay(before, copy))
                synapses.append(_connect_one_to_one(before.name, copy, before.size))
                before = made[-1]
        return made, synapses


def _relay(before: Neurons, name: str) -> Neurons:
    """Neurons that forget at once and fire at a single spike."""
    zero = np.zeros(before.size, dtype=np.float32)
    population = Population(zero, None, zero, zero + 1, zero, 0, zero)
    return Neurons(
        name=name,
        node="",
        keyword="relay",
        application="lif_no_delay",
        pace=1,
        shape=before.shape,
        phase=before.phase + 1,
        population=population,
        rate=before.rate,
        record="",
        origin=before.origin,
    )


def _connect_one_to_one(source: str, target: str, size: int) -> Synapses:
    index = np.arange(size)
    return Synapses(
        name=f"{source}_to_{target}",
        source=source,
        target=target,
        kind="sparse",
        delay=0,
        weights=np.ones(size, dtype=np.int8),
        rows=index,
        columns=index,
        window=None,
        inputs=size,
        outputs=size,
    )
