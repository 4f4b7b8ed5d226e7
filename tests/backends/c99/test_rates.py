"""How often signals carry events, as far as what was measured of neurons determines it."""

import numpy as np
import pytest

from snncc.backends.c99.lower.rates import expect_rates
from snncc.ir import order_nodes, parse, run, tensors, verify

TEXT = """network paths tick=0.001s decode=last {
  %x = input() {shape=[2, 8, 8], signal="spike"}
  %y = input() {shape=[2, 8, 8], signal="spike"}
  %flat = reshape(%x) {shape=[128]}
  %turned = transpose(%x) {order=[2, 0, 1]}
  %part = slice(%x) {axis=0, start=0, stop=1}
  %both = sum(%x, %y)
  %beside = concat(%part, %y) {axis=0}
  %largest = max_pool(%x) {kernel=[2, 2], stride=[2, 2], padding=[[0, 0], [0, 0]]}
  %added = sum_pool(%x) {kernel=[2, 2], stride=[2, 2], padding=[[0, 0], [0, 0]]}
  %late = reshape(%flat@-1) {shape=[2, 64]}
  %behind = dense(%flat) {weight=@w}
  %after = sum(%behind, %behind)
  return %turned, %both, %beside, %largest, %added, %late, %after
}
"""
NETWORK = verify(parse(TEXT, tensors(w=np.ones((3, 128)))))
RATES = {"x": 0.1, "y": 0.3}


def test_a_rate_is_carried_as_far_as_it_is_determined() -> None:
    """As the signals have it: a sum as many as its terms, a window of spikes any or all."""
    rng = np.random.default_rng(0)
    signal = {k: (rng.random((4, 200, 2, 8, 8)) < rate).astype(float) for k, rate in RATES.items()}
    found = expect_rates(NETWORK, order_nodes(NETWORK), RATES)
    trace = run(NETWORK, signal, record="all")
    for name in set(found) - set(RATES):
        assert np.mean(trace[f"%{name}"]) == pytest.approx(found[name], rel=0.05), name
    assert "behind" not in found and "after" not in found


def test_a_measured_rate_is_not_computed_again() -> None:
    found = expect_rates(NETWORK, order_nodes(NETWORK), {**RATES, "both": 0.25})
    assert found["both"] == 0.25


def test_a_rate_that_hangs_on_an_unknown_one_is_unknown() -> None:
    found = expect_rates(NETWORK, order_nodes(NETWORK), {"x": 0.1})
    assert {"flat", "largest"} <= found.keys() and not {"both", "beside"} & found.keys()
