"""Networks of Sinabs' layers, as users of Sinabs write them; no tests."""

from __future__ import annotations

import sinabs
import sinabs.layers as sl
import torch
from sinabs.activation import MaxSpike, MembraneReset, MembraneSubtract, SingleSpike
from torch import Tensor, nn

from tests.frontends.layers import normed, strong


def feed_forward() -> nn.Module:
    return nn.Sequential(strong(6, 9), sl.LIF(3.0), strong(9, 4), sl.LIF(8.0, norm_input=False))


def synaptic() -> nn.Module:
    first = sl.LIF(4.0, tau_syn=3.0)
    return nn.Sequential(strong(6, 9, 8.0), first, strong(9, 4), sl.IAF(tau_syn=2.0))


def single_spikes() -> nn.Module:
    calm = {"spike_fn": SingleSpike, "min_v_mem": -0.5, "norm_input": False}
    return nn.Sequential(
        strong(6, 9),
        sl.LIF(5.0, reset_fn=MembraneReset(), **calm),
        strong(9, 4),
        sl.LIF(5.0, reset_fn=MembraneSubtract(0.7), **calm),
    )


def recurrent() -> nn.Module:
    back = nn.Sequential(nn.Flatten(), nn.Linear(9, 9))
    return nn.Sequential(
        strong(6, 9),
        sl.LIFRecurrent(4.0, rec_connect=back, norm_input=False),
        strong(9, 4, 1.0),
        sl.IAFRecurrent(rec_connect=nn.Linear(4, 4, bias=False), min_v_mem=-1.0),
    )


def adaptive() -> nn.Module:
    return nn.Sequential(
        strong(6, 9),
        sl.ALIF(4.0, 10.0, norm_input=False, reset_fn=MembraneReset()),
        strong(9, 4),
        sl.ALIFRecurrent(
            4.0,
            9.0,
            rec_connect=nn.Linear(4, 4),
            tau_syn=3.0,
            norm_input=False,
            reset_fn=MembraneSubtract(0.5),
        ),
    )


def adaptive_by_default() -> nn.Module:
    """A spike subtracts the threshold as it has risen."""
    return nn.Sequential(
        strong(6, 9),
        sl.ALIF(4.0, 10.0),
        strong(9, 4, 6.0),
        sl.ALIF(4.0, 9.0, spike_threshold=torch.tensor(0.2)),
    )


def readout() -> nn.Module:
    return nn.Sequential(strong(6, 9), sl.IAF(), strong(9, 4), sl.ExpLeak(9.0, norm_input=True))


def conv_norm_pool() -> nn.Module:
    """Batch and ticks in one axis, as convolutions want it."""
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, bias=False),
        normed(4),
        sl.IAFSqueeze(batch_size=1, min_v_mem=-1.0),
        sl.SumPool2d(2),
        nn.Conv2d(4, 3, 2),
        sl.LIFSqueeze(tau_mem=4.0, num_timesteps=10, spike_fn=MaxSpike(3), norm_input=False),
        nn.Flatten(),
        strong(12, 5),
        sl.IAFSqueeze(batch_size=1),
    )


def converted() -> nn.Module:
    """What from_model makes of a network of rectifiers."""
    analog = nn.Sequential(
        nn.Conv2d(2, 4, 3, bias=False),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        strong(16, 5),
        nn.ReLU(),
    )
    return sinabs.from_model(analog, input_shape=(2, 6, 6), batch_size=1)


class Folded(nn.Module):
    """Folds and unfolds the ticks itself, and counts the spikes."""

    def __init__(self) -> None:
        super().__init__()
        self.fold, self.unfold = sl.FlattenTime(), sl.UnflattenTime(batch_size=1)
        self.conv, self.iaf = nn.Conv2d(2, 3, 3), sl.IAFSqueeze(batch_size=1)
        self.head, self.last = strong(48, 4), sl.IAFSqueeze(batch_size=1)

    def forward(self, x: Tensor) -> Tensor:
        z = self.iaf(self.conv(self.fold(x)))
        return self.unfold(self.last(self.head(z.flatten(1)))).sum(1)


def folded() -> nn.Module:
    return Folded()


class Residual(nn.Module):
    """Two branches that meet in a merge, and a convolution repeated over the ticks."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = sl.Repeat(nn.Conv2d(2, 4, 3, padding=1))
        self.one, self.two, self.three = sl.IAF(), sl.LIF(5.0), sl.LIF(5.0, norm_input=False)
        self.same, self.merge = sl.Repeat(nn.Conv2d(4, 4, 3, padding=1)), sl.Merge()

    def forward(self, x: Tensor) -> Tensor:
        z = self.one(2 * self.conv(x))
        y = self.two(2 * self.same(z))
        return self.three(self.merge(y, z))


def residual() -> nn.Module:
    return Residual()


def a_parameter_per_neuron() -> nn.Module:
    torch.manual_seed(3)
    first = sl.LIF(torch.empty(9).uniform_(2, 9), spike_threshold=torch.empty(9).uniform_(0.3, 1))
    learned = sl.LIF(torch.empty(4).uniform_(2, 9), train_alphas=True, norm_input=False)
    return nn.Sequential(strong(6, 9), first, strong(9, 4), learned)


class Mixed(nn.Module):
    """Spikes, potentials and several spikes a tick through one head."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.head = strong(6, 9, 8.0), strong(18, 4)
        self.one, self.two, self.last = sl.IAF(), sl.LIF(3.0), sl.ExpLeak(5.0)

    def forward(self, x: Tensor) -> Tensor:
        current = self.inner(x)
        return self.last(self.head(torch.cat([self.one(current), self.two(current)], dim=-1)))


def mixed() -> nn.Module:
    return Mixed()
