"""Weak columns beside strong ones keep their codes: a unit for another feature loses nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from snncc.ir import Network, Origin, PassError, Tensor, Values, parse, run, verify
from snncc.ir.ops import Sparse
from snncc.ir.passes import Quantize, calibrate
from tests.laws.test_meeting import LEAKY, TARGETS, built

RATIOS = (30.0, 1000.0)


def fed(signal: str, weight: Values) -> Network:
    """A population on an input, and integrators behind it."""
    read = np.random.default_rng(7).normal(size=(3, len(weight)))
    text = f"""network fed tick=0.001s decode=mean {{
  %x = input() {{shape=[{weight.shape[1]}], signal="{signal}"}}
  %a = dense(%x) {{weight=@a.weight}}
  %s = lif(%a) {{{LEAKY}}}
  %b = dense(%s) {{weight=@b.weight}}
  %v = li(%b) {{decay=0.9, bias=0.0, initial=0.0}}
  return %v
}}
"""
    return verify(parse(text, {"a.weight": Tensor(weight), "b.weight": Tensor(read)}))


def case(signal: str, ratio: float) -> tuple[Network, Values]:
    """A network whose first input has stronger weights and rarer values, and what it is fed."""
    rng = np.random.default_rng(0)
    weight = rng.uniform(-0.1, 0.2, (8, 12))
    weight[:, 0] *= ratio
    x = rng.normal(size=(48, 25, 12))
    x = (x > 0.5).astype(float) if signal == "spike" else x
    x[..., 0] *= rng.random((48, 25)) < 0.05
    return fed(signal, weight), x


def scaled(ratio: float) -> tuple[Network, Values]:
    """A network whose first input comes in other units: so much larger, its weights smaller."""
    rng = np.random.default_rng(0)
    weight, x = rng.uniform(-0.1, 0.2, (8, 12)), rng.normal(size=(48, 25, 12))
    weight[:, 0] /= ratio
    x[..., 0] *= ratio
    return fed("real", weight), x


def agreement(network: Network, whole: Network, signal: Values) -> tuple[float, float]:
    """Share of equal spikes, and how the integrators' means go together."""
    real, codes = (run(each, signal, record=["%s"]) for each in (network, whole))
    scores = [trace.scores("mean").reshape(-1).astype(float) for trace in (real, codes)]
    return float(np.mean(real["%s"] == codes["%s"])), float(np.corrcoef(*scores)[0, 1])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("signal", ["spike", "real"])
def test_weak_columns_still_drive_their_neurons(target: str, ratio: float, signal: str) -> None:
    network, x = case(signal, ratio)
    spikes, together = agreement(network, built(target, network, {"x": x[:24]}), x)
    assert spikes > 0.95 and together > 0.97


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("target", ["c99", "tflm", "spinnaker2"])
def test_a_feature_in_other_units_says_as_much_as_before(target: str, ratio: float) -> None:
    network, x = scaled(ratio)
    spikes, together = agreement(network, built(target, network, {"x": x[:24]}), x)
    assert spikes > 0.95 and together > 0.97


def test_a_strong_column_becomes_a_list_of_synapses() -> None:
    network, x = case("spike", 1000.0)
    whole = verify(Quantize(ranges=calibrate(network, x))(network))
    assert isinstance(whole["a_strong"].op, Sparse)
    strong = whole.tensors["a.strong"].values
    assert np.array_equal(strong, network.tensors["a.weight"].values[:, 0])
    weak = whole.tensors["a.weak"].values
    assert not weak[:, 0].any() and weak[:, 1:].all()


def test_columns_alike_stay_together_and_so_do_those_that_never_fire() -> None:
    network, x = case("spike", 2.0)
    assert "a_strong" not in Quantize(ranges=calibrate(network, x))(network)
    network, x = case("spike", 1000.0)
    x[..., 1:] = 0
    assert "a_strong" not in Quantize(ranges=calibrate(network, x))(network)


@pytest.mark.parametrize("shape", [(1, 100), (1, 10_000), (2, 10_000), (10, 1000)])
@pytest.mark.parametrize("draw", ["normal", "uniform", "laplace"])
def test_small_ones_of_many_random_weights_are_no_weak_columns(
    draw: str, shape: tuple[int, int]
) -> None:
    rng = np.random.default_rng(3)
    low = -1.0 if draw == "uniform" else 0.0
    weight = getattr(rng, draw)(low, 1.0, shape) / np.sqrt(shape[1])
    network = fed("spike", weight)
    ranges = calibrate(network, rng.random((2, 20, shape[1])) < 0.3)
    assert "a_strong" not in Quantize(ranges=ranges)(network)
    Quantize(ranges=ranges, shift_bits=0)(network)


@pytest.mark.parametrize("low", [-1.0, 0.0])
@pytest.mark.parametrize("strong", [1, 50, 500])
def test_weak_columns_beside_many_strong_ones_are_kept_or_refused(strong: int, low: float) -> None:
    rng = np.random.default_rng(3)
    weight = rng.uniform(low, 1.0, (4, 1000)) / 30
    weight[:, :strong] *= 500
    x = rng.random((2, 20, 1000)) < 0.3
    x[..., :strong] &= rng.random((2, 20, strong)) < 0.05
    ranges = calibrate(fed("spike", weight), x)
    assert "a_strong" in Quantize(ranges=ranges)(fed("spike", weight))
    with pytest.raises(PassError, match=r"%a: some of its inputs have weights too small"):
        Quantize(ranges=ranges, shift_bits=0)(fed("spike", weight))


@pytest.mark.parametrize(
    ("origin", "end"), [(Origin(), "c99"), (Origin("head", "net.py", 7), "c99 (net.py:7 head)")]
)
def test_a_target_with_one_unit_refuses_them_by_name(origin: Origin, end: str) -> None:
    network, x = case("spike", 1000.0)
    nodes = (replace(node, origin=origin) for node in network)
    network = replace(network, nodes=tuple(nodes))
    with pytest.raises(PassError, match=r"^quantize %a: some of its inputs") as found:
        Quantize(ranges=calibrate(network, x), shift_bits=0)(network)
    assert str(found.value).endswith(end)
