"""What would leave 32 bits gets a coarser unit, a register or a limit that is counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from snncc.ir import Network, NumberError, PassError, Tensor, Values, parse, run, verify
from snncc.ir.ops import SPIKES_MAX, Requantize
from snncc.ir.passes import Quantize, calibrate
from snncc.ir.views import arithmetics
from tests.laws.test_meeting import TARGETS, built

FIRES = (
    'bias=0.0, threshold=1.0, compare=">=", reset="subtract", reset_amount=1.0, '
    'reset_order="now", refractory=0, initial=0.0'
)
LEAK = "decay=0.9, bias=0.0, initial=0.0"


def made(text: str, **weights: Values) -> Network:
    body = f"network made tick=0.001s decode=mean {{\n{text}\n}}\n"
    return verify(parse(body, {name: Tensor(values) for name, values in weights.items()}))


def rate_coded(spikes: int = 1) -> Network:
    """What a conversion of a trained network without spikes gives: IF neurons, a static input."""
    rng = np.random.default_rng(0)
    return made(
        f"""  %x = input() {{shape=[16], signal="real"}}
  %a = dense(%x) {{weight=@a}}
  %s = if(%a) {{{FIRES}, spikes={spikes}}}
  %b = dense(%s) {{weight=@b}}
  %t = if(%b) {{{FIRES}, spikes={spikes}}}
  return %t""",
        a=rng.uniform(-0.25, 0.25, (12, 16)),
        b=rng.uniform(-0.3, 0.3, (5, 12)),
    )


def static(seed: int, ticks: int = 32, size: int = 16, most: float = 1.0) -> Values:
    x = np.random.default_rng(seed).random((24, 1, size)) * most
    return np.repeat(x, ticks, axis=1)


@pytest.mark.parametrize("target", TARGETS)
def test_neurons_that_never_leak_take_static_real_values(target: str) -> None:
    network, x = rate_coded(), static(1)
    whole = built(target, network, {"x": x})
    real, codes = run(network, x).output, run(whole, x).output
    assert real.any() and np.mean(real == codes) > 0.93
    rates = [out.mean(axis=1).reshape(-1) for out in (real, codes)]
    assert np.corrcoef(*rates)[0, 1] > 0.99


def test_the_unit_is_no_coarser_than_the_potentials_need() -> None:
    network, x = rate_coded(), static(1)
    whole = verify(Quantize(ranges=calibrate(network, x))(network))
    trace = run(whole, x, record=["%s.v"])
    assert trace.saturated == {}
    assert np.abs(trace["%s.v"]).max() > 1 << 28


@pytest.mark.parametrize("target", ["c99", "tflm", "spinnaker2"])
@pytest.mark.parametrize("between", ["", "  %c = dense(%u) {weight=@c}\n"])
def test_a_potential_may_drive_an_integrator(target: str, between: str) -> None:
    rng = np.random.default_rng(0)
    network = made(
        f"""  %x = input() {{shape=[8], signal="spike"}}
  %a = dense(%x) {{weight=@a}}
  %u = li(%a) {{{LEAK}}}
{between}  %v = li(%{"c" if between else "u"}) {{{LEAK}}}
  return %v""",
        a=rng.normal(size=(6, 8)),
        c=rng.normal(size=(6, 6)),
    )
    x = (rng.random((16, 30, 8)) < 0.3).astype(float)
    whole = built(target, network, {"x": x})
    real, codes = run(network, x).output, run(whole, x).output
    scaled = codes * arithmetics(whole)["v"][0].unit_of("v")
    assert np.max(np.abs(real - scaled)) < 0.02 * np.max(np.abs(real))
    assert sum(isinstance(node.op, Requantize) for node in whole) >= 1


@pytest.mark.parametrize(
    ("target", "moved"), [("c99", False), ("c99", True), ("tflm", False), ("spinnaker2", False)]
)
def test_a_neuron_without_limit_fires_as_often_as_sums_of_32_bits_allow(
    target: str, moved: bool
) -> None:
    network = several(800, moved=moved)
    rng = np.random.default_rng(1)
    x = (rng.random((4, 10, 800)) < 0.5).astype(float)
    whole = built(target, network, {"x": x})
    limit = whole["s"].op.counts
    assert 1 << 10 <= limit < SPIKES_MAX and (limit + 1) & limit == 0
    real, codes = run(network, x).output, run(whole, x).output
    assert real.max() > 3 and np.mean(np.abs(real - codes) <= 1) > 0.9
    assert run(whole, x).saturated == {}


def several(size: int, *, moved: bool = False) -> Network:
    """Neurons that fire several times a tick, and many weights behind them, or behind a layout."""
    rng = np.random.default_rng(0)
    read = "r" if moved else "s"
    return made(
        f"""  %x = input() {{shape=[{size}], signal="spike"}}
  %a = dense(%x) {{weight=@a}}
  %s = if(%a) {{{FIRES}, spikes={SPIKES_MAX}, floor=-1.0}}
  %r = reshape(%s) {{shape=[1, {size}]}}
  %b = dense(%{read}) {{weight=@b}}
  %t = if(%b) {{{FIRES}, spikes={SPIKES_MAX}, floor=-1.0}}
  return %t""",
        a=rng.normal(size=(size, size)) * 0.1,
        b=rng.uniform(0.08, 0.1, size=(6, size)) * np.sign(rng.normal(size=(6, size))),
    )


def test_spikes_beyond_the_limit_are_counted_in_integers_and_refused_in_floats() -> None:
    network = several(40)
    rng = np.random.default_rng(1)
    x = (rng.random((4, 10, 40)) < 0.5).astype(float)
    whole = verify(Quantize(ranges=calibrate(network, x))(network))
    lower = replace(
        whole,
        nodes=tuple(
            replace(n, op=n.op.with_fields(spikes=200)) if n.name == "s" else n for n in whole
        ),
    )
    assert "s" not in run(lower, x).saturated
    strong = replace(whole, tensors={**whole.tensors, "s.unit": whole.tensors["s.unit"]})
    threshold = tuple(
        replace(n, op=n.op.with_fields(threshold=0.005, reset_amount=0.005, spikes=128))
        if n.name == "s"
        else n
        for n in strong
    )
    assert run(replace(strong, nodes=threshold), x).saturated["s"] > 0
    with pytest.raises(NumberError, match="%s: its spikes in one tick are more than"):
        run(network, x * 1e6)


def test_more_spikes_than_sums_allow_are_refused_with_bits_that_do() -> None:
    network = several(800)
    rng = np.random.default_rng(1)
    x = (rng.random((2, 4, 800)) < 0.5).astype(float)
    strong = Tensor(rng.uniform(24, 26, (800, 800)))
    quiet = tuple(
        replace(n, op=n.op.with_fields(threshold=1e4, reset_amount=1e4)) if n.name == "t" else n
        for n in network
    )
    loud = replace(network, nodes=quiet, tensors={**network.tensors, "a": strong})
    with pytest.raises(PassError, match=r"%s: it fires up to .* use --weight-bits \d") as refusal:
        Quantize(ranges=calibrate(loud, x))(loud)
    bits = int(str(refusal.value).split("--weight-bits ")[1].split(",")[0])
    verify(Quantize(weight_bits=bits, ranges=calibrate(loud, x))(loud))
