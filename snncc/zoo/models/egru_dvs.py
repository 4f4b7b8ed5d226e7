"""EGRU for frames of an event camera in PyTorch: convolutions, layers, a trace; no training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from torch import Tensor, nn

from .config import Config
from .egru import EGRU, EGRUConfig, Form
from .multistep import apply_at_once

FEATURES = 512
MAPS = 64, 192, 384, 256, 256


@dataclass(frozen=True, slots=True)
class EGRUDVSConfig(Config):
    """Every hyper-parameter of an `EGRUDVS`.

    classes   outputs per tick
    hidden    units of each recurrent layer
    side      pixels along an edge of a frame
    shrink    pixels along an edge of the squares of which the largest value counts
    polarity  "mean" of both, or "both" one after the other
    maps      of each convolution; none: pixels enter the recurrent layers as they are
    features  values that the convolutions give the recurrent layers
    The rest is that of `EGRUConfig`.
    """

    classes: int
    hidden: tuple[int, ...]
    side: int = 128
    shrink: int = 1
    polarity: Literal["mean", "both"] = "mean"
    maps: tuple[int, ...] = MAPS
    features: int = FEATURES
    form: Form = "released"
    threshold: float = 0.3
    zoneout: float = 0.0

    @property
    def inputs(self) -> int:
        """Values per tick that enter the recurrent layers."""
        pixels = (self.side // self.shrink) ** 2
        return self.features if self.maps else pixels * (2 if self.polarity == "both" else 1)


class EGRUDVS(nn.Module):
    """Scores `[ticks, batch, classes]`, to be averaged, of frames `[ticks, batch, 2, side, side]`.

    A frame counts the events of 25 ms, by polarity. Five convolutions, each with a ReLU, take it to
    one point; the layers that follow are read out by a trace (Subramoney et al. 2023, arXiv
    2206.06178; EvNN 0.2, benchmarks/dvs_gesture/models.py, whose keys the convolutions have).
    """

    def __init__(self, config: EGRUDVSConfig) -> None:
        super().__init__()
        self.config = config
        self.shrink = nn.MaxPool2d(config.shrink)
        if config.maps:
            self.conv = make_stem(config)
        self.recurrent = EGRU(
            EGRUConfig(
                config.inputs,
                config.classes,
                config.hidden,
                config.form,
                config.threshold,
                zoneout=config.zoneout,
                readout="trace",
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        """Scores of all ticks."""
        frames = apply_at_once(x, self.shrink) if self.config.shrink > 1 else x
        if self.config.polarity == "mean":
            frames = frames.mean(2, keepdim=True)
        seen = apply_at_once(frames, self.conv) if self.config.maps else frames.flatten(2)
        return cast("Tensor", self.recurrent(seen))


def make_stem(config: EGRUDVSConfig) -> nn.Sequential:
    """The convolutions; larger frames are pooled after more of them, down to one point."""
    side = config.side // config.shrink
    pools = 2 + (side >= 64) + (side >= 128)
    shapes = (11, 4, 2), (5, 1, 2), (3, 1, 1), (3, 1, 1), (3, 1, 1)
    found: list[nn.Module] = []
    before = 2 if config.polarity == "both" else 1
    for index, (maps, (kernel, stride, padding)) in enumerate(
        zip(config.maps, shapes, strict=True)
    ):
        found += [nn.Conv2d(before, maps, kernel, stride, padding), nn.ReLU()]
        if index < 4:
            found.append(nn.MaxPool2d(3, 2) if index < pools else nn.Identity())
        before = maps
    return nn.Sequential(*found, nn.Flatten(), nn.Linear(before, config.features))
