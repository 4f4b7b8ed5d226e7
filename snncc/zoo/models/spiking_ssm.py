"""SpikingSSM in PyTorch, tick by tick, in the authors' state-dict layout; no training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

import torch
from torch import Tensor, nn

from .adaptive import AdaptiveEmbedding, AdaptiveScores
from .config import Config
from .multistep import make_fading, rest

DECAY = 0.125  # of the released neuron
Modes: TypeAlias = tuple[Tensor, Tensor]
Norm: TypeAlias = Literal["none", "layer", "batch"]


@dataclass(frozen=True, slots=True)
class SpikingSSMConfig(Config):
    """Every hyper-parameter of a `SpikingSSM`.

    channels       inputs per tick;  classes: outputs;  width: d_model;  depth: layers
    modes          complex modes per channel (d_state is twice that)
    norm           in front of each layer (where `prenorm` is true; else the released code has none)
    bidirectional  whether each layer also looks at what comes: such a model does not stream
    cutoffs        of the words of a language that channels are, by frequency; none: values come in
    """

    channels: int
    classes: int
    width: int
    modes: int
    depth: int
    norm: Norm = "none"
    bidirectional: bool = False
    cutoffs: tuple[int, ...] = ()


class Kernel(nn.Module):
    """Diagonal state space of S4D (Gu et al. 2022, arXiv 2206.11893), zero-order hold, B = 1.

    a = exp(dt A),  x <- a x + u,  p = 2 Re(sum over modes of C (a - 1) / A x)
    """

    def __init__(self, width: int, modes: int, ways: int = 1) -> None:
        super().__init__()
        self.C = nn.Parameter(torch.randn(ways, width, modes, 2) * 0.5**0.5)
        span = torch.log(torch.tensor(0.1)) - torch.log(torch.tensor(0.01))
        self.log_dt = nn.Parameter(torch.rand(width) * span + torch.log(torch.tensor(0.01)))
        self.log_A_real = nn.Parameter(torch.full((width, modes), 0.5).log())
        self.A_imag = nn.Parameter(torch.pi * torch.arange(modes).expand(width, modes).clone())

    def discrete(self, way: int = 0) -> tuple[Modes, Modes]:
        """Real and imaginary parts of a and of 2 C (a - 1) / A, each `[width, modes]`."""
        real, imag = -self.log_A_real.exp(), self.A_imag
        dt = self.log_dt.exp()[:, None]
        size = (dt * real).exp()
        a_re, a_im = size * (dt * imag).cos(), size * (dt * imag).sin()
        norm = real.square() + imag.square()
        q_re = ((a_re - 1) * real + a_im * imag) / norm
        q_im = (a_im * real - (a_re - 1) * imag) / norm
        c_re, c_im = self.C[way, ..., 0], self.C[way, ..., 1]
        return (a_re, a_im), (2 * (c_re * q_re - c_im * q_im), 2 * (c_re * q_im + c_im * q_re))

    def forward(self, x: list[Tensor], way: int = 0) -> list[Tensor]:
        """p of every tick from u of every tick, each `[batch, width]`."""
        (a_re, a_im), (c_re, c_im) = self.discrete(way)
        re = im = x[0].new_zeros(*x[0].shape, a_re.shape[-1])
        found: list[Tensor] = []
        for u in x:
            driven = u.unsqueeze(-1) * torch.ones_like(a_re)
            re, im = a_re * re - a_im * im + driven, a_im * re + a_re * im
            found.append((c_re * re - c_im * im).sum(-1))
        return found


class Layer(nn.Module):
    """State space, neurons with a learnt threshold per channel, gated linear unit.

    With z the spikes: value, gate = W z + b;  the output is value sigmoid(gate).
    """

    def __init__(self, width: int, modes: int, ways: int = 1) -> None:
        super().__init__()
        self.kernel = Kernel(width, modes, ways)
        self.D = nn.Parameter(torch.randn(1, width))
        self.ln_vth = nn.Parameter(torch.zeros(width, 1))
        self.neuron = make_fading(DECAY)
        self.output_linear = nn.Sequential(nn.Conv1d(width, 2 * width, 1))
        self.ways = ways

    def forward(self, x: list[Tensor]) -> list[Tensor]:
        """Outputs of all ticks from the inputs of all ticks, each `[batch, width]`."""
        seen = self.kernel(x)
        if self.ways == 2:  # from the end, what comes after each tick
            later = self.kernel([torch.zeros_like(x[0]), *x[:0:-1]], 1)
            seen = [p + q for p, q in zip(seen, later[::-1], strict=True)]
        weight, bias = (
            self.output_linear.get_parameter(f"0.{part}") for part in ("weight", "bias")
        )
        found: list[Tensor] = []
        for u, p in zip(x, seen, strict=True):
            s = self.neuron((p + self.D[0] * u) / self.ln_vth[:, 0].exp())
            value, gate = nn.functional.linear(s, weight[..., 0], bias).chunk(2, -1)
            found.append(value * gate.sigmoid())
        return found


class SpikingSSM(nn.Module):
    """SpikingSSM: `[ticks, batch, channels]` to class values `[ticks, batch, classes]`.

    Shen et al. 2025 (arXiv 2408.14909; models/spike/ss4d.py of its code). The class is the largest
    sum over the ticks. Where channels are words, the last tick's scores `[batch, scores]` foretell
    the next one, as `AdaptiveScores` says.
    """

    def __init__(self, config: SpikingSSMConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.layers = nn.ModuleList(
            Layer(width, config.modes, 1 + config.bidirectional) for _ in range(config.depth)
        )
        if config.norm != "none":
            kind = nn.LayerNorm if config.norm == "layer" else nn.BatchNorm1d
            self.norms = nn.ModuleList(kind(width) for _ in range(config.depth))
        self.encoder: nn.Module
        if config.cutoffs:
            self.encoder = words = AdaptiveEmbedding(config.channels, width, config.cutoffs)
            self.scores = AdaptiveScores(words, width)
        else:
            self.encoder = nn.Linear(config.channels, width)
            self.decoder = nn.Linear(width, config.classes)

    def forward(self, x: Tensor) -> Tensor:
        rest(self)
        u = [self.encoder(values) for values in x]
        for index, layer in enumerate(self.layers):
            seen = u if self.config.norm == "none" else [self.norms[index](v) for v in u]
            u = [before + now for before, now in zip(u, layer(seen), strict=True)]
        if self.config.cutoffs:
            return cast("Tensor", self.scores(u[-1], self.encoder))
        return torch.stack([self.decoder(values) for values in u])
