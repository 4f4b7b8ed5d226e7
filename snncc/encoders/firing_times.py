"""Encoders that say something by when they fire: latency, changes, crossings of a threshold."""

from __future__ import annotations

from dataclasses import dataclass

from snncc.ir import Shape, UsageError, Use
from snncc.ir.ops import LIF, Concat, Sum

from .encoder import Encoder, parameter
from .wiring import Wiring, compare, integrate, later


@dataclass(frozen=True)
class Latency(Encoder):
    """Fires once, the earlier the larger the value: a leaky neuron that charges, and then stays.

    v <- decay v + x;  reached = v >= threshold;  v <- 0 where reached
    spike = reached and nothing fired before

    A constant x fires in tick threshold / x, rounded up, without a leak (decay 1); with a leak as
    the charging of a capacitor says (snnTorch 1.0, spikegen.latency), and never below
    (1 - decay) threshold.
    """

    name = "latency"
    example = "latency,threshold=1.5,decay=0.75"
    threshold: float = parameter(1.0, "the charge that fires", least=1e-30)
    decay: float = parameter(1.0, "of the charge, 0 to 1", unit="per tick", least=0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.decay > 1:
            raise UsageError(f"encoder latency: decay is {self.decay:g}, expected 0 to 1")

    def wire(self, wiring: Wiring, raw: Use, shape: Shape) -> Use:
        charge = integrate(self.threshold, reset="value")
        leaky = charge if self.decay == 1.0 else LIF(**charge.shared, decay=self.decay)
        reached = wiring.add("reached", leaky, raw)
        fired = wiring.promise("fired")
        either = wiring.add("either", Sum(), reached, later(fired))
        wiring.keep(fired, compare(1.0), either)
        return wiring.add("spikes", compare(1.0), wiring.subtract("new", reached, later(fired)))


class Polar(Encoder):
    """An encoder with two polarities: the first axis is twice as long, first up, then down."""

    def infer_shape(self, shape: Shape) -> Shape:
        return (2 * shape[0], *shape[1:])

    def raw_shape(self, shape: Shape) -> Shape:
        if not shape or shape[0] % 2:
            raise UsageError(
                f"encoder {self.name} puts out two polarities, an even number on the first axis; "
                f"the model takes {list(shape)}"
            )
        return (shape[0] // 2, *shape[1:])


@dataclass(frozen=True)
class Delta(Polar):
    """Fires where the signal has moved by a step since the last spike, up or down.

    With sent = step (spikes up - spikes down) of all ticks before:
    up = x - sent >= step;  down = sent - x >= step

    `sent` begins at zero, and a channel fires once a tick at most: where a signal moves faster it
    catches up in the ticks that follow. It is kept in two integrate-and-fire neurons, that for up
    in the form v = x - sent, that for down in the form -v.
    """

    name = "delta"
    example = "delta,step=0.0625"
    step: float = parameter(0.1, "the change that is one spike", unit="of the data", least=1e-30)

    def wire(self, wiring: Wiring, raw: Use, shape: Shape) -> Use:
        up, down = wiring.promise("up"), wiring.promise("down")
        for promised, other, new, old in (
            (up, down, raw, later(raw)),
            (down, up, later(raw), raw),
        ):
            part = promised.source.rpartition("_")[2]
            back = wiring.scale(f"{part}_back", later(other), self.step)
            moved = wiring.subtract(f"{part}_moved", new, old)
            drive = wiring.add(f"{part}_drive", Sum(), moved, back)
            wiring.keep(promised, integrate(self.step), drive)
        return wiring.add("spikes", Concat(0), up, down)


@dataclass(frozen=True)
class Crossing(Polar):
    """Fires where the signal crosses a threshold, up or down.

    above = x >= threshold, which is 0 before the first tick
    up = above and not above one tick ago;  down = above one tick ago and not above
    """

    name = "crossing"
    example = "crossing,threshold=0.25"
    threshold: float = parameter(0.5, "the level that is crossed", unit="of the data")

    def wire(self, wiring: Wiring, raw: Use, shape: Shape) -> Use:
        above = wiring.add("above", compare(self.threshold), raw)
        rising = wiring.subtract("rising", above, later(above))
        falling = wiring.subtract("falling", later(above), above)
        up = wiring.add("up", compare(1.0), rising)
        down = wiring.add("down", compare(1.0), falling)
        return wiring.add("spikes", Concat(0), up, down)
