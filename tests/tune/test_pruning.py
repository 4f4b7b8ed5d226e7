"""As many weights are zero as were asked for, and noise changes what is learned from alone."""

from __future__ import annotations

import numpy as np
import pytest

from snncc.datasets import Samples
from snncc.ir import Network, Values, arithmetics, run, verify
from snncc.ir.ops import Weighted
from snncc.ir.passes import Quantize, calibrate
from tests.nets import hand, spikes_for

pytest.importorskip("torch")

import torch

from snncc.tune import Epoch, Method, Progress, Recipe, TunedNetwork, fit
from snncc.tune.pruning import choose_share, prune


def task(name: str) -> tuple[Network, Samples]:
    network = hand(name)
    signal = spikes_for(network, samples=80, ticks=12)
    labels = np.argmax(run(network, signal).scores(network.decode), axis=1)
    integers = verify(Quantize(ranges=calibrate(network, signal))(network))
    return integers, Samples(signal["x"], labels)


def codes(network: Network) -> Values:
    """The codes of all weights of which a neuron has several, one after the other."""
    numbers = arithmetics(network)
    found = [
        node.op.weight_codes(numbers[node.name][0]).ravel()
        for node in network
        if isinstance(node.op, Weighted) and network.tensors[node.op.weight.name].values[0].size > 1
    ]
    return np.concatenate(found)


@pytest.mark.parametrize("name", ["feedforward", "convolutional", "memory"])
@pytest.mark.parametrize("sparsity", [0.5, 0.9])
def test_as_many_weights_are_zero_as_were_asked_for(name: str, sparsity: float) -> None:
    network, samples = task(name)
    epochs: list[Epoch] = []
    recipe = Recipe(Method("bptt"), epochs=4, batch=40, sparsity=sparsity)
    pruned = fit(network, samples, None, recipe, Progress(None, ""), epochs.append)
    assert np.mean(codes(pruned) == 0) >= sparsity - 0.01
    assert not any(epoch.best for epoch in epochs[:2]), "too few are zero there"
    assert any(epoch.best for epoch in epochs[2:])


def test_the_share_of_zeros_rises_to_what_is_asked_for_half_way_through() -> None:
    shares = [choose_share(0.8, epoch, 10) for epoch in range(-1, 10)]
    assert shares == sorted(shares) and shares[0] == 0.0
    assert shares[5] == shares[-1] == 0.8 and shares[4] < 0.8


def test_the_least_of_their_tensor_go_first_and_stay_away() -> None:
    weights = {"a": torch.tensor([[3.0, -1.0], [2.0, 4.0]]), "b": torch.tensor([9.0])}
    masks = prune(weights, 0.5)
    assert weights["a"].tolist() == [[3.0, 0.0], [0.0, 4.0]]
    assert masks["a"].tolist() == [[1.0, 0.0], [0.0, 1.0]] and "b" not in masks
    prune(weights, 0.25)
    assert weights["a"].tolist() == [[3.0, 0.0], [0.0, 4.0]]


def play(tuned: TunedNetwork, samples: Samples) -> Values:
    fed = tuned.encode(samples.signal)
    tuned.begin(len(samples))
    ticks = range(samples.signal.shape[1])
    with torch.no_grad():
        out = [tuned.tick({name: v[:, t] for name, v in fed.items()})[0] for t in ticks]
    return np.asarray(torch.stack(out, 1))


def test_noise_changes_weights_and_thresholds_of_one_batch_and_no_parameter() -> None:
    network, samples = task("feedforward")
    tuned = TunedNetwork(network)
    calm = play(tuned, samples)
    random = torch.Generator().manual_seed(1)
    tuned.shake(0.2, random)
    shaken = play(tuned, samples)
    assert np.mean(shaken != calm) > 0.01
    assert np.array_equal(play(tuned, samples), shaken), "one batch, one draw"
    tuned.shake(0.2, random)
    assert not np.array_equal(play(tuned, samples), shaken)
    tuned.shake(0.0, random)
    assert np.array_equal(play(tuned, samples), calm)
    none = TunedNetwork(network, only=())
    none.shake(0.2, random)
    assert not np.array_equal(play(none, samples), calm), "thresholds and frozen weights shake too"
