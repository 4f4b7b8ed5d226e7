"""What integers lose is counted layer by layer, and a limit of it holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snncc.ir import Values, verify
from snncc.ir.passes import Quantize, calibrate
from snncc.loss import measure
from tests.cli.conftest import call
from tests.nets import hand


def fed(count: int = 40, seed: int = 0) -> Values:
    return (np.random.default_rng(seed).random((count, 20, 12)) < 0.3).astype(np.float64)


def test_a_network_beside_itself_loses_nothing() -> None:
    network, x = hand("feedforward"), fed()
    loss = measure(network, network, x, None)
    assert (loss.drop, loss.agreement) == (0.0, 1.0) and loss.correlation > 0.999
    assert [layer.node for layer in loss.layers] == ["s1", "s2"]
    assert all(layer.first is None and layer.spikes_float > 0 for layer in loss.layers)


def test_fewer_bits_lose_more_and_the_layers_say_where() -> None:
    network, x = hand("feedforward"), fed()
    ranges = calibrate(network, x)
    found = {
        bits: measure(network, verify(Quantize(weight_bits=bits, ranges=ranges)(network)), x, None)
        for bits in (2, 4, 8)
    }
    shares = [[layer.equal / layer.values for layer in found[bits].layers] for bits in (2, 4, 8)]
    assert all(a < b < c for a, b, c in zip(*shares, strict=True))
    worst = found[2].layers[0]
    assert worst.zero_codes > 0 and worst.first is not None and worst.first.neuron < 16
    assert found[2].correlation < found[8].correlation


def test_labels_make_it_a_drop_of_accuracy() -> None:
    network, x = hand("feedforward"), fed()
    whole = verify(Quantize(weight_bits=2, ranges=calibrate(network, x))(network))
    labels = measure(network, network, x, np.zeros(40, dtype=np.int64))
    assert labels.accuracy["float"] == labels.accuracy["quantized"]
    loss = measure(network, whole, x, np.zeros(40, dtype=np.int64))
    drop = 100 * (loss.accuracy["float"] - loss.accuracy["quantized"])
    assert loss.drop == drop and loss.as_json()["accuracy"] == dict(loss.accuracy)


def save_network(tmp_path: Path) -> tuple[str, str]:
    """A network's file and data for it."""
    from snncc.ir import show

    path, data = tmp_path / "net.snn", tmp_path / "data.npz"
    made = hand("feedforward")
    silent = {"c1.bias": np.zeros(16)}  # without input it never fires
    path.write_text(show(made, tensors=True))
    arrays: dict[str, Any] = {n: t.values for n, t in made.tensors.items()}
    arrays.update(silent)
    np.savez(tmp_path / "net.npz", **arrays)
    np.savez(data, x=fed(), y=np.arange(40) % 5)
    return str(path), str(data)


@pytest.fixture
def network(tmp_path: Path) -> tuple[str, str]:
    return save_network(tmp_path)


def test_verify_and_build_hold_to_max_drop(
    network: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, data = network
    out = str(tmp_path / "net.snnb")
    build = ["build", model, "--target", "c99", "--data", data, "-o", out]
    assert call([*build, "--max-drop", "100"], capsys).code == 0
    said = call(["verify", out, "--data", data, "--json"], capsys)
    loss = json.loads(said.out)["loss"]
    assert loss["layers"][0]["node"] == "%s1" and loss["output"]["agreement"] > 0.5
    assert set(loss["accuracy"]) == {"float", "quantized"}
    np.savez(tmp_path / "bare.npz", x=fed(seed=3))
    bare = ["--data", str(tmp_path / "bare.npz"), "--max-drop", "0"]
    two = [
        "build",
        model,
        "--target",
        "c99",
        "--weight-bits",
        "2",
        "-o",
        str(tmp_path / "two.snnb"),
    ]
    done = call([*two, *bare], capsys)
    assert (done.code, (tmp_path / "two.snnb").exists()) == (3, False)
    assert "points of equal answers on 40 samples, more than --max-drop 0" in done.err
    assert call([*two, *bare[:2]], capsys).code == 0
    failed = call(["verify", two[-1], *bare], capsys)
    assert failed.code == 3 and "more than --max-drop 0" in failed.err


def test_no_spike_on_either_side_is_nothing_compared(
    network: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, data = network
    out = str(tmp_path / "net.snnb")
    assert call(["build", model, "--target", "c99", "--data", data, "-o", out], capsys).code == 0
    np.savez(tmp_path / "still.npz", x=np.zeros((3, 9, 12)))
    still = call(["verify", out, "--data", str(tmp_path / "still.npz"), "--json"], capsys)
    found = json.loads(still.out)
    assert still.code == 3 and not found["passed"]
    assert all(each["empty"] for each in found["comparisons"] if each["right"] == "native")
    assert "nothing was compared: no spike" in still.err
