"""Spikformer in PyTorch, in the authors' state-dict layout (both of their variants)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from torch import Tensor, nn

from .config import Config
from .multistep import apply_at_once, leaky, parts, rest

ATTENTION_THRESHOLD = 0.5
SCALE = 0.125  # a constant in the authors' code, whatever the width of a head


@dataclass(frozen=True, slots=True)
class SpikformerConfig(Config):
    """Every hyper-parameter of a `Spikformer`.

    channels  of the image;  classes: outputs;  width: of a token;  depth: blocks;  heads: of SSA
    ratio     hidden width of a block's MLP, in widths
    pooling   one digit per stage of the stem: "1" halves height and width
    bias      whether q, k and v have one (the authors' models for small images)
    """

    channels: int
    classes: int
    width: int
    depth: int
    heads: int
    ratio: int = 4
    pooling: str = "1111"
    bias: bool = False


class Stem(nn.Module):
    """Spiking patch splitting: image `[T, B, C, H, W]` to spike counts `[T, B, width, h, w]`."""

    def __init__(self, config: SpikformerConfig) -> None:
        super().__init__()
        widths = (config.channels, *(config.width // share for share in (8, 4, 2, 1)))
        for index, suffix in enumerate(("", "1", "2", "3")):
            conv = nn.Conv2d(widths[index], widths[index + 1], 3, padding=1, bias=False)
            self.add_module(f"proj_conv{suffix}", conv)
            self.add_module(f"proj_bn{suffix}", nn.BatchNorm2d(widths[index + 1]))
            self.add_module(f"proj_lif{suffix}", leaky())
        self.rpe_conv = nn.Conv2d(config.width, config.width, 3, padding=1, bias=False)
        self.rpe_bn, self.rpe_lif = nn.BatchNorm2d(config.width), leaky()
        self.pools = [digit == "1" for digit in config.pooling]
        self.pool = nn.MaxPool2d(3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        for pooled, suffix in zip(self.pools, ("", "1", "2", "3"), strict=True):
            conv, norm, fire = parts(self, f"proj_*{suffix}", "conv", "bn", "lif")
            x = fire(apply_at_once(x, conv, norm))
            if pooled:
                x = apply_at_once(x, self.pool)
        return cast("Tensor", self.rpe_lif(apply_at_once(x, self.rpe_conv, self.rpe_bn)) + x)


class Attention(nn.Module):
    """Spiking self-attention on tokens `[T, B, N, width]`: LIF(0.125 q (k^T v)), no softmax."""

    def __init__(self, config: SpikformerConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        for name in ("q", "k", "v"):
            self.add_module(f"{name}_linear", nn.Linear(width, width, config.bias))
            self.add_module(f"{name}_bn", nn.BatchNorm1d(width))
            self.add_module(f"{name}_lif", leaky())
        self.attn_lif = leaky(ATTENTION_THRESHOLD)
        self.proj_linear, self.proj_bn = nn.Linear(width, width), nn.BatchNorm1d(width)
        self.proj_lif = leaky()

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (self._heads(project(self, name, x)) for name in ("q", "k", "v"))
        a = self.attn_lif(q @ (k.transpose(-2, -1) @ v) * SCALE)
        return project(self, "proj", a.transpose(-3, -2).flatten(-2))

    def _heads(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:-1], self.heads, -1).transpose(-3, -2)


def project(owner: nn.Module, name: str, x: Tensor) -> Tensor:
    """Linear layer, norm over channels and neurons of that name, on tokens `[T, B, N, inputs]`."""
    linear, norm, fire = parts(owner, f"{name}_*", "linear", "bn", "lif")
    y = linear(x).flatten(0, 1).transpose(-2, -1)
    return fire(norm(y).transpose(-2, -1).reshape(*x.shape[:-1], -1))


class Mlp(nn.Module):
    """Two linear layers, each with norm and neurons."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1_linear, self.fc1_bn, self.fc1_lif = *_dense(width, hidden), leaky()
        self.fc2_linear, self.fc2_bn, self.fc2_lif = *_dense(hidden, width), leaky()

    def forward(self, x: Tensor) -> Tensor:
        return project(self, "fc2", project(self, "fc1", x))


def _dense(inputs: int, outputs: int) -> tuple[nn.Linear, nn.BatchNorm1d]:
    return nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs)


class Block(nn.Module):
    """Attention and MLP, the spikes of each added to the counts that enter it (SEW)."""

    def __init__(self, config: SpikformerConfig) -> None:
        super().__init__()
        self.attn = Attention(config)
        self.mlp = Mlp(config.width, config.width * config.ratio)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(x)
        return cast("Tensor", x + self.mlp(x))


class Spikformer(nn.Module):
    """Spikformer: images `[T, B, C, H, W]` to class values `[T, B, classes]`.

    Zhou et al. 2023 (arXiv 2209.15425). The class is the largest mean over the ticks.
    """

    def __init__(self, config: SpikformerConfig) -> None:
        super().__init__()
        self.patch_embed = Stem(config)
        self.block = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.head = nn.Linear(config.width, config.classes)

    def forward(self, x: Tensor) -> Tensor:
        rest(self)
        x = self.patch_embed(x).flatten(-2).transpose(-2, -1)
        for block in self.block:
            x = block(x)
        return cast("Tensor", self.head(x.mean(-2)))


def from_authors(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The authors' state dict as this module takes it.

    Their ImageNet model calls the same layers convolutions of size one (`q_conv`, `fc1_conv`); the
    layer norms are never read by their forward pass.
    """
    found: dict[str, Tensor] = {}
    for key, value in state.items():
        if ".norm1." in key or ".norm2." in key:
            continue
        inside = key.startswith("block.") and "_conv." in key
        name = key.replace("_conv.", "_linear.") if inside else key
        found[name] = value.flatten(1) if inside and value.ndim > 2 else value
    return found
