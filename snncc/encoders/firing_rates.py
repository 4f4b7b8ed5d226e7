"""Encoders whose spikes are as many as a value is large: at random, and at regular intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from snncc.ir import Shape, Use, Values
from snncc.ir.ops import LIF, Dense, Sparse, Sum

from .encoder import Encoder, parameter
from .generator import BITS, TAPS, count_cells, first_cells, readers
from .wiring import Wiring, compare, integrate, later


@dataclass(frozen=True)
class Rate(Encoder):
    """Fires at random: with probability x / full in each tick.

    u = a random number of 16 bits in [0, 1), another for each channel and tick
    spike = x > full u

    The generator is a shift register of 31 to 255 neurons, one a channel within that (PRBS31, ITU-T
    O.150, with XNOR; its period is 2**31 - 1 ticks), which is part of the network. Each channel
    reads 16 of the cells in an order of its own. So the numbers of two channels, and of ticks that
    follow each other, share bits and are not independent; the first bit, which says most, is
    another one for each of up to 255 channels.
    """

    name = "rate"
    example = "rate,seed=3"
    seed: int = parameter(0, "of the register, and of which cells a channel reads", least=0)
    full: float = parameter(1.0, "the value at which every tick has a spike", least=1e-30)

    def wire(self, wiring: Wiring, raw: Use, shape: Shape) -> Use:
        channels = prod(shape)
        flat = wiring.reshape("flat", raw, shape, (channels,))
        cells = _wire_register(wiring, flat, self.seed, count_cells(channels))
        upper, lower = readers(self.seed, channels)
        drawn = [
            wiring.add(part, _read(wiring, part, order, -self.full * bits), cells)
            for part, order, bits in (("upper", upper, BITS), ("lower", lower, BITS / 256))
        ]
        above = wiring.add("above", Sum(), flat, *drawn)
        spikes = wiring.add("spikes", compare(0.0, ">"), above)
        return wiring.reshape("out", spikes, (channels,), shape)


def _read(wiring: Wiring, part: str, order: Values, bits: Values) -> Sparse:
    """Synapses from the cells that a channel reads, in order, with the weights of the bits."""
    channels, count = order.shape
    rows = np.repeat(np.arange(channels), count)
    weights = np.tile(bits, channels)
    return _synapses(wiring, part, weights, rows, order.reshape(-1), channels)


def _synapses(
    wiring: Wiring, part: str, weights: Values, rows: Values, columns: Values, size: int
) -> Sparse:
    return Sparse(
        wiring.tensor(part, weights),
        wiring.tensor(f"{part}_rows", rows.astype(np.int64)),
        wiring.tensor(f"{part}_columns", columns.astype(np.int64)),
        size,
    )


def _wire_register(wiring: Wiring, raw: Use, seed: int, count: int) -> Use:
    """The wire of the register's cells, which no signal drives.

    both = [cell 31 + cell 28 >= 3/2];  each cell <- [the one before it >= 1/2], but
    first cell <- [1 - cell 31 - cell 28 + 2 both >= 1/2], which is XNOR(cell 31, cell 28).

    The shape is that of a projection from the input without any synapse. From it a neuron fires in
    the first tick alone, as its potential begins at four times the threshold and keeps a quarter,
    and sets the cells.
    """
    none = np.zeros(0)
    nothing = wiring.add("nothing", _synapses(wiring, "none", none, none, none, 1), raw)
    once = LIF(**integrate(1.0, 4.0, "none").shared, decay=0.25)
    begin = wiring.add("begin", once, nothing)
    cells, ones = wiring.promise("cells"), np.ones(len(TAPS))
    tapped = _synapses(wiring, "taps", ones, 0 * ones, np.array(TAPS), 1)
    both = wiring.add("both", compare(1.5), wiring.add("taps", tapped, later(cells)))
    rows, columns = np.arange(1, count), np.arange(count - 1)
    moved = _synapses(
        wiring,
        "moved",
        np.concatenate([-ones, np.ones(count - 1)]),
        np.concatenate([0 * ones, rows]),
        np.concatenate([np.array(TAPS), columns]),
        count,
    )
    first = np.eye(count)[0]
    drive = wiring.add(
        "drive",
        Sum(),
        wiring.add("moved", moved, later(cells)),
        wiring.add("carried", Dense(wiring.tensor("carried", 2 * first[:, None])), both),
        wiring.add("seeded", _set_cells(wiring, first_cells(seed, count) - first), begin),
    )
    return wiring.keep(cells, replace(compare(0.5), bias=wiring.tensor("bias", first)), drive)


def _set_cells(wiring: Wiring, change: Values) -> Dense:
    """Synapses to the cells that begin otherwise than where all before them were silent."""
    return Dense(wiring.tensor("seed", change[:, None]))


@dataclass(frozen=True)
class Regular(Encoder):
    """Fires at regular intervals, x / full times a tick, as an integrate-and-fire neuron does.

    v <- v + x;  spike = v >= full;  v <- v - full where it fires
    """

    name = "regular"
    example = "regular,full=2"
    full: float = parameter(1.0, "the value at which every tick has a spike", least=1e-30)

    def wire(self, wiring: Wiring, raw: Use, shape: Shape) -> Use:
        return wiring.add("spikes", integrate(self.full), raw)
