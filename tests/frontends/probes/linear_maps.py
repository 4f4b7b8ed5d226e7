"""Spiking networks with layers that only move or weigh values; no tests."""

from __future__ import annotations

import torch
from spikingjelly.activation_based import neuron
from torch import Tensor, nn


def lif() -> neuron.LIFNode:
    return neuron.LIFNode(v_threshold=0.2)


def fired(*layers: nn.Module) -> nn.Module:
    """A convolution whose neurons fire, layers, and neurons again."""
    first = nn.Conv2d(2, 4, 3, padding=1)
    with torch.no_grad():
        first.weight *= 2
    return nn.Sequential(first, lif(), *layers, lif())


def zero_padded() -> nn.Module:
    return fired(nn.ZeroPad2d((0, 1, 2, 0)), nn.Conv2d(4, 4, 3))


def transposed() -> nn.Module:
    return fired(nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1))


def circular() -> nn.Module:
    return fired(nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular"))


def reflected() -> nn.Module:
    return fired(nn.Conv2d(4, 4, 3, padding=2, padding_mode="reflect"))


def enlarged() -> nn.Module:
    return fired(nn.Upsample(scale_factor=2), nn.Conv2d(4, 2, 3))


def smoothly_enlarged() -> nn.Module:
    return fired(nn.Upsample(scale_factor=2, mode="bilinear"))


def shuffled() -> nn.Module:
    return fired(
        nn.PixelUnshuffle(2), nn.Conv2d(16, 8, 1), nn.PixelShuffle(2), nn.ChannelShuffle(2)
    )


def pooled() -> nn.Module:
    clipped = nn.AvgPool2d(3, 2, 1, count_include_pad=False)
    return fired(nn.MaxPool2d(2, ceil_mode=True), clipped, nn.AdaptiveAvgPool2d((1, 2)))


def pooled_to_more() -> nn.Module:
    """Means over windows of which several are at the same place."""
    few = nn.AdaptiveAvgPool2d((1, 2))
    return fired(few, nn.AdaptiveAvgPool2d((7, 5)), nn.Conv2d(4, 3, 3))


def grouped() -> nn.Module:
    return fired(nn.Conv2d(4, 4, 1), nn.GroupNorm(2, 4), nn.ReLU6(), nn.Conv2d(4, 4, 1))


class OverTicks(nn.Module):
    """Layers over three axes, of which ticks are one that they leave alone."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.conv, self.layer = nn.Conv2d(2, 4, 3, padding=1), layer
        self.one, self.two = (neuron.LIFNode(v_threshold=0.2, step_mode="m") for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        spikes = self.one(2 * self.conv(x.flatten(0, 1)).unflatten(0, x.shape[:2]))
        turned = self.layer(spikes.permute(1, 2, 0, 3, 4))
        return self.two(turned.permute(2, 0, 1, 3, 4))


class OverChannels(nn.Module):
    """A pool over three axes of [T, B, C, H, W], of which channels are one that it leaves alone."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.conv, self.layer = nn.Conv2d(2, 4, 3, padding=1), layer
        self.one, self.two = (neuron.LIFNode(v_threshold=0.2, step_mode="m") for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        spikes = self.one(2 * self.conv(x.flatten(0, 1)).unflatten(0, x.shape[:2]))
        return self.two(self.layer(spikes))


def eroded() -> nn.Module:
    return OverChannels(nn.MaxPool3d((1, 3, 3), (1, 1, 1), (0, 1, 1)))


def averaged_over_channels() -> nn.Module:
    return OverChannels(nn.AvgPool3d((1, 2, 2)))


def conv_over_ticks() -> nn.Module:
    return OverTicks(nn.Conv3d(4, 3, (1, 3, 3), padding=(0, 1, 1)))


def pool_over_ticks() -> nn.Module:
    return OverTicks(nn.Sequential(nn.AvgPool3d((1, 2, 2)), nn.MaxPool3d((1, 2, 1))))


class Framed(nn.Module):
    """A signal is written into the middle of zeros, and a number onto its edge."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.lif = nn.Conv2d(2, 3, 3), lif()

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        out = torch.zeros(*y.shape[:2], y.shape[2] + 2, y.shape[3] + 2)
        out[:, :, 1:-1, 1:-1] = y
        out[:, :, 0:1, :] = 0.25
        return self.lif(out)


# --- refused --------------------------------------------------------------------------------------


def mixed_in_time() -> nn.Module:
    return OverTicks(nn.Conv3d(4, 3, (3, 3, 3), padding=1))


def dilated_maximum() -> nn.Module:
    return fired(nn.MaxPool2d(2, dilation=2))
