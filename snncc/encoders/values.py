"""Encoders that say what a value is: populations, sums over a window, standard scaling."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Self

import numpy as np

from snncc.ir import Shape, UsageError, Use, Values
from snncc.ir.ops import Affine, BlockDense, Relu, Sum, Transpose

from .encoder import Encoder, parameter
from .wiring import Wiring, integrate

PART = 64  # samples that are looked at together


@dataclass(frozen=True)
class Population(Encoder):
    """Several neurons a channel, each with a value at which it fires most.

    centre k = low + (k + 1/2) (high - low) / neurons, width = (high - low) / neurons
    tuning k = max(0, 1 - |x - centre k| / width)
    v <- v + tuning;  spike = v >= 1;  v <- v - 1 where it fires

    The first axis is `neurons` times as long: channel 0's neurons, channel 1's, and so on. At most
    two neurons of a channel respond to a value, with rates that add up to one spike a tick.
    """

    name = "population"
    example = "population,neurons=4,low=-1"
    neurons: int = parameter(8, "for each channel", least=1)
    low: float = parameter(0.0, "where the values begin", unit="of the data")
    high: float = parameter(1.0, "where the values end", unit="of the data")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.low < self.high:
            raise UsageError(
                f"encoder population: low is {self.low:g}, high is {self.high:g}; expected low "
                "below high"
            )

    @property
    def width(self) -> float:
        """The distance of two centres, and from a centre to where its tuning ends."""
        return (self.high - self.low) / self.neurons

    @property
    def centres(self) -> Values:
        """Where the tuning is largest, float64 `[neurons]`."""
        return np.asarray(self.low + (np.arange(self.neurons) + 0.5) * self.width)

    def wire(self, wiring: Wiring, raw: Use, shape: Shape) -> Use:
        size, n = prod(shape), self.neurons
        each = wiring.reshape("each", raw, shape, (size, 1))
        weight = np.full((size, n, 1), 1 / self.width)
        bias = np.broadcast_to(-self.centres / self.width, (size, n))
        sides = [
            wiring.add(
                f"{part}_side",
                Relu(),
                wiring.add(
                    part,
                    BlockDense(
                        wiring.tensor(f"{part}_weight", sign * weight),
                        wiring.tensor(f"{part}_bias", sign * bias),
                    ),
                    each,
                ),
            )
            for part, sign in (("right", 1.0), ("left", -1.0))
        ]
        away = wiring.add("away", Sum(), *sides)
        tuning = wiring.add("tuning", Relu(), wiring.add("near", Affine(-1.0, 1.0), away))
        spikes = wiring.add("spikes", integrate(1.0), tuning)
        split: Shape = (size, n)
        if len(shape) > 1:
            split = (shape[0], n, size // shape[0])
            places = (shape[0], size // shape[0], n)
            placed = wiring.reshape("places", spikes, (size, n), places)
            spikes = wiring.add("order", Transpose((0, 2, 1)), placed)
        return wiring.reshape("out", spikes, split, self.infer_shape(shape))

    def infer_shape(self, shape: Shape) -> Shape:
        return (self.neurons * shape[0], *shape[1:])

    def raw_shape(self, shape: Shape) -> Shape:
        if not shape or shape[0] % self.neurons:
            raise UsageError(
                f"encoder population with {self.neurons} neurons a channel puts out a multiple of "
                f"it on the first axis; the model takes {list(shape)}"
            )
        return (shape[0] // self.neurons, *shape[1:])


@dataclass(frozen=True)
class Window(Encoder):
    """Sums of the last ticks: how many events each tick and those before it had.

    y[t] = x[t] + x[t - 1] + ... + x[t - ticks + 1];  what lies before the first tick is zero
    """

    name = "window"
    example = "window,ticks=5"
    spikes = False
    ticks: int = parameter(4, "that a sum goes over", unit="ticks", least=1)

    def wire(self, wiring: Wiring, raw: Use, shape: Shape) -> Use:
        return wiring.add("counts", Sum(), *(Use(raw.source, d) for d in range(self.ticks)))


@dataclass(frozen=True)
class Standard(Encoder):
    """Standard scaling: zero mean, unit deviation, for each entry of the first axis.

    y = x / deviation - mean / deviation

    Where mean and deviation are left out they are those of the data that the model is built with;
    the bundle states them, and scales further data alike.
    """

    name = "standard"
    example = "standard,mean=0.5,deviation=0.25"
    spikes = False
    mean: tuple[float, ...] = parameter(
        (), "of the data: one number, or one per channel", unit="of the data"
    )
    deviation: tuple[float, ...] = parameter(
        (), "of the data: one number, or one per channel", unit="of the data", least=1e-30
    )

    def wire(self, wiring: Wiring, raw: Use, shape: Shape) -> Use:
        scale, shift = self.factors(shape)
        op = Affine(wiring.number("scale", scale), wiring.number("shift", shift))
        return wiring.add("scaled", op, raw)

    def factors(self, shape: Shape) -> tuple[Values, Values]:
        """Scale and shift, float64, that broadcast to values of a shape.

        Raises:
            UsageError: there are as many numbers as the first axis has not, or none.
        """
        if not self.mean or not self.deviation:
            raise UsageError(
                "encoder standard: nothing is known of the data; give --data FILE, or mean=NUMBER "
                "and deviation=NUMBER"
            )
        deviation = self._spread("deviation", shape)
        return 1 / deviation, -self._spread("mean", shape) / deviation

    def _spread(self, key: str, shape: Shape) -> Values:
        values = np.asarray(getattr(self, key), np.float64)
        if len(values) not in (1, *shape[:1]):
            raise UsageError(
                f"encoder standard: {key} has {len(values)} numbers, the data have {list(shape)}; "
                "expected one, or one for each entry of the first axis"
            )
        return values.reshape(-1, *(1,) * (len(shape) - 1)) if shape else values.reshape(())

    def learn(self, signal: Values) -> Self:
        if self.mean and self.deviation:
            return self
        channels = signal.shape[2] if signal.ndim > 2 else 1
        total, squares, count = np.zeros(channels), np.zeros(channels), 0
        for start in range(0, len(signal), PART):
            part = np.asarray(signal[start : start + PART], np.float64)
            flat = part.reshape(part.shape[0] * part.shape[1], channels, -1)
            total += flat.sum(axis=(0, 2))
            squares += np.square(flat).sum(axis=(0, 2))
            count += flat.shape[0] * flat.shape[2]
        means = total / count
        spread = np.sqrt(np.maximum(squares / count - np.square(means), 0.0))
        spread[spread == 0] = 1.0  # a channel that never moves is left as it is
        mean, deviation = (tuple(map(float, values)) for values in (means, spread))
        return replace(self, mean=self.mean or mean, deviation=self.deviation or deviation)
