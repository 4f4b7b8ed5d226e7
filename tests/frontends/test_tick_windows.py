"""Windows and sums along ticks: the network gives what PyTorch gives of the whole sequence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import snntorch
import torch
from torch import Tensor, nn
from torch.nn import functional

from snncc.frontends.torch.lift.assembly import Traced, Wanted
from snncc.frontends.torch.load.source import widen
from snncc.frontends.torch.load.trace_model import trace
from snncc.frontends.torch.neurons.libraries import neurons_of
from snncc.frontends.torch.neurons.snntorch import LIBRARY
from snncc.frontends.torch.record.calling import Calling
from snncc.frontends.torch.record.precision import float64
from snncc.ir import ImportRefused, run

Function = Callable[[Tensor], Tensor]
TICKS, SAMPLES, VALUES = 9, 2, 6
KERNELS = torch.from_numpy(np.random.default_rng(0).normal(size=(4, 6, 3)))
PLANES = torch.from_numpy(np.random.default_rng(1).normal(size=(2, 1, 3, 2)))


def probed(function: Function) -> Traced:
    """A function of all ticks `[T, B, 6]`, read tick by tick as potentials without memory."""

    class Loop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.neuron = snntorch.Leaky(0.0, reset_mechanism="none")

        def forward(self, x: Tensor) -> Tensor:
            return torch.stack([self.neuron(frame, None)[1] for frame in function(x)])

    model = widen(Loop())
    neurons, calling = neurons_of(model, [LIBRARY]), Calling("time-first")
    return trace(model, neurons, calling, Wanted("probe", (VALUES,), "real"))


def late(x: Tensor, ticks: int) -> Tensor:
    """`[B, 6, ticks + T]`: the sequence along the last axis, behind so many silent ticks."""
    return functional.pad(x.permute(1, 2, 0), (ticks, 0))


CAUSAL: dict[str, Function] = {
    "conv1d": lambda x: functional.conv1d(late(x, 2), KERNELS).permute(2, 0, 1),
    "conv1d with its own padding": lambda x: functional.conv1d(
        x.permute(1, 2, 0), KERNELS, padding=2
    )[..., : len(x)].permute(2, 0, 1),
    "dilated": lambda x: functional.conv1d(late(x, 2), KERNELS[..., :2], dilation=2).permute(
        2, 0, 1
    ),
    "depthwise": lambda x: functional.conv1d(
        late(x, 2), KERNELS.reshape(6, 1, 12)[..., :3], groups=6
    ).permute(2, 0, 1),
    "one tick": lambda x: functional.conv1d(x.permute(1, 2, 0), KERNELS[..., :1]).permute(2, 0, 1),
    "conv2d over ticks and values": lambda x: functional.conv2d(
        late(x, 2).transpose(1, 2)[:, None], PLANES
    ).permute(2, 0, 1, 3),
    "avg_pool1d": lambda x: functional.avg_pool1d(late(x, 2), 3, 1).permute(2, 0, 1),
    "max_pool1d": lambda x: functional.max_pool1d(late(x, 2), 3, 1).permute(2, 0, 1),
    "unfold": lambda x: late(x, 2).unfold(2, 3, 1).sum(-1).permute(2, 0, 1),
    "cumsum": lambda x: torch.cumsum(x, 0),
}


@pytest.mark.parametrize("name", CAUSAL)
def test_what_looks_back_is_what_pytorch_gives(name: str) -> None:
    signal = np.random.default_rng(2).normal(size=(SAMPLES, TICKS, VALUES))
    with float64():
        expected = CAUSAL[name](torch.from_numpy(signal.swapaxes(0, 1))).transpose(0, 1).numpy()
    ours = run(probed(CAUSAL[name]).network, signal).output
    np.testing.assert_allclose(ours.reshape(expected.shape), expected, rtol=1e-12, atol=1e-12)


AHEAD: dict[str, Function] = {
    "conv1d": lambda x: functional.conv1d(x.permute(1, 2, 0), KERNELS, padding=1).permute(2, 0, 1),
    "avg_pool1d": lambda x: functional.avg_pool1d(x.permute(1, 2, 0), 3, 1, 1).permute(2, 0, 1),
    "cumsum from the end": lambda x: x.flip(0).cumsum(0).flip(0),
}


@pytest.mark.parametrize("name", AHEAD)
def test_what_looks_ahead_is_refused(name: str) -> None:
    with pytest.raises(ImportRefused, match="looks ahead to tick"):
        probed(AHEAD[name])
