"""How many synapses each source neuron has onto a part of a population; counts, never matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snncc.ir import Integers

from ..program import Synapses, Window
from .tile import Tile


@dataclass(frozen=True, eq=False)
class Fan:
    """Source neurons with a synapse onto some part of a population, and how many each has.

    Attributes:
        columns: their indices, ascending; None stands for all neurons of the source.
        counts: synapses of each.
    """

    source: str
    columns: Integers | None
    counts: Integers

    @property
    def neurons(self) -> int:
        """Number of source neurons with at least one synapse."""
        return int(np.count_nonzero(self.counts))

    @property
    def synapses(self) -> int:
        """Number of synapses."""
        return int(self.counts.sum())

    def count_per_part(self, owners: Integers, parts: int) -> Integers:
        """Synapses from each of so many parts of the source; `owners` names each neuron's."""
        owner = owners if self.columns is None else owners[self.columns]
        return np.bincount(owner, self.counts, minlength=parts).astype(np.int64)


def fan(synapses: Synapses, start: int, stop: int, tile: Tile | None = None) -> Fan:
    """The synapses onto neurons `start` to `stop` of the target, or onto those of a tile."""
    if synapses.kind == "dense":
        counts = np.count_nonzero(synapses.weights[start:stop], axis=0).astype(np.int64)
        return Fan(synapses.source, None, counts)
    if synapses.kind == "sparse":
        low, high = np.searchsorted(synapses.rows, (start, stop))
        columns, found = np.unique(synapses.columns[low:high], return_counts=True)
        return Fan(synapses.source, columns, found.astype(np.int64))
    assert synapses.window is not None
    window, kernel = synapses.window, synapses.weights.shape[2:]
    if tile is None:
        total = _rows(window, kernel, start, stop)
    else:
        total = tile.channels * _count_reached(window, kernel, tile.places)
    return Fan(synapses.source, None, _undo_pool(window, total))


def merge_fans(fans: Sequence[Fan]) -> Fan:
    """Several fans of one source as one: their rows share a header."""
    if len(fans) == 1:
        return fans[0]
    columns = [np.arange(len(f.counts)) if f.columns is None else f.columns for f in fans]
    known, place = np.unique(np.concatenate(columns), return_inverse=True)
    counts = np.bincount(place, np.concatenate([f.counts for f in fans])).astype(np.int64)
    return Fan(fans[0].source, known, counts)


def _rows(window: Window, kernel: tuple[int, ...], start: int, stop: int) -> Integers:
    """Synapses of each pooled pixel of a channel onto neurons in a row."""
    rows, columns = window.out[1:]
    area = rows * columns
    first, last = start // area, (stop - 1) // area
    places = np.zeros(area, dtype=np.int64)
    for channel in {first, last}:
        places[max(start - channel * area, 0) : min(stop - channel * area, area)] += 1
    places += max(last - first - 1, 0)
    return _count_reached(window, kernel, places.reshape(rows, columns))


def _undo_pool(window: Window, total: Integers) -> Integers:
    """The same for each pixel before the pool; all input channels are alike."""
    channels, height, width = window.size
    apart = np.zeros((height, width), dtype=np.int64)
    down, across = window.pool
    spread = np.repeat(np.repeat(total, down, axis=0), across, axis=1)
    apart[: spread.shape[0], : spread.shape[1]] = spread
    return np.broadcast_to(apart, (channels, height, width)).reshape(-1)


def _count_reached(window: Window, kernel: tuple[int, ...], places: Integers) -> Integers:
    """How many of the neurons at each place of the target look at each pooled pixel."""
    rows, columns = window.out[1:]
    top, bottom, left, right = window.padding
    height, width = window.pooled[1:]
    padded = np.zeros((height + top + bottom, width + left + right), dtype=np.int64)
    down, across = window.stride
    for y in range(kernel[0]):
        for x in range(kernel[1]):
            ends = y + (rows - 1) * down + 1, x + (columns - 1) * across + 1
            padded[y : ends[0] : down, x : ends[1] : across] += places
    return padded[top : top + height, left : left + width]
