"""What quantize gives formats to adds up to 32 bits: products, norms, pools of potentials."""

from __future__ import annotations

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.backends.tflm import TflmBackend
from snncc.ir import Network, Tensor, bounds, parse, run, verify
from snncc.ir.passes import Quantize, calibrate

NEURON = (
    'bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, '
    'reset_order="after-input", spikes=1, refractory=0, initial=0.0'
)


def network(lines: str, tensors: dict[str, Tensor] | None = None) -> Network:
    return parse(f"network sums tick=0.001s decode=last {{\n{lines}\n}}\n", tensors or {})


def quantized(given: Network, low: float = -1.0) -> Network:
    entry = given.inputs[0]
    shape = (2, 12, *given.shapes[entry.name])
    x = np.random.default_rng(0).uniform(low, 1.0, shape)
    signal = np.rint(x) if entry.op.spiking else x
    return verify(Quantize(ranges=calibrate(given, {entry.name: signal}))(given))


def most(given: Network, name: str) -> int:
    return max(int(np.max(np.abs(end))) for end in bounds(given)[name])


STRIDES = "stride=[1, 1], padding=[[0, 0], [0, 0]]"


@pytest.mark.parametrize("terms", [1, 2, 3, 4, 5, 9, 64, 1000])
@pytest.mark.parametrize("other", ["%t", "%f"])
def test_registers_are_as_narrow_as_their_products_need(terms: int, other: str) -> None:
    found = quantized(
        network(f"""  %x = input() {{shape=[2, {terms}], signal="real"}}
  %r = requantize(%x)
  %t = transpose(%r) {{order=[1, 0]}}
  %f = function(%t) {{name="tanh"}}
  %m = matmul(%r, {other})
  return %m""")
    )
    assert 1 << 28 <= most(found, "m") < 1 << 31
    C99Backend().lower(found, Settings())


@pytest.mark.parametrize("epsilon", [0.0, 1e-5, 0.1, 100.0])
@pytest.mark.parametrize("size", [2, 5, 300, 2000])
def test_values_are_as_narrow_as_the_squares_of_a_norm_need(epsilon: float, size: int) -> None:
    found = quantized(
        network(f"""  %x = input() {{shape=[{size}], signal="real"}}
  %r = requantize(%x)
  %n = norm(%r) {{epsilon={epsilon}}}
  return %n""")
    )
    C99Backend().lower(found, Settings())


@pytest.mark.parametrize("kind", ["sum_pool", "avg_pool"])
@pytest.mark.parametrize("taps", [1, 2, 3, 5])
def test_potentials_are_as_narrow_as_the_pools_behind_them_need(kind: str, taps: int) -> None:
    lines = f"""  %x = input() {{shape=[5], signal="spike"}}
  %c = dense(%x) {{weight=@w}}
  %v = li(%c) {{decay=1.0, bias=0.0, initial=0.0}}
  %p = {kind}(%v) {{kernel=[{taps}], stride=[1], padding=[[0, 0]]}}
  return %p"""
    found = quantized(network(lines, {"w": Tensor(np.eye(5))}), low=0.0)
    low, high = bounds(found)["p"]
    assert np.all(low >= -(1 << 31)) and np.all(high < 1 << 31)
    assert most(found, "v") >= 1 << 27
    C99Backend().lower(found, Settings())


@pytest.mark.parametrize("taps", [(3, 3), (3, 5), (7, 1)])
def test_an_average_that_drives_neurons_counts_in_their_unit(taps: tuple[int, int]) -> None:
    rows, columns = taps
    lines = f"""  %x = input() {{shape=[2, 7, 7], signal="spike"}}
  %c = conv(%x) {{weight=@w, stride=[1, 1], padding=[[0, 0], [0, 0]], dilation=[1, 1], groups=1}}
  %p = avg_pool(%c) {{kernel=[{rows}, {columns}], stride=[1, 1], padding=[[0, 0], [0, 0]]}}
  %s = lif(%p) {{{NEURON}, decay=0.75}}
  return %s"""
    weight = Tensor(np.random.default_rng(1).uniform(0.1, 1.0, (2, 2, 1, 1)))
    assert quantized(network(lines, {"w": weight}), low=0.0).quantized


@pytest.mark.parametrize("kind", ["sum_pool", "avg_pool"])
@pytest.mark.parametrize("taps", [1, 2, 9, 64])
def test_biases_beside_weak_weights_leave_room_for_the_pools_behind(kind: str, taps: int) -> None:
    found = quantized(
        network(
            f"""  %x = input() {{shape=[{taps}], signal="spike"}}
  %o = reshape(%x) {{shape=[1, {taps}, 1]}}
  %c = conv(%o) {{weight=@w, bias=@b, {STRIDES}, dilation=[1, 1], groups=1}}
  %p = {kind}(%c) {{kernel=[{taps}, 1], {STRIDES}}}
  %s = lif(%p) {{{NEURON}, decay=0.75}}
  return %s""",
            {"w": Tensor(np.full((1, 1, 1, 1), 1e-9)), "b": Tensor(np.array([1.0]))},
        )
    )
    low, high = bounds(found)["p"]
    assert np.all(low >= -(1 << 31)) and np.all(high < 1 << 31)
    C99Backend().lower(found, Settings())


@pytest.mark.parametrize("gain", [0.5, 1.5, 2.9586, 7.25])
@pytest.mark.parametrize("reset", ["subtract", "value", "none"])
def test_an_alpha_neuron_of_any_gain_is_exact_in_stock_kernels(gain: float, reset: str) -> None:
    amount = 0.0 if reset == "value" else 1.0
    neuron = NEURON.replace('"subtract"', f'"{reset}"').replace("amount=1.0", f"amount={amount}")
    lines = f"""  %x = input() {{shape=[3], signal="spike"}}
  %c = dense(%x) {{weight=@w}}
  %s = alpha_lif(%c) {{{neuron}, rise=0.999, fall=0.5, gain={gain}}}
  return %s"""
    given = network(lines, {"w": Tensor(np.diag([40.0, 1.0, -30.0]))})
    target, x = TflmBackend(), np.ones((1, 200, 3))
    ranges = calibrate(given, {"x": x[:, :2]})
    steps, after = target.passes(given, Settings(), ranges), given
    for step in steps:
        after = step(after)
    program = target.lower(after, Settings())
    wires = ("%s", "%s.v", "%s.e", "%s.h")
    expected = run(after, x, record=wires)
    assert expected.compare(target.simulate(program, x, wires)) == (0, None)
