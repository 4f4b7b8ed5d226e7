"""Calibration looks at all of the data, and the build says what it has learned of them."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from snncc.build import calibration_data as module
from snncc.build.calibration_data import input_notes, learn_ranges
from snncc.datasets import Samples
from snncc.ir import verify
from snncc.ir.passes import Quantize, calibrate
from tests.nets import hand


def samples(count: int, ticks: int = 12, seed: int = 0) -> Samples:
    """Real values for the hand-made network with a read-out; the last sample reaches furthest."""
    x = np.random.default_rng(seed).normal(size=(count, ticks, 5))
    x[-1, -1, 2] = -25.0
    return Samples(x, None)


def test_the_last_of_many_samples_counts_as_much_as_the_first() -> None:
    found, notes = learn_ranges(hand("readout"), samples(200))
    assert found.samples == 200 and notes == ()
    assert found.peaks["%x"][2] == 25.0 and found.negative == {"x"}


def test_where_all_would_take_too_long_some_run_and_all_are_looked_at(monkeypatch) -> None:
    monkeypatch.setattr(module, "MINUTE", 200_000)
    found, notes = learn_ranges(hand("readout"), samples(500))
    assert 1 < found.samples < 100
    assert found.peaks["%x"][2] == 25.0
    assert "of 500 samples, evenly spread" in notes[0]


def test_samples_one_after_another_give_what_all_at_once_do() -> None:
    network, x = hand("readout"), samples(150).signal
    whole = calibrate(network, x)
    parts = [calibrate(network, x[start : start + 64]) for start in (0, 64, 128)]
    for wire, peak in whole.peaks.items():
        assert np.allclose(peak, np.max([part.peaks[wire] for part in parts], axis=0))
    sizes = np.array([64, 64, 22])
    for name, rate in whole.rates.items():
        assert np.isclose(rate, sizes @ [part.rates[name] for part in parts] / 150)


def test_the_build_says_how_far_inputs_may_go_and_which_are_held_coarsely() -> None:
    network, data = hand("readout"), samples(40)
    data.signal[..., 0] *= 1e-4
    ranges, _ = learn_ranges(network, data)
    whole = verify(Quantize(ranges=ranges)(network))
    (room, coarse) = input_notes(whole, ranges, counts=False)
    assert "the data reach 25, so there is room for 1.28 times as much" in room
    assert "1 of its 5 values reach fewer than 64 codes" in coarse and "(value 0:" in coarse


def test_spikes_have_no_headroom_to_speak_of() -> None:
    network = hand("feedforward")
    x = (np.random.default_rng(0).random((4, 9, 12)) < 0.3).astype(float)
    ranges = calibrate(network, x)
    assert input_notes(Quantize(ranges=ranges)(network), ranges, counts=False) == ()
    assert isinstance(ranges.peaks, MappingProxyType)
