"""The L2MU network in PyTorch: cell, encoding-free input, hyper-parameters; no training or data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

import torch
from snntorch import Leaky, Synaptic
from torch import Tensor, nn
from torch.nn import functional

from .config import Config

Neuron = Literal["leaky", "synaptic"]
Encoder = Literal["none", "single", "stacked"]
Reset = Literal["subtract", "zero"]
State = tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Dynamics:
    """Initial decay per tick, threshold and, for CuBa neurons, synaptic decay of a population."""

    beta: float
    threshold: float
    alpha: float = 0.5


@dataclass(frozen=True, slots=True)
class L2MUConfig(Config):
    """Every hyper-parameter of an `L2MU`, as stored beside its checkpoint.

    channels    inputs per tick
    classes     output neurons
    memory      units feeding the memory, one Legendre memory row each
    order       Legendre coefficients per memory row
    hidden      hidden neurons
    theta       length of the memory window, in ticks
    encoder     "none": the inputs are spikes already; "single": `pop` neurons per channel;
                "stacked": two more spiking layers of `encoding` and `encoded` neurons behind them
    neuron      "leaky" (membrane only) or "synaptic" (membrane and synaptic current)
    learned     whether decays and thresholds are trained
    reset       what a spike does to its potential: takes the threshold off, or sets it to zero
    hop         ticks that a spike needs from population to population on the chip that the model is
                for, 0 or 1; with 1, what is fed back comes as late as its loop has synapses
    """

    channels: int
    classes: int
    memory: int
    order: int
    hidden: int
    theta: float
    neuron: Neuron = "leaky"
    encoder: Encoder = "none"
    pop: int = 0
    encoding: int = 0
    encoded: int = 0
    learned: bool = True
    reset: Reset = "subtract"
    hop: int = 0
    channel: Dynamics = Dynamics(0.5, 1.0)
    stack: Dynamics = Dynamics(0.5, 1.0)
    u: Dynamics = Dynamics(0.8, 0.2)
    m: Dynamics = Dynamics(0.2, 0.4)
    h: Dynamics = Dynamics(0.45, 0.65)
    output: Dynamics = Dynamics(0.6, 0.15)

    @property
    def features(self) -> int:
        """Width of the spike signal that enters the cell."""
        widths = {
            "none": self.channels,
            "single": self.channels * self.pop,
            "stacked": self.encoded,
        }
        return widths[self.encoder]

    @property
    def late(self) -> tuple[int, int]:
        """Ticks from the memory, and from the hidden neurons, to the units feeding the memory."""
        return max(1, 2 * self.hop), max(1, 3 * self.hop)

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> Self:
        """The configuration written by `to_json`.

        Raises: TypeError for a missing or an unknown hyper-parameter.
        """
        fields = {
            key: Dynamics(**cast("dict[str, float]", value)) if isinstance(value, dict) else value
            for key, value in values.items()
        }
        return cls(**cast("dict[str, Any]", fields))


def legendre(order: int, theta: float) -> tuple[Tensor, Tensor]:
    """The discrete Legendre delay: A float64 `[order, order]` and B float64 `[order, 1]`.

    Continuous system of Voelker et al. 2019 (Legendre Memory Units, eq. 2), held constant between
    ticks one apart: exp([[A, B], [0, 0]] / theta) = [[A_d, B_d], [0, 1]].
    """
    row = torch.arange(order, dtype=torch.float64)[:, None]
    column = row.T
    gain = 2 * row + 1
    sign = torch.where(row < column, -1.0, (-1.0) ** (row - column + 1))
    system = torch.zeros(order + 1, order + 1, dtype=torch.float64)
    system[:order, :order] = gain * sign
    system[:order, order:] = gain * (-1.0) ** row
    held = torch.matrix_exp(system / theta)
    return held[:order, :order].contiguous(), held[:order, order:].contiguous()


def neurons(config: L2MUConfig, dynamics: Dynamics, shape: tuple[int, ...] = ()) -> nn.Module:
    """A population of snnTorch; `shape` gives each neuron its own decay and threshold."""
    beta, threshold, alpha = (
        torch.full(shape, value) for value in (dynamics.beta, dynamics.threshold, dynamics.alpha)
    )
    learned = config.learned
    if config.neuron == "leaky":
        leaky = Leaky(
            beta,
            threshold,
            learn_beta=learned,
            learn_threshold=learned,
            reset_mechanism=config.reset,
        )
        return cast("nn.Module", leaky)
    synaptic = Synaptic(
        alpha,
        beta,
        threshold,
        learn_alpha=learned,
        learn_beta=learned,
        learn_threshold=learned,
        reset_mechanism=config.reset,
    )
    return cast("nn.Module", synaptic)


def fire(population: nn.Module, current: Tensor, state: State) -> tuple[Tensor, State]:
    """Spikes of one tick in the dtype of `current`, and the next state, one tensor per variable."""
    spikes, *state_next = population(current, *state)
    # snnTorch 1.0.0 (surrogate.py, ATan.forward) fires in float32 whatever the model's dtype
    return spikes.to(current.dtype), tuple(state_next)


class PopulationEncoder(nn.Module):
    """Encoding-free input: raw values `[batch, channels]` to spikes `[batch, channels * pop]`.

    Each channel is standardised, then drives `pop` neurons through its own weights and biases.
    Fra et al. 2024 (arXiv 2407.04076), first layer of the input module.
    """

    mean: Tensor
    gain: Tensor

    def __init__(self, config: L2MUConfig) -> None:
        super().__init__()
        shape = config.channels, config.pop
        self.register_buffer("mean", torch.zeros(config.channels))
        self.register_buffer("gain", torch.ones(config.channels))
        self.weight = nn.Parameter(torch.empty(shape).uniform_(-1, 1))
        self.bias = nn.Parameter(torch.empty(shape).uniform_(-1, 1))
        dynamics = config.channel
        self.neurons = neurons(config, dynamics, (config.channels, 1))

    def forward(self, values: Tensor, state: State) -> tuple[Tensor, State]:
        standard = (values - self.mean) * self.gain
        current = standard.unsqueeze(-1) * self.weight + self.bias
        spikes, state = fire(self.neurons, current, state)
        return spikes.flatten(1), state


class SpikingLinear(nn.Module):
    """One dense projection with bias into one population of spiking neurons."""

    def __init__(self, inputs: int, config: L2MUConfig, size: int, dynamics: Dynamics) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, size)
        self.neurons = neurons(config, dynamics)

    def forward(self, spikes: Tensor, state: State) -> tuple[Tensor, State]:
        return fire(self.neurons, self.linear(spikes), state)


class L2MU(nn.Module):
    """Spiking Legendre memory unit: `[ticks, batch, channels]` to spikes `[ticks, batch, classes]`.

    Fra et al. 2024 (arXiv 2407.04076), with s the spikes and N the neurons of each population:
    s_u = N_u(e_x s_x + e_h s_h' + e_m s_m')
    s_m = N_m(s_m' A^T + s_u B^T), for each row of the memory
    s_h = N_h(W_x s_x + W_h s_h' + W_m s_m)
    s_o = N_o(W_o s_h + b_o)
    where ' means the tick before (with `hop`, see L2MUConfig, an earlier one in s_u). The class is
    the output neuron with the most spikes.
    A and B are frozen and the same for all rows. What is in a checkpoint counts: the authors'
    own checkpoints hold the transpose of the A that `legendre` gives.
    """

    A: Tensor
    B: Tensor

    def __init__(self, config: L2MUConfig) -> None:
        super().__init__()
        self.config = config
        memory, order, hidden, features = (
            config.memory,
            config.order,
            config.hidden,
            config.features,
        )
        layers: list[nn.Module] = []
        if config.encoder != "none":
            layers.append(PopulationEncoder(config))
        if config.encoder == "stacked":
            width = config.channels * config.pop
            layers.append(SpikingLinear(width, config, config.encoding, config.stack))
            layers.append(SpikingLinear(config.encoding, config, config.encoded, config.stack))
        self.encoder = nn.ModuleList(layers)
        a, b = legendre(order, config.theta)
        dtype = torch.get_default_dtype()
        self.register_buffer("A", a.to(dtype))
        self.register_buffer("B", b.to(dtype))
        self.e_x = nn.Linear(features, memory, bias=False)
        self.e_h = nn.Linear(hidden, memory, bias=False)
        self.e_m = nn.Linear(memory * order, memory, bias=False)
        self.W_x = nn.Linear(features, hidden, bias=False)
        self.W_h = nn.Linear(hidden, hidden, bias=False)
        self.W_m = nn.Linear(memory * order, hidden, bias=False)
        self.N_u = neurons(config, config.u)
        self.N_m = neurons(config, config.m)
        self.N_h = neurons(config, config.h)
        self.output = SpikingLinear(hidden, config, config.classes, config.output)

    def rest(self, *shape: int) -> State:
        """State variables at rest for a population of `shape`, in the dtype of the weights."""
        variables = 1 if self.config.neuron == "leaky" else 2
        return tuple(self.A.new_zeros(shape) for _ in range(variables))

    def forward(self, x: Tensor) -> Tensor:
        """Output spikes `[ticks, batch, classes]` for inputs `[ticks, batch, channels]`."""
        c, batch = self.config, x.shape[1]
        sizes = (c.channels, c.pop), (c.encoding,), (c.encoded,)
        encoder = [self.rest(batch, *size) for size in sizes[: len(self.encoder)]]
        u, m = self.rest(batch, c.memory), self.rest(batch, c.memory, c.order)
        h, o = self.rest(batch, c.hidden), self.rest(batch, c.classes)
        late_m, late_h = c.late
        past_m = [x.new_zeros(batch, c.memory, c.order)] * late_m
        past_h = [x.new_zeros(batch, c.hidden)] * late_h
        outputs: list[Tensor] = []
        for s_x in x:
            for index, layer in enumerate(self.encoder):
                s_x, encoder[index] = layer(s_x, encoder[index])
            into_memory = self.e_x(s_x) + self.e_h(past_h[0]) + self.e_m(past_m[0].flatten(1))
            s_u, u = fire(self.N_u, into_memory, u)
            recalled = functional.linear(past_m[-1], self.A)
            s_m, m = fire(self.N_m, recalled + functional.linear(s_u.unsqueeze(-1), self.B), m)
            into_hidden = self.W_x(s_x) + self.W_h(past_h[-1]) + self.W_m(s_m.flatten(1))
            s_h, h = fire(self.N_h, into_hidden, h)
            s_o, o = self.output(s_h, o)
            past_m, past_h = [*past_m[1:], s_m], [*past_h[1:], s_h]
            outputs.append(s_o)
        return torch.stack(outputs)
