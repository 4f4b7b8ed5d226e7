"""The gradients are those of the same network written out in floats of PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from snncc.ir import run, verify
from snncc.ir.passes import Quantize, calibrate
from tests.nets import hand, spikes_for

pytest.importorskip("torch")

import torch

from snncc.tune import SURROGATES, Method, TunedNetwork, add_gradients

TICKS = 10
SEED = 1  # of samples in which no potential is so close to the threshold that rounding decides


class Fire(torch.autograd.Function):
    """A spike above 1, whose slope is 1 / (1 + (pi x)**2)."""

    @staticmethod
    def forward(ctx: Any, v: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(v)
        return (v > 1).to(v.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> torch.Tensor:
        (v,) = ctx.saved_tensors
        slope: torch.Tensor = 1 / (1 + (torch.pi * (v - 1)) ** 2)
        return grads[0] * slope


def written_out(weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Counts of the hand-written network `feedforward`, each neuron in the order of snnTorch."""
    fire: Any = Fire.apply
    one = torch.zeros(len(x), 16, dtype=torch.float64)
    two = torch.zeros(len(x), 5, dtype=torch.float64)
    counts = torch.zeros_like(two)
    for tick in x.unbind(1):
        one = 0.9 * one + tick @ weights["c1.weight"].T + weights["c1.bias"] - fire(one)
        two = 0.9 * two + fire(one) @ weights["c2.weight"].T - fire(two)
        counts = counts + fire(two)
    return counts


def test_they_are_those_of_the_same_network_written_out_in_floats() -> None:
    network = hand("feedforward")
    signal = spikes_for(network, seed=SEED, samples=8, ticks=TICKS)
    fine = verify(Quantize(weight_bits=16, ranges=calibrate(network, signal))(network))
    spikes = [run(each, signal, record="spikes").wires for each in (network, fine)]
    assert all(np.array_equal(spikes[0][wire], spikes[1][wire]) for wire in spikes[0]), "so fine"
    tuned = TunedNetwork(fine)
    total: list[torch.Tensor] = []

    def loss(outputs: list[torch.Tensor], tick: int) -> torch.Tensor | None:
        total.append(outputs[0])
        return (torch.stack(total).sum(0) ** 2).sum() if tick == TICKS - 1 else None

    add_gradients(tuned, tuned.encode(signal), loss, Method("bptt"), torch.Generator())
    weights = {
        name: torch.tensor(np.array(network.tensors[name].values)).requires_grad_()
        for name in tuned.parameters
    }
    counts = written_out(weights, torch.tensor(signal["x"]))
    assert torch.equal(counts, torch.stack(total).sum(0))
    (counts**2).sum().backward()
    for name, parameter in tuned.parameters.items():
        found, expected = parameter.grad, weights[name].grad
        assert found is not None and expected is not None and expected.any()
        assert torch.allclose(found, expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))


@pytest.mark.parametrize("name", SURROGATES)
def test_a_surrogate_is_largest_at_the_threshold_and_falls_on_both_sides(name: str) -> None:
    slope = SURROGATES[name](torch.arange(-20, 21, dtype=torch.float64) / 10)
    assert slope.argmax() == 20 and slope[20] == 1.0
    assert torch.allclose(slope, slope.flip(0)) and bool((slope >= 0).all())
    assert bool((slope[:21].diff() >= 0).all())
