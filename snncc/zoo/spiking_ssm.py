"""SpikingSSM in PyTorch: causal, tick by tick, in the authors' state-dict layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor, nn

from .config import Config
from .multistep import fading, rest

DECAY = 0.125  # of the released neuron
Modes: TypeAlias = tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class SpikingSSMConfig(Config):
    """Every hyper-parameter of a `SpikingSSM`.

    channels  inputs per tick;  classes: outputs;  width: d_model;  modes: complex modes per channel
              (d_state is twice that);  depth: layers
    """

    channels: int
    classes: int
    width: int
    modes: int
    depth: int


class Kernel(nn.Module):
    """Diagonal state space of S4D (Gu et al. 2022, arXiv 2206.11893), zero-order hold, B = 1.

    a = exp(dt A),  x <- a x + u,  p = 2 Re(sum over modes of C (a - 1) / A x)
    """

    def __init__(self, width: int, modes: int) -> None:
        super().__init__()
        self.C = nn.Parameter(torch.randn(1, width, modes, 2) * 0.5**0.5)
        span = torch.log(torch.tensor(0.1)) - torch.log(torch.tensor(0.01))
        self.log_dt = nn.Parameter(torch.rand(width) * span + torch.log(torch.tensor(0.01)))
        self.log_A_real = nn.Parameter(torch.full((width, modes), 0.5).log())
        self.A_imag = nn.Parameter(torch.pi * torch.arange(modes).expand(width, modes).clone())

    def discrete(self) -> tuple[Modes, Modes]:
        """Real and imaginary parts of a and of 2 C (a - 1) / A, each `[width, modes]`."""
        real, imag = -self.log_A_real.exp(), self.A_imag
        dt = self.log_dt.exp()[:, None]
        size = (dt * real).exp()
        a_re, a_im = size * (dt * imag).cos(), size * (dt * imag).sin()
        norm = real.square() + imag.square()
        q_re = ((a_re - 1) * real + a_im * imag) / norm
        q_im = (a_im * real - (a_re - 1) * imag) / norm
        c_re, c_im = self.C[0, ..., 0], self.C[0, ..., 1]
        return (a_re, a_im), (2 * (c_re * q_re - c_im * q_im), 2 * (c_re * q_im + c_im * q_re))


class Layer(nn.Module):
    """State space, neurons with a learnt threshold per channel, gated linear unit, shortcut."""

    def __init__(self, width: int, modes: int) -> None:
        super().__init__()
        self.kernel = Kernel(width, modes)
        self.D = nn.Parameter(torch.randn(1, width))
        self.ln_vth = nn.Parameter(torch.zeros(width, 1))
        self.neuron = fading(DECAY)
        self.output_linear = nn.Sequential(nn.Conv1d(width, 2 * width, 1))

    def forward(self, u: Tensor, modes: Modes) -> tuple[Tensor, Modes]:
        (a_re, a_im), (c_re, c_im) = self.kernel.discrete()
        re, im = modes
        driven = u.unsqueeze(-1) * torch.ones_like(a_re)
        re, im = a_re * re - a_im * im + driven, a_im * re + a_re * im
        p = (c_re * re - c_im * im).sum(-1) + self.D[0] * u
        s = self.neuron(p / self.ln_vth[:, 0].exp())
        weight, bias = (
            self.output_linear.get_parameter(f"0.{part}") for part in ("weight", "bias")
        )
        value, gate = nn.functional.linear(s, weight[..., 0], bias).chunk(2, -1)
        return u + value * gate.sigmoid(), (re, im)


class SpikingSSM(nn.Module):
    """SpikingSSM: `[ticks, batch, channels]` to class values `[ticks, batch, classes]`.

    Shen et al. 2025 (arXiv 2408.14909), the causal form, without norms (the released code applies
    none where `prenorm` is false). The class is the largest sum over the ticks.
    """

    def __init__(self, config: SpikingSSMConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = nn.Linear(config.channels, config.width)
        self.layers = nn.ModuleList(Layer(config.width, config.modes) for _ in range(config.depth))
        self.decoder = nn.Linear(config.width, config.classes)

    def forward(self, x: Tensor) -> Tensor:
        rest(self)
        c = self.config
        zero = x.new_zeros(x.shape[1], c.width, c.modes)
        states: list[Modes] = [(zero, zero)] * c.depth
        outputs: list[Tensor] = []
        for values in x:
            u = self.encoder(values)
            for index, layer in enumerate(self.layers):
                u, states[index] = layer(u, states[index])
            outputs.append(self.decoder(u))
        return torch.stack(outputs)
