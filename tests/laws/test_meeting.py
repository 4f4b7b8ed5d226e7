"""A projection that is weak beside another keeps its codes, on every target, or is named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.backend_and_frontend import backend
from snncc.backends import Settings
from snncc.build import LoweredNetwork, lower_network
from snncc.calibration import search_integers
from snncc.ir import CompileError, Network, PassError, Tensor, Values, parse, run, verify
from snncc.ir.ops import Dense
from snncc.ir.passes import Quantize, Ranges, calibrate, find_faint
from snncc.ir.views import arithmetics
from snncc.loss import Likeness, describe_lost, find_output_unit

TARGETS = ("c99", "tflm", "spinnaker2", "lava")
LEAKY = (
    'bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, '
    'reset_order="after-decay", spikes=1, refractory=0, initial=0.0, decay=0.9'
)
SAMPLES, TICKS = 16, 25
AGREEMENT = 0.95
SPREAD = 0.02  # of new samples, beside those that the build saw
NO_BITS: Mapping[str, int] = MappingProxyType({})


def meeting(first: str, second: str, ratio: float, seed: int) -> Network:
    """Neurons with two projections, of which the second has weights `ratio` times as large.

    `first` and `second` are signals of inputs; `back` are the neurons' own spikes, which inhibit.
    """
    rng = np.random.default_rng(seed)
    entering = f'  %y = input() {{shape=[6], signal="{second}"}}\n' if second != "back" else ""
    text = f"""network meeting tick=0.001s decode=count {{
  %x = input() {{shape=[12], signal="{first}"}}
{entering}  %a = dense(%x) {{weight=@a.weight}}
  %b = dense({"%s@-1" if second == "back" else "%y"}) {{weight=@b.weight}}
  %i = sum(%a, %b)
  %s = lif(%i) {{{LEAKY}}}
  return %s
}}
"""
    back = -np.eye(8) * rng.uniform(0.02, 0.1, 8)
    other = back if second == "back" else rng.uniform(-0.2, 0.2, (8, 6))
    tensors = {
        "a.weight": Tensor(rng.uniform(-0.1, 0.2, (8, 12))),
        "b.weight": Tensor(other * ratio),
    }
    return verify(parse(text, tensors))


def signals(network: Network, seed: int, *, static: bool) -> dict[str, Values]:
    """Each input's signal; that of `y` is rare, as what is strong is."""
    rng = np.random.default_rng(seed)
    found: dict[str, Values] = {}
    for node in network.inputs:
        shape = (SAMPLES, 1 if static else TICKS, *network.shapes[node.name])
        active = rng.random(shape) < (0.3 if node.name == "x" else 0.05)
        real = rng.normal(size=shape) * (active | (node.name == "x"))
        values = active.astype(np.float64) if node.op.spiking else real
        found[node.name] = np.broadcast_to(values, (SAMPLES, TICKS, *shape[2:])).copy()
    return found


def built(
    target: str,
    network: Network,
    signal: dict[str, Values],
    layer_bits: Mapping[str, int] = NO_BITS,
    weight_bits: int = 8,
) -> Network:
    """The network as a target computes it; its program does the same."""
    ranges = calibrate(network, signal)
    to = backend(target)
    known = Settings(weight_bits, rates=ranges.rates, layer_bits=layer_bits)
    made = lower_network(to, network, known, lambda way: to.passes(network, way, ranges))
    few = {name: values[:2] for name, values in signal.items()}
    found = cast("Any", to).simulate(made.program, few, ())
    assert run(made.network, few).compare(found) == (0, None)
    return made.network


@pytest.mark.parametrize("target", TARGETS)
@given(
    first=st.sampled_from(["spike", "real"]),
    second=st.sampled_from(["spike", "real", "back"]),
    exponent=st.floats(-4, 4),
    static=st.booleans(),
    seed=st.integers(0, 999),
)
@settings(max_examples=25)
def test_neurons_do_what_floats_do_or_the_lost_projection_is_named(
    target: str, first: str, second: str, exponent: float, static: bool, seed: int
) -> None:
    network = meeting(first, second, 10.0**exponent, seed)
    try:
        whole = built(target, network, signals(network, seed, static=static))
    except CompileError as refusal:
        assert re.search("%[absy]:? ", str(refusal)), refusal
        return
    signal = signals(network, seed, static=static)
    if (alike := find_share(network, whole, signal)) < AGREEMENT:
        assert re.search("%[ab] into %s", describe_lost(whole, signal, alike))
        return
    signal = signals(network, seed + 1, static=static)
    found = run(whole, signal)
    # What new samples clip, every engine counts; beyond that they differ little from known ones.
    assert find_share(network, whole, signal) >= AGREEMENT - SPREAD or found.saturated


@pytest.mark.parametrize("ratio", [1.0, 30.0, 1e4])
@pytest.mark.parametrize("second", ["spike", "real", "back"])
def test_narrow_weights_of_programmed_neurons_fill_each_row(second: str, ratio: float) -> None:
    network = meeting("spike", second, ratio, 3)
    weight = network.tensors["a.weight"].values * np.geomspace(1, 1 / 8, 8)[:, None]
    network = replace(network, tensors={**network.tensors, "a.weight": Tensor(weight)})
    whole = built("lava", network, signals(network, 3, static=False), weight_bits=4)
    numbers, codes = arithmetics(whole), np.zeros(8)
    for name in ("a", "b"):
        op = whole[name].op
        assert isinstance(op, Dense)
        codes = np.maximum(codes, np.abs(op.weight_codes(numbers[name][0])).max(axis=1))
    assert np.all(codes >= 4), codes  # a unit is a power of two of another where registers shift


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("lost", ["a", "b"])
@pytest.mark.parametrize("first", ["spike", "real"])
def test_the_projection_that_is_lost_is_named(target: str, lost: str, first: str) -> None:
    network = meeting(first, "spike", 6.0, 4)
    signal = signals(network, 4, static=False)
    whole = built(target, network, signal, {lost: 2})
    alike = find_share(network, whole, signal)
    assert alike < AGREEMENT
    said = describe_lost(whole, signal, alike)
    assert f"of its projections %{lost} into %s is lost most" in said, said
    assert f"integers keep {alike:.1%} of the float network's output" in said
    assert "with weights of 2 bits" in said


def find_share(network: Network, whole: Network, signal: dict[str, Values]) -> float:
    """Share of the float network's output that integers keep."""
    likeness = Likeness(find_output_unit(whole))
    likeness.add(run(network, signal).output, run(whole, signal).output)
    likeness.end()
    return likeness.share


def search(target: str, network: Network, signal: dict[str, Values]) -> Network:
    """The network as a target computes it after a calibration that searches."""
    ranges, to = calibrate(network, signal), backend(target)
    known = Settings(rates=ranges.rates)

    def lower(ranges: Ranges) -> LoweredNetwork[object]:
        return lower_network(to, network, known, lambda way: to.passes(network, way, ranges))

    steps = lower(ranges).steps
    found = search_integers(network, steps, lambda ranges: lower(ranges).network, ranges, signal)
    assert found is not None and found.after.total <= found.before.total
    return lower(found.ranges).network


@pytest.mark.parametrize("target", TARGETS)
def test_a_search_takes_several_inputs_on_every_target(target: str) -> None:
    network = meeting("spike", "spike", 30.0, 3)
    signal = signals(network, 3, static=True)
    assert find_share(network, search(target, network, signal), signal) >= AGREEMENT


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("ratio", [30.0, 300.0])
def test_both_projections_keep_at_least_half_of_their_codes(target: str, ratio: float) -> None:
    network = meeting("spike", "spike", ratio, 3)
    whole = built(target, network, signals(network, 3, static=False))
    numbers = arithmetics(whole)
    for name in ("a", "b"):
        op = whole[name].op
        assert isinstance(op, Dense)
        codes = np.abs(op.weight_codes(numbers[name][0]))
        assert codes.max() >= 63, name
    assert find_faint(whole) == {}


def test_a_register_shifts_the_stronger_to_the_left_exactly() -> None:
    network = meeting("spike", "spike", 100.0, 5)
    signal = signals(network, 5, static=False)
    whole = verify(Quantize(ranges=calibrate(network, signal))(network))
    trace = run(whole, signal, record=["%b", "%b_held"])
    ratio = whole.tensors["b.unit"].values / whole.tensors["b_held.unit"].values
    assert np.all(np.log2(ratio) % 1 == 0) and np.all(ratio >= 16)
    assert np.array_equal(trace["%b_held"], trace["%b"] * ratio)


def test_projections_alike_share_one_unit_without_registers() -> None:
    network = meeting("spike", "spike", 2.0, 5)
    whole = Quantize(ranges=calibrate(network, signals(network, 5, static=False)))(network)
    assert [node.op.keyword for node in whole if node.op.keyword == "requantize"] == []


def test_what_no_unit_keeps_is_refused_by_name() -> None:
    network = meeting("spike", "spike", 1e4, 5)
    ranges = calibrate(network, signals(network, 5, static=True))
    with pytest.raises(PassError, match=r"%a: its weights are too small beside others .* c99"):
        Quantize(ranges=ranges, shift_bits=0)(network)
    with pytest.raises(PassError, match=r"%a: its weights are too small beside others"):
        Quantize(ranges=ranges, shift_bits=9, strict=True)(network)


def test_what_keeps_few_codes_is_counted() -> None:
    network = meeting("spike", "spike", 50.0, 5)
    ranges = calibrate(network, signals(network, 5, static=True))
    (name, (codes, most)), *others = find_faint(
        Quantize(ranges=ranges, shift_bits=0)(network)
    ).items()
    assert (name, most, others) == ("a", 127, []) and 1 <= codes < 6
