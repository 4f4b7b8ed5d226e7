"""Tuning lowers the loss in integers, goes on as if uninterrupted, and gives a bundle that runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from snncc.backends import pack_npz
from snncc.bundle import Bundle
from snncc.datasets import Samples
from snncc.ir import Network, UsageError, run, show, verify
from snncc.ir.passes import Quantize, calibrate
from tests.commands import commands
from tests.nets import hand, spikes_for

pytest.importorskip("torch")

from snncc.tune import Epoch, Method, Progress, Recipe, fit

RECIPE = Recipe(Method("bptt"), epochs=6, batch=16, rate=0.02, patience=6)


def task(name: str, bits: int = 3) -> tuple[Network, Samples]:
    """A network of few bits, and samples whose class is the float network's answer."""
    network = hand(name)
    signal = spikes_for(network, samples=160, ticks=12)
    labels = np.argmax(run(network, signal).scores(network.decode), axis=1)
    coarse = verify(Quantize(weight_bits=bits, ranges=calibrate(network, signal))(network))
    return coarse, Samples(signal["x"], labels)


def weights(network: Network) -> dict[str, bytes]:
    return {name: tensor.values.tobytes() for name, tensor in network.tensors.items()}


@pytest.mark.parametrize("method", [Method("bptt"), Method("sltt"), Method("sltt-k", 4)])
@pytest.mark.parametrize("name", ["feedforward", "memory"])
def test_the_loss_falls_and_the_best_epoch_is_given_back(name: str, method: Method) -> None:
    network, samples = task(name)
    epochs: list[Epoch] = []
    recipe = Recipe(method, epochs=6, batch=16, rate=0.02, patience=6)
    tuned = fit(network, samples, None, recipe, Progress(None, ""), epochs.append)
    assert epochs[-1].loss < 0.9 * epochs[1].loss
    best = max(epochs, key=lambda epoch: (epoch.score, -epoch.held_out))
    assert [epoch for epoch in epochs if epoch.best][-1] == best
    assert tuned.nodes == network.nodes
    assert (weights(tuned) == weights(network)) == (best.number == 0)


def test_a_teacher_stands_for_labels() -> None:
    network, samples = task("feedforward", 2)
    float_scores = run(hand("feedforward"), {"x": samples.signal}).scores("count")
    epochs: list[Epoch] = []
    bare = Samples(samples.signal, None)
    fit(network, bare, float_scores, RECIPE, Progress(None, ""), epochs.append)
    assert epochs[-1].loss < epochs[1].loss
    with pytest.raises(UsageError, match="labels"):
        fit(network, bare, None, RECIPE, Progress(None, ""))


class Killed(Exception):
    """Ends a call between two epochs."""


def test_killed_and_resumed_it_gives_the_weights_of_a_run_in_one_go(tmp_path: Path) -> None:
    network, samples = task("feedforward")
    whole = fit(network, samples, None, RECIPE, Progress(None, "call"))

    def kill(epoch: Epoch) -> None:
        if epoch.number == 3:
            raise Killed

    kept = tmp_path / "kept.npz"
    with pytest.raises(Killed):
        fit(network, samples, None, RECIPE, Progress(kept, "call"), kill)
    seen: list[Epoch] = []
    resumed = Progress(kept, "call", resume=True)
    again = fit(network, samples, None, RECIPE, resumed, seen.append)
    assert [epoch.number for epoch in seen] == [4, 5, 6]
    assert weights(again) == weights(whole)
    with pytest.raises(UsageError, match="of another call"):
        Progress(kept, "another", resume=True)
    with pytest.raises(UsageError, match="nothing to resume"):
        Progress(tmp_path / "none.npz", "call", resume=True)


def test_the_command_gives_a_bundle_whose_integers_are_those_that_were_tuned(
    tmp_path: Path,
) -> None:
    network = hand("feedforward")
    signal = spikes_for(network, samples=160, ticks=12)
    labels = np.argmax(run(network, signal).scores("count"), axis=1)
    (tmp_path / "net.snn").write_text(show(network))
    tensors = {name: tensor.values for name, tensor in network.tensors.items()}
    (tmp_path / "net.npz").write_bytes(pack_npz(tensors))
    (tmp_path / "data.npz").write_bytes(pack_npz({"x": signal["x"], "y": labels}))
    common = ("--data", "data.npz", "--epochs", "2")
    first = ("tune", "net.snn", "--target", "c99", "--weight-bits", "3", "-o", "tuned.snnb")
    with commands(more=["snncc.tune"]) as snncc:
        done = snncc(*first, *common, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "epoch 2" in done.stderr
        again = snncc(*first, *common, "--resume", folder=tmp_path)
        assert again.returncode == 0 and "epoch 2" not in again.stderr, again.stderr
        tuned = Bundle.open(tmp_path / "tuned.snnb")
        assert tuned.network.quantized and tuned.source.quantized
        equal = snncc("verify", "tuned.snnb", "--data", "data.npz", folder=tmp_path)
        assert equal.returncode == 0, equal.stderr
        more = snncc("tune", "tuned.snnb", "-o", "more.snnb", *common, folder=tmp_path)
        assert more.returncode == 0, more.stderr
        both = snncc("tune", "tuned.snnb", "--target", "c99", "-o", "x.snnb", folder=tmp_path)
        assert both.returncode == 2 and "leave it out" in both.stderr
