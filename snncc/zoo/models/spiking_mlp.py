"""The spiking MLP with multiplication-free inference, in the authors' state-dict layout."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .config import Config
from .multistep import apply_at_once, leaky, parts, rest


@dataclass(frozen=True, slots=True)
class SpikingMLPConfig(Config):
    """Every hyper-parameter of a `SpikingMLP`.

    channels  of the image;  side: its height and width;  classes: outputs
    width     channels of the first stage; each further stage has twice as many
    depths    blocks of each stage;  patch: pixels of a token's side;  ratio: hidden width of a
              channel block, in widths;  cells: patches of later stages by cells of three nodes
    """

    channels: int
    side: int
    classes: int
    width: int
    depths: tuple[int, ...]
    patch: int = 4
    ratio: int = 3
    cells: bool = True


def conv_norm(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """A 3x3 convolution without bias, and its norm."""
    conv = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


class PatchCell(nn.Module):
    """Three nodes that halve the image, the later ones fed by the earlier ones' spikes."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        third = outputs // 3
        self.cell2node = nn.ModuleList(conv_norm(inputs, third, 2) for _ in range(3))
        self.node1_node2, self.node2_node3 = conv_norm(third, third), conv_norm(third, third)
        self.lif1, self.lif2 = leaky(), leaky()

    def forward(self, x: Tensor) -> Tensor:
        first, second, third = (apply_at_once(x, node) for node in self.cell2node)
        second = second + apply_at_once(self.lif1(first), self.node1_node2)
        third = third + first + apply_at_once(self.lif2(second), self.node2_node3)
        return torch.cat((first, second, third), 2)


class Patches(nn.Module):
    """Patches as one convolution of stride `size`, and its norm."""

    def __init__(self, inputs: int, outputs: int, size: int) -> None:
        super().__init__()
        self.add_module("0", nn.Conv2d(inputs, outputs, size, size, bias=False))
        self.add_module("1", nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return apply_at_once(x, *self.children())


class TokenMix(nn.Module):
    """Mixes along height and along width, and joins both with the input by a 1x1 convolution."""

    def __init__(self, width: int, side: int, cells: bool) -> None:
        super().__init__()
        for axis in ("proj_h", "proj_w"):
            layers = nn.Identity(), nn.Conv2d(side, side, 1), nn.BatchNorm2d(side), leaky()
            self.add_module(axis, nn.Sequential(*layers))
        self.fuse = nn.Sequential(nn.Conv2d(3 * width, width, 1, bias=False), nn.BatchNorm2d(width))
        self.own = None if cells else nn.Sequential(nn.BatchNorm2d(width), leaky())

    def forward(self, x: Tensor) -> Tensor:
        _, conv, norm, fire = self.get_submodule("proj_h").children()
        high = fire(apply_at_once(x.transpose(2, 3), conv, norm)).transpose(2, 3)
        _, conv, norm, fire = self.get_submodule("proj_w").children()
        wide = fire(apply_at_once(x.transpose(2, 4), conv, norm)).transpose(2, 4)
        own = x
        if self.own is not None:
            norm, fire = self.own.children()
            own = fire(apply_at_once(x, norm))
        return apply_at_once(torch.cat((own, high, wide), 2), self.fuse)


class ChannelMix(nn.Module):
    """Two linear layers over channels; their norms run over tokens, one scale per position."""

    def __init__(self, width: int, tokens: int, ratio: int) -> None:
        super().__init__()
        inner = width * ratio
        layers = (
            nn.Linear(width, inner),
            nn.BatchNorm1d(tokens),
            leaky(),
            nn.Linear(inner, width),
            nn.BatchNorm1d(tokens),
        )
        self.net = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        first, norm1, fire, second, norm2 = self.net.children()
        y = fire(apply_at_once(x.flatten(-2).transpose(-2, -1), first, norm1))
        return apply_at_once(y, second, norm2).transpose(-2, -1).reshape(x.shape)


class SpikingMLP(nn.Module):
    """Spiking MLP: images `[T, B, C, H, W]` to class values `[T, B, classes]`.

    Li et al. 2023 (arXiv 2306.12465). What a stage's patches give, h, enters every block again:
    t = token(x);  x = LIF(h + t);  x = LIF(h + t + channel(x)).
    The class is the largest mean over the ticks.
    """

    def __init__(self, config: SpikingMLPConfig) -> None:
        super().__init__()
        patches: list[nn.Module] = []
        tokens: list[nn.Module] = []
        channels: list[nn.Module] = []
        inputs, width, side = config.channels, config.width, config.side
        for stage, depth in enumerate(config.depths):
            size = config.patch if stage == 0 else 2
            side //= size
            cell = stage > 0 and config.cells
            patches.append(PatchCell(inputs, width) if cell else Patches(inputs, width, size))
            tokens += [TokenMix(width, side, config.cells) for _ in range(depth)]
            channels += [_place(ChannelMix(width, side * side, config.ratio)) for _ in range(depth)]
            inputs, width = width, 2 * width
        self.depths = config.depths
        self.to_patch_embedding = nn.ModuleList(patches)
        self.token_mix, self.channel_mix = nn.ModuleList(tokens), nn.ModuleList(channels)
        self.stage_lif = nn.ModuleList(leaky() for _ in config.depths)
        self.token_lif = nn.ModuleList(leaky() for _ in tokens)
        self.channel_lif = nn.ModuleList(leaky() for _ in tokens)
        self.batch_norm = nn.BatchNorm2d(inputs)
        self.mlp_head = nn.Sequential(nn.Identity(), nn.Linear(inputs, config.classes))

    def forward(self, x: Tensor) -> Tensor:
        rest(self)
        block = 0
        for stage, depth in enumerate(self.depths):
            h = self.to_patch_embedding[stage](x)
            x = self.stage_lif[stage](h)
            for index in range(block, block + depth):
                t = h + self.token_mix[index](x)
                x = self.token_lif[index](t)
                (mix,) = parts(self, f"channel_mix.{index}.*", "1")
                x = self.channel_lif[index](t + mix(x))
            block += depth
        return apply_at_once(apply_at_once(x, self.batch_norm).mean((-2, -1)), self.mlp_head)


def _place(mix: ChannelMix) -> nn.Sequential:
    """At place 1, where the authors' layout has it."""
    return nn.Sequential(nn.Identity(), mix)
