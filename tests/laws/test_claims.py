"""Every pass keeps its claim on each random network, with every op among them."""

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.build.claims import measure_agreement
from snncc.build.run_passes import Record
from snncc.ir import (
    CompileError,
    Network,
    PassError,
    RuleViolation,
    all_ops,
    parse,
    run,
    show,
    verify,
)
from snncc.ir.passes import PASSES, Pass, Quantize, Ranges, SinglePrecision, all_passes, calibrate
from tests.nets import networks, spikes_for

KEYWORDS = sorted(all_ops())
TAME = 64  # times a threshold: a potential beyond feeds itself, and no rounding stays small
AFTER_QUANTIZE = [*PASSES][[*PASSES].index("quantize") + 1 :]


def told(kind: type[Pass], ranges: Ranges) -> Pass:
    """The pass, with what calibration saw where it asks for that."""
    asks = "ranges" in {field.name for field in fields(kind)}
    return replace(kind(), **({"ranges": ranges} if asks else {}))


def quantized(network: Network, ranges: Ranges) -> Iterator[Network]:
    """The network in integers, in both ways of choosing units, and in single precision."""
    for options in ({}, {"units": "population", "fraction_bits": 15}):
        try:
            whole = verify(Quantize(ranges=ranges, **options)(network))
            yield whole
            yield verify(SinglePrecision()(whole))
        except CompileError:
            continue  # what quantize refuses, no later pass meets


@pytest.mark.parametrize("keyword", KEYWORDS)
@settings(max_examples=6)
@given(data=st.data(), seed=st.integers(0, 99))
def test_a_pass_keeps_its_claim(keyword: str, data: st.DataObject, seed: int) -> None:
    network = data.draw(networks(including=keyword))
    signal = spikes_for(network, seed, samples=4, ticks=16)
    ranges = calibrate(network, signal)
    whole = [*quantized(network, ranges)]
    tame = all(float(np.max(peak)) < TAME for peak in ranges.peaks.values())
    for name, kind in all_passes().items():
        for before in (network, *(whole if name in AFTER_QUANTIZE else [])):
            step = told(kind, ranges)
            if step.of_spikes and not tame:
                continue
            try:
                after = verify(step(before))
            except (PassError, RuleViolation) as refused:
                assert str(refused).strip()
                continue
            if after == before:
                continue
            share = measure_agreement(Record(0, step, before, after, 0.0), signal)
            assert share >= step.agreement, f"{name} {share}\n{show(before)}{show(after)}"


def test_what_scales_an_average_of_real_values_has_a_format() -> None:
    """Found by the law above."""
    text = """network averaged tick=0.001s decode=last {
  %x = input() {shape=[4], signal="spike"}
  %e = graded(%x) {threshold=0.5, compare=">", reset="value", reset_amount=0.0}
  %p = avg_pool(%e@-1) {kernel=[2], stride=[2], padding=[[0, 0]]}
  %a = affine(%p) {scale=0.75, shift=0.125}
  return %a
}
"""
    network = parse(text.replace("[4]", "[1, 4]"))
    signal = spikes_for(network)
    whole = verify(Quantize(ranges=calibrate(network, signal))(network))
    real = run(whole, signal).output * 2.0**-14
    assert abs(real - run(network, signal).output).max() < 2.0**-13
