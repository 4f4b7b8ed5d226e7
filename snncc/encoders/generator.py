"""The generator of the rate encoder: a shift register with feedback, and who reads which cell.

The register is that of PRBS31, ITU-T O.150 (05/96) section 5.8: x**31 + x**28 + 1, with an XNOR in
the feedback, so that the only state that leads nowhere is that of all ones. Each tick every cell
takes what the one before it had, the first one XNOR(cell 31, cell 28); the period is 2**31 - 1
ticks. Its state in the first tick follows from the seed. Where there are more channels it has more
cells, which keep older bits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LEAST_CELLS = 31
MOST_CELLS = 255  # how many neurons the register has at most
TAPS = (30, 27)  # cells 31 and 28, counted from zero
BITS = np.array([127, 64, 32, 16, 8, 4, 2, 1], np.float64) / 256
"""What the bits of half a random number count.

The first is 127 instead of 128, the largest code of a weight of 8 bits, so that the unit is 1/256
and all are exact: of the 256 numbers n/256, 127/256 comes twice and 255/256 never.
"""

Array = npt.NDArray[np.float64]


Indices = npt.NDArray[np.int64]


def count_cells(channels: int) -> int:
    """How many cells the register has: one a channel, within limits."""
    return min(max(channels, LEAST_CELLS), MOST_CELLS)


def first_cells(seed: int, cells: int) -> Array:
    """The register in the first tick: 0 or 1 float64 `[cells]`, the 31 first never all ones."""
    base = _mix(np.array([seed], np.uint64))
    drawn = _mix(np.asarray(base + np.arange(cells, dtype=np.uint64), np.uint64))
    found = (drawn >> np.uint64(63)).astype(np.float64)
    if found[:LEAST_CELLS].all():
        found[0] = 0.0
    return found


def readers(seed: int, channels: int) -> tuple[Indices, Indices]:
    """Which cells each channel reads: two int64 `[channels, 8]`, for the bits `BITS`.

    A channel reads 16 different cells: eight for the upper half of its random number, and eight
    for the lower one, whose bits count `BITS / 256`. The cell of the first bit is one of its own
    as long as there are so many; all others follow from the seed and the channel's number.
    """
    cells, half = count_cells(channels), len(BITS)
    channel = np.arange(channels, dtype=np.uint64)[:, None]
    cell = np.arange(cells, dtype=np.uint64)[None, :]
    base = _mix(np.array([seed], np.uint64))
    keys = _mix(_mix(base + channel) + cell)
    first = np.argsort(_mix(base + cell[0]), kind="stable")[np.arange(channels) % cells]
    np.put_along_axis(keys, first[:, None], np.uint64(0), axis=1)
    order = np.argsort(keys, axis=1, kind="stable").astype(np.int64)
    return order[:, :half], order[:, half : 2 * half]


def _mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """SplitMix64, one step (Steele, Lea and Flood 2014, figure 18)."""
    with np.errstate(over="ignore"):
        z = values + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))
