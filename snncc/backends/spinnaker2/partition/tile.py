"""Tiles: boxes of an image, which share fewer inputs than as many neurons in a row would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Box: TypeAlias = tuple[int, ...]
MORE_CORES = 1.15  # what tiles may cost in cores before neurons in a row are preferred


@dataclass(frozen=True)
class Tile:
    """A box of an image `[channels, height, width]`: from `low` up to, not including, `high`."""

    shape: Box
    low: Box
    high: Box

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return prod(b - a for a, b in zip(self.low, self.high, strict=True))

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.high[0] - self.low[0]

    @property
    def places(self) -> npt.NDArray[np.int64]:
        """1 where a channel of the tile has a neuron: int64 [height, width]."""
        flat = np.zeros(self.shape[1:], dtype=np.int64)
        flat[self.low[1] : self.high[1], self.low[2] : self.high[2]] = 1
        return flat

    @property
    def members(self) -> npt.NDArray[np.int64]:
        """Indices of its neurons in row-major order of the image: int64 [neurons]."""
        index = np.arange(prod(self.shape), dtype=np.int64).reshape(self.shape)
        (a, b, c), (d, e, f) = self.low, self.high
        return index[a:d, b:e, c:f].reshape(-1)

    def __str__(self) -> str:
        ranges = zip(self.low, self.high, strict=True)
        return ", ".join(f"{low}:{high}" for low, high in ranges)


def choose_tiles(
    shape: Box, most: int, rows: int, look: tuple[Box, Box], fits: Callable[[Tile], bool]
) -> tuple[Tile, ...]:
    """The tiles of an image: few, and of those the ones that receive from the fewest neurons.

    A core receives all channels of the pixels that its neurons look at, so that square tiles of all
    channels are best where they fit. Empty where tiles take more cores than `rows` by far.

    Args:
        shape: channels, height, width.
        most: neurons in a tile.
        rows: cores that neurons in a row would take.
        look: kernel and stride of the convolution that makes the image, by axis.
        fits: whether a core can hold a tile.
    """
    splits = [np.unique(-(-n // np.arange(1, n + 1))) for n in shape]  # lengths of a side
    sides = np.stack(np.meshgrid(*splits, indexing="ij"), axis=-1).reshape(-1, 3)
    counts = (-(-np.array(shape) // sides)).prod(axis=1)
    good = (sides.prod(axis=1) <= most) & (counts <= np.ceil(rows * MORE_CORES))
    sides, counts = sides[good], counts[good]
    kernel, stride = np.array(look)
    heard = counts * ((sides - 1) * stride + kernel)[:, 1:].prod(axis=1)
    for index in np.lexsort((heard, counts)).tolist():
        found = _cut(shape, sides[index])
        if all(fits(tile) for tile in found):
            return found
    return ()


def _cut(shape: Box, side: npt.NDArray[np.int64]) -> tuple[Tile, ...]:
    """Tiles of nearly equal sides, by channel, row and column."""
    bounds = []
    for size, length in zip(shape, side.tolist(), strict=True):
        parts = -(-size // length)
        bounds.append([size * i // parts for i in range(parts + 1)])
    ranges = [list(pairwise(b)) for b in bounds]
    return tuple(
        Tile(shape, (c[0], y[0], x[0]), (c[1], y[1], x[1]))
        for c in ranges[0]
        for y in ranges[1]
        for x in ranges[2]
    )
