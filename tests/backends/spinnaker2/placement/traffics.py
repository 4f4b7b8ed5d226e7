"""Random traffic between cores, for the tests of placement and routing."""

import numpy as np
from hypothesis import strategies as st

from snncc.backends.spinnaker2.chip.machine import machine
from snncc.backends.spinnaker2.placement.placement import Placement
from snncc.backends.spinnaker2.placement.traffic import Traffic


def traffic(cores: int, seed: int, fan: int = 6, near: int = 12) -> Traffic:
    """Cores that send to some of those near them in number, themselves included."""
    chance = np.random.default_rng(seed)
    rows = []
    for core in range(cores):
        low, high = max(0, core - near), min(cores, core + near)
        rows.append(np.unique(chance.integers(low, high, chance.integers(0, fan + 1))))
    offsets = np.cumsum([0, *map(len, rows)])
    return Traffic(chance.random(cores) * 8, offsets, np.concatenate(rows).astype(np.int64))


def scattered(cores: int, boards: int, seed: int) -> Placement:
    """Cores anywhere on a machine."""
    on = machine(boards)
    return Placement(on, np.random.default_rng(seed).permutation(on.cores)[:cores])


traffics = st.builds(traffic, st.integers(1, 60), st.integers(0, 1 << 16), st.integers(0, 12))
