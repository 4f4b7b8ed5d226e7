"""Keys of spikes: one aligned block of keys for each core."""

from __future__ import annotations

import numpy as np

from snncc.ir import CapacityError, Integers

from ..chip.target import INDEX_SPACE, KEY_BITS, USABLE_CORES_PER_CHIP
from ..placement.placement import Placement
from ..placement.traffic import Traffic

NEURON_BITS = (INDEX_SPACE - 1).bit_length()  # a spike's key: its core's block, then its neuron
BLOCK_BITS = (USABLE_CORES_PER_CHIP - 1).bit_length()  # a block: its chip, then its core's rank


def keys(traffic: Traffic, placement: Placement) -> Integers:
    """The key of the first neuron of each core: int64 [cores].

    The blocks of a chip are aligned too, and in it those with the same targets follow one another:
    so one entry of a table that leaves out the last bits often stands for many cores.

    Raises:
        CapacityError: S016, the chips' blocks exceed 32 bits.
    """
    chips = placement.chips
    if placement.machine.chips > 1 << (KEY_BITS - BLOCK_BITS - NEURON_BITS):
        raise CapacityError(
            f"S016 {placement.machine.name} has {placement.machine.chips} chips, keys of "
            f"{KEY_BITS} bits tell {1 << (KEY_BITS - BLOCK_BITS - NEURON_BITS)} apart; use "
            "fewer boards"
        )
    where = [
        (np.unique(chips[targets]).tobytes(), targets.tobytes())
        for targets in np.split(traffic.targets, traffic.offsets[1:-1])
    ]
    order = sorted(range(traffic.cores), key=lambda core: (int(chips[core]), *where[core], core))
    blocks = np.empty(traffic.cores, dtype=np.int64)
    blocks[order] = np.arange(traffic.cores)
    first = np.searchsorted(chips[order], chips)
    rank = blocks - first
    return ((chips << BLOCK_BITS) + rank) << NEURON_BITS
