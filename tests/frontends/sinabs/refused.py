"""Layers of Sinabs that must be refused, and one that shows what is not; no tests."""

from __future__ import annotations

import sinabs.layers as sl
import torch
from sinabs.activation import MembraneReset, MembraneSubtract, SingleSpike
from torch import Tensor, nn


def plain() -> nn.Module:
    return after(sl.LIF(3.0), 9)


def after(layer: nn.Module, width: int = 6) -> nn.Module:
    return nn.Sequential(nn.Linear(6, width), layer)


def reset_to_a_value() -> nn.Module:
    return after(sl.LIF(3.0, reset_fn=MembraneReset(-0.2)))


def high_floor() -> nn.Module:
    return after(sl.LIF(3.0, min_v_mem=0.5))


def floor_at_the_threshold() -> nn.Module:
    return after(sl.IAF(spike_threshold=torch.tensor(-0.5), spike_fn=SingleSpike, min_v_mem=-0.2))


def more_than_the_threshold() -> nn.Module:
    return after(sl.LIF(3.0, min_v_mem=-1.0, reset_fn=MembraneSubtract(3.0)))


def clipped_readout() -> nn.Module:
    return nn.Sequential(sl.IAF(), nn.Linear(6, 3), sl.ExpLeak(3.0, min_v_mem=-1.0))


class OwnSpikes(SingleSpike):
    """Fires below the threshold as well."""


def own_spikes() -> nn.Module:
    return after(sl.LIF(3.0, spike_fn=OwnSpikes))


def own_reset() -> nn.Module:
    return after(sl.LIF(3.0, reset_fn=lambda spikes, state, threshold: state))


def pooled_over_time() -> nn.Module:
    return nn.Sequential(sl.SpikingMaxPooling2dLayer((2, 2)), nn.Flatten(), sl.IAFSqueeze(1))


def random_spikes() -> nn.Module:
    return nn.Sequential(sl.Img2SpikeLayer((6,), tw=5), sl.IAF())


def analog() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 6), sl.NeuromorphicReLU(), sl.IAF())


class Leaning(sl.LIF):
    """A layer that adds something of its own."""

    def forward(self, input_data: Tensor) -> Tensor:
        return super().forward(input_data + 0.1)


def derived() -> nn.Module:
    return after(Leaning(3.0))
