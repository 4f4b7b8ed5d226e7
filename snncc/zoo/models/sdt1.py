"""The Spike-driven Transformer (version 1) in PyTorch, in the authors' state-dict layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from torch import Tensor, nn

from .config import Config
from .multistep import apply_at_once, leaky, parts, rest

ATTENTION_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class SDT1Config(Config):
    """Every hyper-parameter of an `SDT1`.

    channels  of the image;  classes: outputs;  width: of a token;  depth: blocks
    ratio     hidden width of a block's MLP, in widths
    pooling   one digit per stage of the stem: "1" halves height and width
    """

    channels: int
    classes: int
    width: int
    depth: int
    ratio: int = 4
    pooling: str = "1111"


class Stem(nn.Module):
    """Spiking patch splitting: image `[T, B, C, H, W]` to real tokens `[T, B, width, h, w]`.

    Stages 1 to 3: conv, norm, neurons, pool of spikes. Stage 4 pools the real values; its neurons
    drive one more convolution, whose result is added to them.
    """

    def __init__(self, config: SDT1Config) -> None:
        super().__init__()
        widths = (config.channels, *(config.width // share for share in (8, 4, 2, 1)))
        for index, suffix in enumerate(("", "1", "2", "3")):
            conv = nn.Conv2d(widths[index], widths[index + 1], 3, padding=1, bias=False)
            self.add_module(f"proj_conv{suffix}", conv)
            self.add_module(f"proj_bn{suffix}", nn.BatchNorm2d(widths[index + 1]))
            self.add_module(f"proj_lif{suffix}", leaky())
        self.rpe_conv = nn.Conv2d(config.width, config.width, 3, padding=1, bias=False)
        self.rpe_bn = nn.BatchNorm2d(config.width)
        self.pools = [digit == "1" for digit in config.pooling]
        self.pool = nn.MaxPool2d(3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        for index, suffix in enumerate(("", "1", "2")):
            conv, norm, fire = parts(self, f"proj_*{suffix}", "conv", "bn", "lif")
            x = fire(apply_at_once(x, conv, norm))
            if self.pools[index]:
                x = apply_at_once(x, self.pool)
        conv, norm, fire = parts(self, "proj_*3", "conv", "bn", "lif")
        x = apply_at_once(x, conv, norm)
        if self.pools[3]:
            x = apply_at_once(x, self.pool)
        return apply_at_once(fire(x), self.rpe_conv, self.rpe_bn) + x


class Attention(nn.Module):
    """Spike-driven self-attention: q masked by the columns where k and v ever coincide (SDSA-1).

    g_c = LIF(sum over tokens of k v),  out = norm(W (q g)) + x
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.shortcut_lif = leaky()
        for name in ("q", "k", "v"):
            self.add_module(f"{name}_conv", nn.Conv2d(width, width, 1, bias=False))
            self.add_module(f"{name}_bn", nn.BatchNorm2d(width))
            self.add_module(f"{name}_lif", leaky())
        self.talking_heads_lif = leaky(ATTENTION_THRESHOLD)
        self.proj_conv = nn.Conv2d(width, width, 1)
        self.proj_bn = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        s = self.shortcut_lif(x)
        q, k, v = (self._project(s, name) for name in ("q", "k", "v"))
        gate = self.talking_heads_lif((k * v).flatten(-2).sum(-1)[..., None, None])
        return x + apply_at_once(q * gate, self.proj_conv, self.proj_bn)

    def _project(self, s: Tensor, name: str) -> Tensor:
        conv, norm, fire = parts(self, f"{name}_*", "conv", "bn", "lif")
        return fire(apply_at_once(s, conv, norm))


class Mlp(nn.Module):
    """Two 1x1 convolutions, each behind its neurons, and the shortcut of membrane potentials."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1_lif, self.fc2_lif = leaky(), leaky()
        self.fc1_conv, self.fc1_bn = nn.Conv2d(width, hidden, 1), nn.BatchNorm2d(hidden)
        self.fc2_conv, self.fc2_bn = nn.Conv2d(hidden, width, 1), nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        inner = apply_at_once(self.fc1_lif(x), self.fc1_conv, self.fc1_bn)
        return x + apply_at_once(self.fc2_lif(inner), self.fc2_conv, self.fc2_bn)


class Block(nn.Module):
    """Attention, then MLP."""

    def __init__(self, config: SDT1Config) -> None:
        super().__init__()
        self.attn = Attention(config.width)
        self.mlp = Mlp(config.width, config.width * config.ratio)

    def forward(self, x: Tensor) -> Tensor:
        return cast("Tensor", self.mlp(self.attn(x)))


class SDT1(nn.Module):
    """Spike-driven Transformer: images `[T, B, C, H, W]` to class values `[T, B, classes]`.

    Yao et al. 2023 (arXiv 2307.01694). Every neuron precedes its convolution, so that what
    blocks pass on are membrane potentials. The class is the largest mean over the ticks.
    """

    def __init__(self, config: SDT1Config) -> None:
        super().__init__()
        self.patch_embed = Stem(config)
        self.block = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.head_lif = leaky()
        self.head = nn.Linear(config.width, config.classes)

    def forward(self, x: Tensor) -> Tensor:
        rest(self)
        x = self.patch_embed(x)
        for block in self.block:
            x = block(x)
        return apply_at_once(self.head_lif(x.mean((-2, -1))), self.head)


def from_authors(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The authors' state dict without the parameters that their forward pass never reads."""
    return {key: value for key, value in state.items() if "talking_heads" not in key}
