"""A convolution from one tile to another, as a convolution of its own between small images.

So that every core may be a population of py-spinnaker2: `Conv2DProjection` joins whole images only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..program import Program, Small, Synapses
from .tile import Tile

CONVOLVING = "lif_conv2d"


@dataclass(frozen=True, eq=False)
class Piece:
    """What a tile adds to another one's currents.

    Attributes:
        weights: int8 [out, in, height, width]; taps of zero where the source reaches further.
        stride: down and across.
        padding: rows before, rows after, columns before, columns after; of the source tile.
    """

    weights: Small
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Cut:
    """A piece between two parts of a program's populations, numbered in order of their cores.

    Attributes:
        name: of its weights among the program's arrays.
        size: of the source's part: channels, height, width.
        pool: of the sum-pool in front, where it is not in the weights.
    """

    source: int
    target: int
    name: str
    size: tuple[int, ...]
    pool: tuple[int, int]
    piece: Piece


def find_uncut(program: Program) -> frozenset[str]:
    """Populations and sources that stay one population each: images that are not in tiles.

    Where a pool leaves pixels over, both ends of its convolution stay whole as well.
    """
    convolving = [s for s in program.synapses if s.window is not None]
    ends = {name for s in convolving for name in (s.source, s.target)}
    rows = {core.population for core in program.partition.cores if core.tile is None}
    over = {name for s in convolving if _leaves_over(s) for name in (s.source, s.target)}
    return frozenset(ends & (rows | over))


def cuts(program: Program, number: int) -> tuple[Cut, ...]:
    """The convolution with that number between all parts that it joins; none for other synapses."""
    s = program.synapses[number]
    if s.window is None:
        return ()
    if _leaves_over(s):
        kept = Piece(s.weights, s.window.stride, s.window.padding)
        return (Cut(0, 0, f"{number}.0.0", s.window.size, s.window.pool, kept),)
    whole = find_uncut(program)
    found: list[Cut] = []
    for a, source in enumerate(_parts(program, s.source, s.window.size, whole)):
        for b, target in enumerate(_parts(program, s.target, s.window.out, whole)):
            joined = piece(s, source, target)
            if joined is not None:
                size = tuple(high - low for low, high in zip(source.low, source.high, strict=True))
                found.append(Cut(a, b, f"{number}.{a}.{b}", size, (1, 1), joined))
    return tuple(found)


def _leaves_over(s: Synapses) -> bool:
    """Whether a pool leaves pixels over."""
    assert s.window is not None, "only convolutions have pools"
    down, across = s.window.pool
    return bool(s.window.size[1] % down or s.window.size[2] % across)


def _parts(
    program: Program, name: str, shape: tuple[int, ...], whole: frozenset[str]
) -> list[Tile]:
    if name in whole:
        return [Tile(shape, (0, 0, 0), shape)]
    cores = program.partition.cores
    return [core.tile for core in cores if core.population == name and core.tile]


def piece(synapses: Synapses, source: Tile, target: Tile) -> Piece | None:
    """The part of a convolution between two tiles; None where no synapse joins them.

    A sum-pool in front, which must leave no pixel over, is multiplied into the kernel. Taps that
    join no pixel of the two are left out; taps of zero are added where the source ends after the
    last pixel that is looked at, since a projection cannot leave out pixels.
    """
    window = synapses.window
    assert window is not None, "only convolutions have pieces"
    assert not _leaves_over(synapses), "a pool leaves pixels over"
    down, across = window.pool
    kernel = synapses.weights[target.low[0] : target.high[0], source.low[0] : source.high[0]]
    kernel = np.repeat(np.repeat(kernel, down, axis=2), across, axis=3)
    stride = window.stride[0] * down, window.stride[1] * across
    shifts = window.padding[0] * down, window.padding[2] * across
    pads: list[int] = []
    for axis in (1, 2):
        pixels, places = source.high[axis] - source.low[axis], target.high[axis] - target.low[axis]
        step, taps = stride[axis - 1], np.arange(kernel.shape[axis + 1])
        shift = shifts[axis - 1] + source.low[axis] - target.low[axis] * step
        # Place p looks with tap k at pixel p * step + k - shift of the source tile.
        seen = np.arange(places)[:, None] * step + taps - shift
        used = np.flatnonzero(((seen >= 0) & (seen < pixels)).any(axis=0))
        if not len(used):
            return None
        first, last = int(used[0]), int(used[-1])
        shift -= first
        before = max(-shift, 0)  # taps of zero, where the source begins before what is looked at
        length = last - first + 1 + before
        lead = max(shift, 0)
        behind = (places - 1) * step + length - pixels - lead
        after = max(-behind, 0)
        kernel = np.take(kernel, np.arange(first, last + 1), axis=axis + 1)
        widths = [(0, 0)] * 4
        widths[axis + 1] = (before, after)
        kernel = np.pad(kernel, widths)
        pads += [lead, max(behind, 0)]
    return Piece(kernel, stride, (pads[0], pads[1], pads[2], pads[3]))
