"""Units of rows are tried with the codes of their weights: thresholds fit, and sums move least."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from snncc.calibration import round_layer as module
from snncc.calibration.driven_layers import Layer, find_layers
from snncc.calibration.error_feedback import Grid, measure_error, round_nearest
from snncc.calibration.moments import list_read, measure_moments
from snncc.calibration.round_layer import VARIANTS, WAYS, Way, round_layer
from snncc.ir import Values, run
from snncc.ir.passes import Quantize, calibrate
from tests.nets import hand, spikes_for

NAMES = ("feedforward", "convolutional", "memory")


def layers_of(name: str, bits: int) -> Iterator[tuple[Layer, Values]]:
    """The layers of a network with the moments of their inputs."""
    network = hand(name)
    signal = spikes_for(network, samples=12)
    quantized = Quantize(weight_bits=bits, ranges=calibrate(network, signal))(network)
    layers = find_layers(network, quantized)
    moments = measure_moments(network, layers, run(network, signal, record=list_read(layers)))
    assert layers
    yield from ((layer, moments[layer.name]) for layer in layers)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("variant", range(VARIANTS))
@pytest.mark.parametrize("name", NAMES)
def test_thresholds_are_integers_in_the_units_that_are_chosen(
    name: str, variant: int, way: Way
) -> None:
    for layer, moments in layers_of(name, 4):
        weights, units = round_layer(layer, moments, way, 6, variant)
        codes = weights / (units[:, None] if layer.scalable else layer.step)
        assert np.allclose(codes, np.rint(codes)) and np.all(np.abs(codes) < 7.5)
        if layer.thresholds is not None and layer.scalable:
            whole = layer.thresholds * 2.0**6 / units
            assert np.allclose(whole, np.rint(whole))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bits", [4, 8])
def test_the_sums_of_each_row_move_less_than_in_the_usual_unit(name: str, bits: int) -> None:
    for layer, moments in layers_of(name, bits):
        usual = round_nearest(layer.weights, Grid(layer.step, layer.largest))
        best = round_layer(layer, moments, "nearest", 6)[0]
        one, other = (measure_error(layer.weights, each, moments) for each in (usual, best))
        assert np.sum(other) <= np.sum(one)
        if layer.scalable and bits == 8 and layer.weights.shape[1] < 10:
            assert np.sum(other) < 0.5 * np.sum(one)  # of many units one fits a few weights well


@pytest.mark.parametrize("way", WAYS)
def test_what_is_chosen_does_not_depend_on_how_many_units_are_tried_at_a_time(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    for layer, moments in layers_of("memory", 8):
        whole = round_layer(layer, moments, way, 4)
        with monkeypatch.context() as patched:
            patched.setattr(module, "VALUES", 1)
            parts = round_layer(layer, moments, way, 4)
        assert all(np.array_equal(one, other) for one, other in zip(whole, parts, strict=True))
