"""The encoders as PyTorch modules: the same equations, tick by tick, to put into a model.

Each takes all ticks, along `time_axis`, begins at rest at each call, and has the parameters of the
encoder of its name, whose docstring has the equations. Only who puts them into a model, or runs
one beside its network, loads PyTorch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import fields

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from snncc.frontends import neuron
from snncc.ir import Values

from . import firing_rates, firing_times, values
from .chain import Chain
from .encoder import Encoder
from .generator import BITS, TAPS, count_cells, first_cells, readers


def _state_fields(module: nn.Module) -> dict[str, object]:
    """What the op that `Neurons` are states."""
    assert isinstance(module, Neurons)
    return {
        "decay": module.decay,
        "bias": module.bias,
        "threshold": module.threshold,
        "compare": module.compare,
        "reset": module.reset,
        "reset_amount": module.threshold if module.reset == "subtract" else 0.0,
        "reset_order": "now",
    }


@neuron("lif", states={"v": "v"}, fields=_state_fields)
class Neurons(nn.Module):
    """Neurons of which encoders are made, one tick a call; without a decay they keep nothing.

    v <- decay v + input + bias;  spike = v compare threshold;  reset: subtract, value or none
    """

    def __init__(
        self,
        threshold: float,
        *,
        compare: str = ">=",
        decay: float = 0.0,
        reset: str = "none",
        bias: Tensor | float = 0.0,
    ) -> None:
        super().__init__()
        self.threshold, self.compare, self.decay, self.reset = threshold, compare, decay, reset
        self.bias: Tensor
        self.register_buffer("bias", torch.as_tensor(bias), persistent=False)

    def forward(self, current: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Spikes and potential after the tick, from the input and the potential before it."""
        v = self.decay * v + current + self.bias.to(current)
        above = v > self.threshold if self.compare == ">" else v >= self.threshold
        spikes = above.to(current)
        if self.reset == "subtract":
            v = v - self.threshold * spikes
        elif self.reset == "value":
            v = v * (1 - spikes)
        return spikes, v


class Encoding(nn.Module, ABC):
    """An encoder over all ticks.

    Args:
        encoder: with its parameters.
        time_axis: of the ticks in what goes in and comes out: 0 for [T, B, ...], 1 for [B, T, ...].
    """

    def __init__(self, encoder: Encoder, time_axis: int) -> None:
        super().__init__()
        self.encoder, self.time_axis = encoder, time_axis

    def forward(self, x: Tensor) -> Tensor:
        """What comes out of raw samples, all ticks."""
        ticks = x.unbind(self.time_axis)
        return torch.stack(self.walk(ticks), self.time_axis)

    @abstractmethod
    def walk(self, ticks: tuple[Tensor, ...]) -> list[Tensor]:
        """What comes out of each tick `[samples, *shape]`."""


class Rate(Encoding):
    """Random spikes: `snncc.encoders.Rate`."""

    def __init__(self, seed: int = 0, full: float = 1.0, time_axis: int = 0) -> None:
        super().__init__(firing_rates.Rate(seed, full), time_axis)
        self.seed, self.full = seed, full
        self.begin, self.both = Neurons(1.0, decay=0.25), Neurons(1.5)
        self.cells, self.above = Neurons(0.5), Neurons(0.0, compare=">")

    def walk(self, ticks: tuple[Tensor, ...]) -> list[Tensor]:
        flat = [x.flatten(1) for x in ticks]
        nothing, taps, moved, upper, lower, carried, seeded = self._weights(flat[0])
        cells = flat[0].new_zeros(len(flat[0]), len(moved))
        begin, both, cell = flat[0].new_full((len(cells), 1), 4.0), cells[:, :1], cells
        above = torch.zeros_like(flat[0])
        found: list[Tensor] = []
        for x, raw in zip(flat, ticks, strict=True):
            begun, begin = self.begin(linear(x, nothing), begin)
            tapped, both = self.both(linear(cells, taps), both)
            drive = linear(cells, moved) + linear(tapped, carried) + linear(begun, seeded)
            cells, cell = self.cells(drive + carried[:, 0] / 2, cell)
            spikes, above = self.above(x - linear(cells, upper) - linear(cells, lower), above)
            found.append(spikes.reshape(raw.shape))
        return found

    def _weights(self, like: Tensor) -> list[Tensor]:
        """What multiplies the input, and the cells of the register."""
        channels = like.shape[1]
        count, taps = count_cells(channels), torch.zeros(1, count_cells(channels))
        taps[0, TAPS] = 1.0
        first = torch.eye(count)[:, :1]
        moved = torch.diag(torch.ones(count - 1), -1) - first @ taps
        seeded = torch.as_tensor(first_cells(self.seed, count))[:, None] - first
        reading = [torch.zeros(channels, count, dtype=torch.float64) for _ in range(2)]
        for weights, order, bits in zip(
            reading, readers(self.seed, channels), (BITS, BITS / 256), strict=True
        ):
            each = torch.as_tensor(self.full * bits).expand(channels, -1)
            weights.scatter_(1, torch.as_tensor(order), each)
        found = (torch.zeros(1, channels), taps, moved, *reading, 2 * first, seeded)
        return [each.to(like) for each in found]


class Regular(Encoding):
    """Spikes at regular intervals: `snncc.encoders.Regular`."""

    def __init__(self, full: float = 1.0, time_axis: int = 0) -> None:
        super().__init__(firing_rates.Regular(full), time_axis)
        self.neurons = Neurons(full, decay=1.0, reset="subtract")

    def walk(self, ticks: tuple[Tensor, ...]) -> list[Tensor]:
        v = torch.zeros_like(ticks[0])
        found: list[Tensor] = []
        for x in ticks:
            spikes, v = self.neurons(x, v)
            found.append(spikes)
        return found


class Latency(Encoding):
    """One spike, the earlier the larger the value: `snncc.encoders.Latency`."""

    def __init__(self, threshold: float = 1.0, decay: float = 1.0, time_axis: int = 0) -> None:
        super().__init__(firing_times.Latency(threshold, decay), time_axis)
        self.charge = Neurons(threshold, decay=decay, reset="value")
        self.first, self.ever = Neurons(1.0), Neurons(1.0)

    def walk(self, ticks: tuple[Tensor, ...]) -> list[Tensor]:
        rest = torch.zeros_like(ticks[0])
        charge, first, ever, fired = rest, rest, rest, rest
        found: list[Tensor] = []
        for x in ticks:
            reached, charge = self.charge(x, charge)
            spikes, first = self.first(reached - fired, first)
            fired, ever = self.ever(reached + fired, ever)
            found.append(spikes)
        return found


class Delta(Encoding):
    """A spike for each step up or down: `snncc.encoders.Delta`."""

    def __init__(self, step: float = 0.1, time_axis: int = 0) -> None:
        super().__init__(firing_times.Delta(step), time_axis)
        self.step = step
        self.rising = Neurons(step, decay=1.0, reset="subtract")
        self.falling = Neurons(step, decay=1.0, reset="subtract")

    def walk(self, ticks: tuple[Tensor, ...]) -> list[Tensor]:
        rest = torch.zeros_like(ticks[0])
        above, below, before, up, down = rest, rest, rest, rest, rest
        found: list[Tensor] = []
        for x in ticks:
            risen, fallen = (x - before) + self.step * down, (before - x) + self.step * up
            up, above = self.rising(risen, above)
            down, below = self.falling(fallen, below)
            found.append(torch.cat((up, down), 1))
            before = x
        return found


class Crossing(Encoding):
    """A spike where a threshold is crossed: `snncc.encoders.Crossing`."""

    def __init__(self, threshold: float = 0.5, time_axis: int = 0) -> None:
        super().__init__(firing_times.Crossing(threshold), time_axis)
        self.level = Neurons(threshold)
        self.rising, self.falling = Neurons(1.0), Neurons(1.0)

    def walk(self, ticks: tuple[Tensor, ...]) -> list[Tensor]:
        rest = torch.zeros_like(ticks[0])
        level, rising, falling, before = rest, rest, rest, rest
        found: list[Tensor] = []
        for x in ticks:
            above, level = self.level(x, level)
            up, rising = self.rising(above - before, rising)
            down, falling = self.falling(before - above, falling)
            found.append(torch.cat((up, down), 1))
            before = above
        return found


class Population(Encoding):
    """Neurons with tuned values: `snncc.encoders.Population`."""

    def __init__(
        self, neurons: int = 8, low: float = 0.0, high: float = 1.0, time_axis: int = 0
    ) -> None:
        encoder = values.Population(neurons, low, high)
        super().__init__(encoder, time_axis)
        self.count, self.width = neurons, encoder.width
        self.centres = torch.as_tensor(encoder.centres / encoder.width)
        self.tuned = Neurons(1.0, decay=1.0, reset="subtract")

    def walk(self, ticks: tuple[Tensor, ...]) -> list[Tensor]:
        rest = (1,) * (ticks[0].ndim - 2)
        centres = self.centres.to(ticks[0]).reshape(1, 1, self.count, *rest)
        wide = ticks[0].unsqueeze(2).expand(-1, -1, self.count, *ticks[0].shape[2:])
        v = torch.zeros_like(wide)
        found: list[Tensor] = []
        for x in ticks:
            away = x.unsqueeze(2) / self.width - centres
            tuning = torch.relu(1 - (torch.relu(away) + torch.relu(-away)))
            spikes, v = self.tuned(tuning, v)
            found.append(spikes.flatten(1, 2))
        return found


class Window(Encoding):
    """Sums of the last ticks: `snncc.encoders.Window`."""

    def __init__(self, ticks: int = 4, time_axis: int = 0) -> None:
        super().__init__(values.Window(ticks), time_axis)
        self.ticks = ticks

    def walk(self, ticks: tuple[Tensor, ...]) -> list[Tensor]:
        found: list[Tensor] = []
        padded = (*(torch.zeros_like(ticks[0]),) * (self.ticks - 1), *ticks)
        for now in range(self.ticks - 1, len(padded)):
            total = padded[now]
            for before in range(1, self.ticks):
                total = total + padded[now - before]
            found.append(total)
        return found


class Standard(Encoding):
    """Standard scaling: `snncc.encoders.Standard`, which takes nothing from data here."""

    def __init__(
        self,
        mean: tuple[float, ...] = (),
        deviation: tuple[float, ...] = (),
        time_axis: int = 0,
    ) -> None:
        self.scaling = values.Standard(tuple(mean), tuple(deviation))
        super().__init__(self.scaling, time_axis)

    def walk(self, ticks: tuple[Tensor, ...]) -> list[Tensor]:
        scale, shift = (
            torch.as_tensor(a).to(ticks[0]) for a in self.scaling.factors(tuple(ticks[0].shape[1:]))
        )
        return [x * scale + shift for x in ticks]


MODULES: dict[str, type[Encoding]] = {
    "rate": Rate,
    "regular": Regular,
    "latency": Latency,
    "delta": Delta,
    "crossing": Crossing,
    "population": Population,
    "window": Window,
    "standard": Standard,
}
"""Name of an encoder → its module."""


def make_module(encoder: Encoder, time_axis: int = 0) -> Encoding:
    """The module of an encoder with the same parameters."""
    given = {each.name: getattr(encoder, each.name) for each in fields(encoder)}
    return MODULES[encoder.name](**given, time_axis=time_axis)


def encode(chain: Chain, signal: Values) -> Values:
    """What PyTorch makes of raw samples `[samples, ticks, *shape]`, in float64."""
    found = torch.as_tensor(signal).to(torch.float64)
    with torch.no_grad():
        for encoder in chain.encoders:
            found = make_module(encoder, time_axis=1)(found)
    return found.numpy()
