"""Meta-SpikeFormer (Spike-driven Transformer, version 2), in the authors' state-dict layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from .config import Config
from .multistep import apply_at_once, leaky, parts, rest

ATTENTION_THRESHOLD = 0.5
SCALE = 0.125  # a constant in the authors' code, whatever the width of a head


@dataclass(frozen=True, slots=True)
class SDT2Config(Config):
    """Every hyper-parameter of an `SDT2`.

    channels  of the image;  classes: outputs;  widths: of the four stages;  heads: of attention
    ratio     hidden width of the transformer blocks' MLP, in widths
    conv      blocks of stage 2;  blocks: transformer blocks of stages 3 and 4
    merged    whether a RepConv that no longer learns is one convolution of spikes, or the three
              that it learned in, with 4.5 times fewer weights and real values between them
    """

    channels: int
    classes: int
    widths: tuple[int, int, int, int]
    heads: int = 8
    ratio: int = 4
    conv: int = 2
    blocks: tuple[int, int] = (6, 2)
    merged: bool = True


class Down(nn.Module):
    """Neurons (but on the image), a convolution that may halve the image, and a norm."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int, first: bool) -> None:
        super().__init__()
        self.encode_lif = nn.Identity() if first else leaky()
        self.encode_conv = nn.Conv2d(inputs, outputs, size, stride, size // 2)
        self.encode_bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return apply_at_once(self.encode_lif(x), self.encode_conv, self.encode_bn)


class SepConv(nn.Module):
    """Pointwise, depthwise 7x7, pointwise; neurons before the first and before the second."""

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = 2 * width
        self.lif1, self.lif2 = leaky(), leaky()
        self.pwconv1 = nn.Conv2d(width, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.dwconv = nn.Conv2d(inner, inner, 7, padding=3, groups=inner, bias=False)
        self.pwconv2 = nn.Conv2d(inner, width, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.lif2(apply_at_once(self.lif1(x), self.pwconv1, self.bn1))
        return apply_at_once(inner, self.dwconv, self.pwconv2, self.bn2)


class ConvBlock(nn.Module):
    """Separable convolution, then two dense 3x3 convolutions; each pair with its shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = 4 * width
        self.Conv = SepConv(width)
        self.lif1, self.lif2 = leaky(), leaky()
        self.conv1 = nn.Conv2d(width, inner, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.Conv(x)
        inner = apply_at_once(self.lif1(x), self.conv1, self.bn1)
        return x + apply_at_once(self.lif2(inner), self.conv2, self.bn2)


class PaddedNorm(nn.Module):
    """A batch norm, and a border of one pixel with the value that it gives to zero."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        _, zero = affine(self.bn)
        inner = functional.pad(self.bn(x), (1, 1, 1, 1))
        border = functional.pad(torch.zeros_like(x), (1, 1, 1, 1), value=1.0)
        return inner + border * zero[:, None, None]


class RepConv(nn.Module):
    """A convolution that learns in parts and is one 3x3 convolution once it no longer learns.

    Parts: pointwise P1, norm with border, depthwise D, pointwise P2, norm. With a and c the gains
    and offsets of the norms, and no non-linearity between the parts:
    kernel[o,i] = a2[o] sum_m P2[o,m] D[m] a1[m] P1[m,i]
    bias[o]     = a2[o] sum_m P2[o,m] c1[m] sum(D[m]) + c2[o]
    """

    def __init__(self, width: int, merged: bool = True) -> None:
        super().__init__()
        self.as_one = merged
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 1, bias=False),
            PaddedNorm(width),
            nn.Sequential(
                nn.Conv2d(width, width, 3, groups=width, bias=False),
                nn.Conv2d(width, width, 1, bias=False),
                nn.BatchNorm2d(width),
            ),
        )

    def merge_parts(self) -> tuple[Tensor, Tensor]:
        """Kernel `[width, width, 3, 3]` and bias `[width]` of the parts up to their second norm."""
        first = self.body.get_parameter("0.weight")[:, :, 0, 0]
        deep = self.body.get_parameter("2.0.weight")[:, 0]
        last = self.body.get_parameter("2.1.weight")[:, :, 0, 0]
        a1, c1 = affine(self.body.get_submodule("1.bn"))
        a2, c2 = affine(self.body.get_submodule("2.2"))
        last = last * a2[:, None]
        kernel = torch.einsum("om,mhw,mi->oihw", last, deep, first * a1[:, None])
        return kernel, last @ (deep.sum((1, 2)) * c1) + c2

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            return cast("Tensor", self.body(x))
        if self.as_one:
            return functional.conv2d(x, *self.merge_parts(), padding=1)
        # The border of a norm's zeros is what the norm makes of a border of zeros.
        inner = functional.conv2d(x, self.body.get_parameter("0.weight"), padding=1)
        norm, (rest,) = self.body.get_submodule("1.bn"), parts(self.body, "*", "2")
        return rest(norm(inner))


def affine(norm: nn.Module) -> tuple[Tensor, Tensor]:
    """Gain and offset of a batch norm that no longer learns, each `[channels]`."""
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None and norm.running_var is not None
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return gain, norm.bias - norm.running_mean * gain


class Attention(nn.Module):
    """Spike-driven self-attention with products of matrices (SDSA-3): LIF(0.125 q (k^T v))."""

    def __init__(self, width: int, heads: int, merged: bool) -> None:
        super().__init__()
        self.heads = heads
        self.head_lif = leaky()
        for name in ("q", "k", "v", "proj"):
            conv = RepConv(width, merged)
            self.add_module(f"{name}_conv", nn.Sequential(conv, nn.BatchNorm2d(width)))
        self.q_lif, self.k_lif, self.v_lif = leaky(), leaky(), leaky()
        self.attn_lif = leaky(ATTENTION_THRESHOLD)

    def forward(self, x: Tensor) -> Tensor:
        s = self.head_lif(x)
        q, k, v = (
            self._heads(self.get_submodule(f"{name}_lif")(self._conv(name, s)))
            for name in ("q", "k", "v")
        )
        a = self.attn_lif((q @ (k.transpose(-2, -1) @ v)) * SCALE)
        return self._conv("proj", a.transpose(-2, -1).reshape(x.shape))

    def _conv(self, name: str, x: Tensor) -> Tensor:
        return apply_at_once(x, *parts(self, f"{name}_conv.*", "0", "1"))

    def _heads(self, x: Tensor) -> Tensor:
        ticks, batch, width = x.shape[:3]
        tokens = x.reshape(ticks, batch, self.heads, width // self.heads, -1)
        return tokens.transpose(-2, -1)


class Mlp(nn.Module):
    """Two pointwise layers on tokens, each behind its neurons."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1_lif, self.fc2_lif = leaky(), leaky()
        self.fc1_conv, self.fc1_bn = nn.Conv1d(width, hidden, 1), nn.BatchNorm1d(hidden)
        self.fc2_conv, self.fc2_bn = nn.Conv1d(hidden, width, 1), nn.BatchNorm1d(width)

    def forward(self, x: Tensor) -> Tensor:
        inner = apply_at_once(self.fc1_lif(x.flatten(-2)), self.fc1_conv, self.fc1_bn)
        return apply_at_once(self.fc2_lif(inner), self.fc2_conv, self.fc2_bn).reshape(x.shape)


class Block(nn.Module):
    """Attention, then MLP, each with its shortcut of membrane potentials."""

    def __init__(self, width: int, config: SDT2Config) -> None:
        super().__init__()
        self.attn = Attention(width, config.heads, config.merged)
        self.mlp = Mlp(width, width * config.ratio)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(x)
        return cast("Tensor", x + self.mlp(x))


class SDT2(nn.Module):
    """Meta-SpikeFormer: images `[T, B, C, H, W]` to class values `[T, B, classes]`.

    Yao et al. 2024 (arXiv 2404.03663). The class is the largest mean over the ticks.
    """

    def __init__(self, config: SDT2Config) -> None:
        super().__init__()
        e0, e1, e2, e3 = config.widths
        self.downsample1_1 = Down(config.channels, e0 // 2, 7, 2, first=True)
        self.ConvBlock1_1 = nn.ModuleList([ConvBlock(e0 // 2)])
        self.downsample1_2 = Down(e0 // 2, e0, 3, 2, first=False)
        self.ConvBlock1_2 = nn.ModuleList([ConvBlock(e0)])
        self.downsample2 = Down(e0, e1, 3, 2, first=False)
        for index in range(config.conv):
            self.add_module(f"ConvBlock2_{index + 1}", nn.ModuleList([ConvBlock(e1)]))
        self.downsample3 = Down(e1, e2, 3, 2, first=False)
        self.block3 = nn.ModuleList(Block(e2, config) for _ in range(config.blocks[0]))
        self.downsample4 = Down(e2, e3, 3, 1, first=False)
        self.block4 = nn.ModuleList(Block(e3, config) for _ in range(config.blocks[1]))
        self.lif = leaky()
        self.head = nn.Linear(e3, config.classes)
        self.conv = config.conv

    def forward(self, x: Tensor) -> Tensor:
        rest(self)
        x = self.ConvBlock1_1[0](self.downsample1_1(x))
        x = self.downsample2(self.ConvBlock1_2[0](self.downsample1_2(x)))
        for index in range(self.conv):
            x = self.get_submodule(f"ConvBlock2_{index + 1}.0")(x)
        x = self.downsample3(x)
        for block in self.block3:
            x = block(x)
        x = self.downsample4(x)
        for block in self.block4:
            x = block(x)
        return apply_at_once(self.lif(x.mean((-2, -1))), self.head)
