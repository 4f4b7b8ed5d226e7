"""A sheet of small populations with a million neurons, as SpiNNaker 2's partition takes it."""

from __future__ import annotations

import numpy as np

from snncc.backends.spinnaker2.applications.population_tick import Population
from snncc.backends.spinnaker2.program import Neurons, Source, Synapses

ROWS, COLUMNS = 104, 105
SIZE = 96  # neurons of a population
HEARD = 2  # populations that each receives from, densely: 192 synapses a neuron
FAR = 3.0  # deviation of their distance, in populations
FED = 100  # populations that hear an input instead of one of them
RATE = 0.05  # spikes per neuron and tick


def sheet() -> tuple[list[Source], list[Neurons], list[Synapses]]:
    """1,048,320 neurons with 201 million synapses: inputs, populations, dense blocks."""
    chance, count = np.random.default_rng(0), ROWS * COLUMNS
    row, column = np.divmod(np.arange(count), COLUMNS)
    down, across = np.rint(chance.normal(0, FAR, (2, count, HEARD))).astype(np.int64)
    heard = (row[:, None] + down) % ROWS * COLUMNS + (column[:, None] + across) % COLUMNS
    fed = {int(n): f"x{i}" for i, n in enumerate(chance.choice(count, FED, replace=False))}
    one = np.ones(SIZE, dtype=np.float32)
    population = Population(one * 0.9, None, one * 0, one, None, 0, one * 0)
    sources = [Source(name, name, (SIZE,), 0, RATE) for name in fed.values()]
    neurons = [
        Neurons(
            name=f"n{i}",
            node=f"n{i}",
            keyword="lif",
            application="lif_no_delay",
            pace=1,
            shape=(SIZE,),
            phase=0,
            population=population,
            rate=RATE,
            record="",
            origin="",
        )
        for i in range(count)
    ]
    none = np.zeros(0, dtype=np.int64)
    synapses: list[Synapses] = []
    for target, row_of in enumerate(heard.tolist()):
        names = [f"n{source}" for source in row_of]
        names[0] = fed.get(target, names[0])
        for number, source in enumerate(names):
            weights = chance.integers(1, 128, (SIZE, SIZE), dtype=np.int8)
            name = f"{source}_{target}_{number}"
            block = Synapses(
                name, source, f"n{target}", "dense", 0, weights, none, none, None, SIZE, SIZE
            )
            synapses.append(block)
    return sources, neurons, synapses
