"""A factor that is rounded to zero makes zero of every value: it is refused, or made longer."""

from __future__ import annotations

import numpy as np
import pytest

from snncc.ir import Network, RuleViolation, parse, run, tensors, verify
from snncc.ir.passes import Quantize
from snncc.ir.passes.quantize.requantization import ratios
from snncc.ir.rules.vanishing import find_vanishing

UNITS = np.array([2.0**-13, 2.0**12])


def register(bits: int, scale: str, value: str = "s32@u") -> Network:
    text = f"""network register tick=0.001s decode=count {{
  %x = input() {{shape=[2], signal="real"}} : value=s{bits}q12/half-even/saturate
  %r = requantize(%x) : value={value}/half-even/saturate, scale={scale}/half-even
  return %r
}}
"""
    return parse(text, tensors(u=UNITS) if "@u" in value else {})


def test_a_register_that_never_shows_anything_is_refused_by_name() -> None:
    with pytest.raises(RuleViolation, match=r"V011 %r: its role 'scale' is x4/half-even, .*zero"):
        verify(register(16, "x4", "s16q0"))
    verify(register(16, "x12", "s16q0"))


def test_values_below_half_a_code_are_zero_whatever_the_factor() -> None:
    network = verify(register(16, "x4", "s16q-4"))  # 32768 codes of 2**-16: half a code at most
    assert not np.any(run(network, np.full((1, 1, 2), 7.9)).output)


def test_factors_are_as_long_as_the_smallest_ratio_needs() -> None:
    assert find_vanishing(register(32, "x19")) == {"r": 2.0**-24}
    network = verify(ratios(register(32, "x0")))
    assert str(network["r"].formats["scale"]) == "x29/half-even"
    real = np.array([[[1.0, 2.0**18]]])
    assert np.array_equal(run(network, real).output * UNITS, real)
    short = ratios(register(16, "x0"))  # of 16 bits nothing is lost
    assert str(short["r"].formats["scale"]) == "x19/half-even"


def test_the_bias_of_a_layer_without_weights_is_narrow_enough_to_be_weighed_once_more() -> None:
    """Of 30 bits, the sum with weights behind it would be too wide for any factor to show."""
    network = verify(
        parse(
            """network alone tick=0.001s decode=count {
  %x = input() {shape=[2], signal="spike"}
  %a = dense(%x) {weight=@zero, bias=@b}
  %c = dense(%a) {weight=@w}
  %d = dense(%x) {weight=@v}
  %m = sum(%c, %d)
  %s = lif(%m) {bias=0.0, threshold=1.0, compare=">=", reset="value", reset_amount=0.0, \
reset_order="now", spikes=1, refractory=0, initial=0.0, decay=0.5}
  return %s
}
""",
            tensors(
                zero=np.zeros((3, 2)),
                b=np.array([0.08, -0.02, 0.0075]),
                w=np.array([[6.0, 2.0, -1.0], [3.0, -4.0, 2.0]]),
                v=np.array([[0.25, 0.5], [0.5, -0.25]]),
            ),
        )
    )
    signal = np.random.default_rng(0).random((4, 20, 2)) < 0.5
    integers = verify(Quantize(sum_bits=23, shift_bits=10, meet="inputs")(network))
    assert 0.08 / integers.tensors["a.unit"].values == pytest.approx(2**15)
    found, expected = (run(each, signal).output for each in (integers, network))
    assert expected.any() and np.mean(found == expected) > 0.99
