"""The four networks of the NIR paper (Pedersen et al. 2024) on SpiNNaker 2."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from snncc.importing import import_model
from snncc.ir import Network, run
from tests.backends.spinnaker2.nets import BACKEND, prepared
from tests.nets import spikes_for

SAMPLES = 60


@pytest.fixture(scope="module")
def folder() -> Path:
    """The data folder; skips where it has no such networks."""
    place = Path(os.environ.get("SNNCC_DATA", ""))
    if not (place / "nir").is_dir():
        pytest.skip("set SNNCC_DATA to the folder that contains the networks of the NIR paper")
    return place


def read(folder: Path, name: str, reset: str) -> Network:
    model = str(folder / "nir" / f"{name}.nir")
    return import_model(model, None, None, {"reset": reset}).imported.network


def test_the_neuron_is_the_one_that_was_recorded(folder: Path) -> None:
    """V <- 0.96 V + 102 s, a tick late, fires at 255.05, goes to zero; recorded after the reset.

    These are the numbers in paper/01_lif of the NIR repository, in the converter's own scale.
    """
    network = read(folder, "lif_norse", "value")
    signal = spikes_for(network, samples=1, ticks=200, rate=0.15)
    _, program = prepared(network, signal)
    found = BACKEND.simulate(program, signal["input"], ("%lif_1.v",))
    v, spikes, shown = 0.0, [], []
    for spike in signal["input"][0, :, 0]:
        v = 0.96 * v + 102 * spike
        spikes.append(v >= 255.05)
        v = 0.0 if spikes[-1] else v
        shown.append(v)
    ratio = 127 / 102
    assert np.array_equal(found["%lif_1"][0, :, 0], spikes) and any(spikes)
    assert np.allclose(found["%lif_1.v"][0, :, 0], np.array(shown) * ratio, atol=1e-3)


@pytest.mark.parametrize(
    ("name", "reset"),
    [("braille_noDelay_bias_zero", "value"), ("braille_noDelay_noBias_subtract", "subtract")],
)
def test_braille_letters_are_read_as_in_float(folder: Path, name: str, reset: str) -> None:
    """On all 875 samples: benchmarks/spinnaker2_braille.py."""
    data = np.load(folder / "braille7.npz")
    signal = np.unpackbits(data["x_test"][:SAMPLES], axis=-1)[..., :12].astype(np.float64)
    labels = data["y_test"][:SAMPLES]
    network = read(folder, name, reset)
    quantized, program = prepared(network, {"input": signal})
    found = BACKEND.simulate(program, signal, ())
    assert run(quantized, signal).compare(found) == (0, None)
    exact = run(network, signal).accuracy(labels, network.decode)
    assert found.accuracy(labels, network.decode) >= exact - 2 / SAMPLES
    assert {n.application for n in program.neurons} == {"lif_curr_exp_no_delay"}


def test_the_cnn_equals_the_reference(folder: Path) -> None:
    network = read(folder, "cnn_sinabs", "subtract")
    signal = spikes_for(network, samples=1, ticks=12, rate=0.05)
    quantized, program = prepared(network, signal)
    wires = tuple(wire.text for wire in program.traced)
    found = BACKEND.simulate(program, signal["input"], wires)
    assert run(quantized, signal, record=wires).compare(found) == (0, None)
    models = [n.application for n in program.neurons]
    assert models == ["lif_conv2d"] * 3 + ["lif_no_delay"] * 2 and found.output.any()
