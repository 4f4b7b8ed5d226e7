"""Real values in integers: tables, registers, graded events, products of signals."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from snncc.ir import (
    Factor,
    FloatArithmetic,
    IntegerArithmetic,
    Overflow,
    PassError,
    Quantity,
    Rounding,
    RuleViolation,
    Tensor,
    Values,
    arithmetics,
    bounds,
    parse,
    run,
    verify,
)
from snncc.ir.arithmetic.functions import FUNCTIONS, error_bound, interpolate, knots
from snncc.ir.arithmetic.integer_arithmetic import isqrt
from snncc.ir.ops import Function, Graded, MatMul, Norm, Product, Requantize, SumPool, Transpose
from snncc.ir.passes import Quantize, calibrate
from snncc.ir.passes.quantize.headroom import count_pooled, count_spare_of_squares
from tests.nets import hand, spikes_for

torch = pytest.importorskip("torch", reason="compares with PyTorch's functions")
REAL = FloatArithmetic({})


def held(bits: int, frac: int, signed: bool = True) -> Quantity:
    return Quantity(bits, signed, frac, Rounding.HALF_EVEN, Overflow.SATURATE)


# --- functions -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_those_of_torch(name: str) -> None:
    x = np.linspace(-9, 9, 1001)
    x = np.abs(x) + 1e-3 if name == "reciprocal" else x
    found = Function(name).step({}, [x[None]], REAL)[1]
    theirs = torch.nn.functional.softplus if name == "softplus" else getattr(torch, name)
    np.testing.assert_allclose(found[0], theirs(torch.from_numpy(x)), rtol=1e-14)


@given(
    st.sampled_from(["sigmoid", "tanh", "softplus", "exp"]),
    st.integers(6, 16),
    st.integers(-1, 4),
    st.integers(6, 15),
)
def test_a_table_is_as_near_as_it_says(name: str, bits: int, whole: int, frac: int) -> None:
    function, index, value = FUNCTIONS[name], held(bits, bits - 1 - whole), held(32, frac)
    units = 2.0**-index.unit, 2.0**-frac
    codes = np.arange(index.low, index.high + 1)
    # Beyond the format's largest code a table is flat, and as far from the function as that grows.
    assume(function.of((index.high + 1) * units[0]) <= value.high * units[1])
    table = knots(function, index, units[0], value, units[1])
    found = interpolate(table, codes, index) * units[1]
    most = np.max(np.abs(found - function.of(codes * units[0])))
    assert most <= error_bound(function, index, *units)
    assert len(table) == 2 ** min(bits, 8) + 1
    assert np.all(np.diff(found) >= 0), "what only rises does so in integers"


def test_a_reciprocal_is_as_near_as_it_says_away_from_zero() -> None:
    function, index, value = FUNCTIONS["reciprocal"], held(16, 12, signed=False), held(16, 14)
    table = knots(function, index, 2.0**-12, value, 2.0**-14)
    codes = np.arange(4096, 65536)  # 1 to 16
    real = codes * 2.0**-12
    step = 256 * 2.0**-12
    error = np.abs(interpolate(table, codes, index) * 2.0**-14 - 1 / real)
    assert np.all(error <= step**2 / 8 * 2 / (real - step) ** 3 + 2.0**-14)
    assert table.max() == value.high, "what is too large is the largest code"


def test_gates_of_sixteen_bits_are_exact_to_a_few_codes() -> None:
    for name, whole in (("sigmoid", 3), ("tanh", 2)):
        index = held(16, 15 - whole)
        bound = error_bound(FUNCTIONS[name], index, 2.0 ** -(15 - whole), 2.0**-15)
        assert bound < 2e-4


def test_an_unknown_function_is_refused_by_name() -> None:
    text = """network t tick=0.001s decode=last {
  %x = input() {shape=[2], signal="real"}
  %f = function(%x) {name="sine"}
  return %f
}
"""
    with pytest.raises(RuleViolation, match=r"V009 %f: name is 'sine', expected one of sigmoid"):
        verify(parse(text))


# --- registers -----------------------------------------------------------------------------


@given(st.integers(-(2**30), 2**30), st.integers(0, 30), st.integers(0, 15))
def test_a_register_holds_the_nearest_code(code: int, unit: int, frac: int) -> None:
    # The ratio of two powers of two is exact, so rounding is all that happens.
    formats = {"value": held(16, frac), "scale": Factor(31, Rounding.HALF_EVEN)}
    a = IntegerArithmetic({}, formats, [np.asarray(2.0**-unit)], "%r")
    found = int(Requantize().step({}, [np.array([[code]])], a)[1][0, 0])
    real = code * 2.0 ** (frac - unit)
    assert found == min(max(round(real), -32768), 32767)
    assert a.saturated.get("value", 0) == (not -32768.5 <= real <= 32767.5)


def test_what_meets_shares_a_unit_and_what_is_multiplied_is_narrow() -> None:
    network = hand("gated")
    ranges = calibrate(network, spikes_for(network, samples=6))
    after = verify(Quantize(ranges=ranges)(network))
    numbers = arithmetics(after)
    assert {float(numbers[n][1]) for n in ("g", "k_held", "c", "e")} == {2.0**-13}
    assert [u.source for u in after["k"].inputs] == ["z", "e"]
    assert all(u.source.endswith("_held") for u in after["i"].inputs)
    signal = spikes_for(network, seed=3, samples=6)
    real, whole = run(network, signal, record="all"), run(after, signal, record="all")
    for node, most in (("i", 0.05), ("z", 0.01), ("o", 0.05)):
        units = numbers[node][1]
        error = np.mean(np.abs(real[f"%{node}"] - whole[f"%{node}"] * units))
        assert error < most * np.max(np.abs(real[f"%{node}"])), node


def test_the_unit_of_each_row_of_weights_is_its_own() -> None:
    network = hand("gated")
    after = Quantize(ranges=calibrate(network, spikes_for(network)))(network)
    assert after.tensors["a.unit"].shape == (7,)
    assert after.tensors["q.unit"].shape == (7,)


def test_registers_need_data() -> None:
    with pytest.raises(
        PassError, match=r"%\w+: it computes with real values, and nothing is known"
    ):
        Quantize()(hand("gated"))


def test_products_of_spikes_need_none() -> None:
    network = hand("attention")
    after = verify(Quantize()(network))
    assert not any(isinstance(node.op, Requantize) for node in after)
    assert int(bounds(after)["y"][1].max()) == 15


def test_real_values_can_go_around_without_a_neuron() -> None:
    """A damped rotation: complex multiplication as two wires that read each other."""
    text = """network turn tick=0.001s decode=last {
  %x = input() {shape=[3], signal="real"}
  %a = affine(%re@-1) {scale=0.9, shift=0.0}
  %b = affine(%im@-1) {scale=-0.4, shift=0.0}
  %re = sum(%a, %b, %x)
  %c = affine(%im@-1) {scale=0.9, shift=0.0}
  %d = affine(%re@-1) {scale=0.4, shift=0.0}
  %im = sum(%c, %d)
  %y = function(%re) {name="tanh"}
  return %y
}
"""
    network = verify(parse(text))
    x = np.random.default_rng(1).normal(size=(8, 200, 3))
    after = verify(Quantize(ranges=calibrate(network, x))(network))
    real, whole = run(network, x), run(after, x)
    unit = arithmetics(after)["y"][1]
    assert np.max(np.abs(real.output - whole.output * unit)) < 5e-3
    low, high = bounds(after)["re"]
    assert np.all(np.abs(run(after, 10 * x, record="all")["%re"]) <= high.max())
    assert low.min() < 0 < high.max() < 2**31


def test_weights_read_a_trace_of_graded_events_through_a_register() -> None:
    """A trace has the bits that adding up needs; with them the weights' bias would not fit 32."""
    text = """network traced tick=0.001s decode=last {
  %x = input() {shape=[3], signal="real"}
  %e = graded(%x) {threshold=0.2, compare=">", reset="subtract", reset_amount=0.2}
  %t = li(%e) {bias=0.0, initial=0.0, decay=0.9}
  %y = dense(%t) {weight=@w, bias=@b}
  return %y
}
"""
    rng = np.random.default_rng(2)
    w = {"w": Tensor(rng.normal(size=(2, 3))), "b": Tensor(rng.normal(size=2))}
    network, x = verify(parse(text, w)), rng.normal(size=(8, 40, 3))
    after = verify(Quantize(ranges=calibrate(network, x))(network))
    held = after[after["y"].inputs[0].source]
    assert isinstance(held.op, Requantize) and held.inputs[0].source == "t"
    real, whole = run(network, x), run(after, x)
    error = np.abs(real.output - whole.output * arithmetics(after)["y"][1])
    assert np.max(error) < 0.02 * np.max(np.abs(real.output))


def test_weights_read_sums_of_real_values_through_a_register() -> None:
    """Moved or rectified in between: as wide as they are, the next bias would not fit 32 bits."""
    text = """network deep tick=0.001s decode=last {
  %x = input() {shape=[30], signal="real"}
  %a = dense(%x) {weight=@a, bias=@c}
  %r = relu(%a)
  %m = reshape(%r) {shape=[4, 5]}
  %b = dense(%m) {weight=@b, bias=@d}
  %y = graded(%b) {threshold=0.2, compare=">", reset="none", reset_amount=0.0}
  return %y
}
"""
    rng = np.random.default_rng(3)
    shapes = {"a": (20, 30), "c": (20,), "b": (3, 5), "d": (3,)}
    tensors = {name: Tensor(rng.normal(size=shape)) for name, shape in shapes.items()}
    network, x = verify(parse(text, tensors)), rng.normal(size=(8, 10, 30))
    after = verify(Quantize(ranges=calibrate(network, x))(network))
    held = after[after["b"].inputs[0].source]
    assert isinstance(held.op, Requantize) and held.inputs[0].source == "m"
    assert after["a"].inputs[0].source == "x", "a sensor's values are narrow as they are"
    real, whole = run(network, x), run(after, x)
    error = np.abs(real.output - whole.output * arithmetics(after)["y"][1])
    assert np.mean(error) < 0.02 * np.max(np.abs(real.output))


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize(("size", "spared"), [(100, 0), (1500, 2), (6000, 4)])
def test_values_that_many_weights_add_up_are_narrower(size: int, spared: int, signed: bool) -> None:
    """Equal weights are the worst case: 127 x 32767 x 600 or so is all that fits 32 bits."""
    text = """network many tick=0.001s decode=last {
  %x = input() {shape=[SIZE], signal="real"}
  %a = dense(%x) {weight=@w}
  %g = graded(%x) {threshold=0.2, compare=">", reset="none", reset_amount=0.0}
  %b = dense(%g) {weight=@w}
  %t = sum(%a, %b)
  %y = function(%t) {name="tanh"}
  return %y
}
"""
    weights = {"w": Tensor(np.full((2, size), 1 / size))}
    network = verify(parse(text.replace("SIZE", str(size)), weights))
    x = np.random.default_rng(4).normal(size=(2, 6, size))
    x = x if signed else np.abs(x)
    after = verify(Quantize(ranges=calibrate(network, x))(network))
    limits = bounds(after)
    assert all(np.max(np.abs(limits[name])) < 2**31 for name in "ab")
    read = after[after["b"].inputs[0].source]
    formats = after["x"].formats["value"], read.formats["value" if spared else "v"]
    narrowed = 16 - spared - (not signed and spared > 0), 16 - spared
    assert tuple(isinstance(f, Quantity) and f.bits for f in formats) == narrowed
    real, whole = run(network, x), run(after, x)
    np.testing.assert_allclose(whole.output * arithmetics(after)["y"][1], real.output, atol=5e-3)


def test_sums_that_go_around_through_weights_are_held_there() -> None:
    """A linear recurrence by a matrix: nothing else bounds what the weights would read."""
    text = """network turn tick=0.001s decode=last {
  %x = input() {shape=[4], signal="real"}
  %a = dense(%x) {weight=@a}
  %r = dense(%t@-1) {weight=@r}
  %t = sum(%a, %r)
  %y = function(%t) {name="tanh"}
  return %y
}
"""
    rng = np.random.default_rng(9)
    tensors = {"a": Tensor(rng.normal(size=(4, 4))), "r": Tensor(rng.normal(size=(4, 4)) / 4)}
    network, x = verify(parse(text, tensors)), rng.normal(size=(4, 30, 4))
    after = verify(Quantize(ranges=calibrate(network, x))(network))
    assert np.max(np.abs(bounds(after)["r"])) < 2**31
    real, whole = run(network, x), run(after, x)
    unit = arithmetics(after)["y"][1]
    np.testing.assert_allclose(whole.output * unit, real.output, atol=0.05)


@pytest.mark.parametrize(("symbols", "held"), [(50, False), (20_000, True)])
def test_many_symbols_at_once_are_held_before_further_weights(symbols: int, held: bool) -> None:
    """That one comes at a time is not part of the network: all may, and their sums must fit."""
    text = f"""network words tick=0.001s decode=last {{
  %x = input() {{shape=[{symbols}], signal="spike"}}
  %e = dense(%x) {{weight=@e}}
  %d = dense(%e) {{weight=@d}}
  %y = function(%d) {{name="tanh"}}
  return %y
}}
"""
    rng = np.random.default_rng(8)
    e, d = rng.uniform(-1, 1, (40, symbols)), rng.uniform(-1, 1, (2, 40))
    network = verify(parse(text, {"e": Tensor(e), "d": Tensor(d)}))
    x = np.zeros((2, 5, symbols))
    np.put_along_axis(x, rng.integers(0, symbols, (2, 5, 1)), 1.0, axis=2)
    after = verify(Quantize(ranges=calibrate(network, x))(network))
    assert isinstance(after[after["d"].inputs[0].source].op, Requantize) == held
    assert np.max(np.abs(bounds(after)["d"])) < 2**31


def test_a_bias_fits_beside_weights_however_small() -> None:
    text = """network beside tick=0.001s decode=last {
  %x = input() {shape=[1], signal="real"}
  %a = dense(%x) {weight=@w, bias=@b}
  %y = function(%a) {name="tanh"}
  return %y
}
"""
    tensors = {"w": Tensor(np.array([[0.5], [1e-6], [0.0]])), "b": Tensor(np.full(3, 0.25))}
    network, x = verify(parse(text, tensors)), np.random.default_rng(6).random((2, 6, 1))
    after = verify(Quantize(ranges=calibrate(network, x))(network))
    assert after.tensors["a.unit"].shape == (3,)
    real, whole = run(network, x), run(after, x)
    np.testing.assert_allclose(whole.output * arithmetics(after)["y"][1], real.output, atol=2e-3)


# --- graded events -------------------------------------------------------------------------


@pytest.mark.parametrize("reset", ["subtract", "value", "none"])
@pytest.mark.parametrize("compare", [">", ">="])
def test_graded_events(reset: str, compare: str) -> None:
    x = np.array([[-0.5, 0.2, 0.3, 0.30001, 2.0]])
    op = Graded(0.3, compare, reset, 0.25)
    state, y = op.step({}, [x], REAL)
    fires = x > 0.3 if compare == ">" else x >= 0.3
    assert np.array_equal(y, x * fires)
    left = {"subtract": x - 0.25, "value": np.full_like(x, 0.25), "none": x}[reset]
    assert np.array_equal(state["v"], np.where(fires, left, x))


@pytest.mark.parametrize("threshold", [1.0, 1 - 2.0**-16, 1 - 2.0**-15, 0.5])
def test_a_threshold_fits_its_format_up_to_a_power_of_two(threshold: float) -> None:
    text = f"""network t tick=0.001s decode=last {{
  %x = input() {{shape=[1], signal="real"}}
  %y = graded(%x) {{threshold={threshold!r}, compare=">", reset="none", reset_amount=0.0}}
  return %y
}}
"""
    network, x = verify(parse(text)), np.full((1, 1, 1), 0.1)
    after = verify(Quantize(ranges=calibrate(network, x))(network))
    unit = float(arithmetics(after)["y"][1])
    assert 2**14 - 1 <= threshold / unit <= 2**15 - 1


def test_a_graded_event_in_whole_numbers() -> None:
    a = IntegerArithmetic({}, {"v": held(8, 4)}, [np.asarray(2.0**-4)], "%e")
    state, y = Graded(0.5, ">", "subtract", 0.5).step({}, [np.array([[8, 9, 300]])], a)
    assert y.tolist() == [[0, 9, 127]]
    assert state["v"].tolist() == [[8, 1, 119]]
    assert a.saturated == {"v": 1}


# --- products of signals -------------------------------------------------------------------


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_matrix_products_are_those_of_numpy(batch: int, m: int, k: int, n: int) -> None:
    rng = np.random.default_rng(m + 7 * k)
    left, right = rng.normal(size=(2, batch, m, k)), rng.normal(size=(2, batch, k, n))
    assert MatMul().infer([left.shape[1:], right.shape[1:]], {}) == (batch, m, n)
    found = MatMul().step({}, [left, right], REAL)[1]
    np.testing.assert_allclose(found, np.einsum("sbmk,sbkn->sbmn", left, right), atol=1e-12)


@pytest.mark.parametrize("shapes", [((2, 3), (2, 3)), ((3,), (3, 2)), ((1, 2, 3), (2, 3, 4))])
def test_matrices_that_do_not_fit_are_refused(shapes: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(ValueError, match=r"have no product \[..., m, k\]"):
        MatMul().infer(shapes, {})


def test_axes_change_places() -> None:
    x = np.arange(24.0).reshape(1, 2, 3, 4)
    op = Transpose((2, 0, 1))
    assert op.infer([(2, 3, 4)], {}) == (4, 2, 3)
    assert np.array_equal(op.step({}, [x], REAL)[1], x.transpose(0, 3, 1, 2))
    with pytest.raises(ValueError, match="does not name each axis"):
        op.infer([(2, 3)], {})


@pytest.mark.parametrize("op", [Product(), MatMul()])
def test_products_beyond_64_bits_are_refused(op: Product | MatMul) -> None:
    a = IntegerArithmetic({}, {}, (), "%p")
    big = np.full((1, 2, 2), 2**31)
    exact: Values = op.step({}, [big, big // 2**3], a)[1]
    assert int(exact[0, 0, 0]) == 2**59 * (2 if isinstance(op, MatMul) else 1)
    with pytest.raises(RuleViolation, match=r"V013 %p: a sum of products .* beyond 64 bits"):
        op.step({}, [big, big], a)


def test_a_sum_of_many_products_is_exact_beyond_floats() -> None:
    row = np.full((1, 1, 3), 2**26 - 1)
    found: Values = MatMul().step(
        {}, [row, row.transpose(0, 2, 1)], IntegerArithmetic({}, {}, (), "%m")
    )[1]
    assert found.item() == 3 * (2**26 - 1) ** 2 > 2**53


def test_units_go_with_what_they_are_units_of() -> None:
    each = np.array([[0.5], [0.25]])
    moved = Transpose((1, 0)).unit([each], [(2, 3)], REAL)
    assert moved.tolist() == [[0.5, 0.25]] * 3
    pool = SumPool((2,), (2,), ((0, 0),))
    assert pool.unit([each], [(2, 6)], REAL).tolist() == each.tolist()
    with pytest.raises(ValueError, match="varies within the axes that it pools"):
        pool.unit([each.T], [(1, 2)], REAL)


def test_units_that_vary_along_a_sum_are_refused() -> None:
    units = [np.array([1.0, 2.0]), np.ones(())]
    with pytest.raises(ValueError, match="varies along the axis that is summed"):
        MatMul().unit(units, [(3, 2), (2, 4)], IntegerArithmetic({}, {}, units, "%m"))


# --- normalisation -------------------------------------------------------------------------


def test_a_norm_is_that_of_torch() -> None:
    x = np.random.default_rng(5).normal(size=(2, 3, 16))
    found = Norm(1e-5).step({}, [x], REAL)[1]
    expected = torch.nn.functional.layer_norm(torch.from_numpy(x), (16,), eps=1e-5)
    np.testing.assert_allclose(found, expected, atol=1e-13)


@given(st.integers(0, 999), st.integers(1, 40), st.integers(0, 12), st.integers(4, 15))
def test_a_norm_in_whole_numbers_is_exact_to_its_roots(
    seed: int, size: int, unit: int, spread: int
) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(-(2**spread), 2**spread, (1, size))
    value = held(24, 10)
    a = IntegerArithmetic({}, {"value": value}, [np.asarray(2.0**-unit)], "%n")
    found = Norm(1e-5).step({}, [codes], a)[1] * 2.0**-10
    real = Norm(1e-5).step({}, [codes * 2.0**-unit], REAL)[1]
    apart = size * codes - codes.sum()
    root = np.sqrt(np.sum(apart**2) / size + 1e-5 * size**2 * 4.0**unit)
    # The root is rounded down, and what is below it twice.
    most = np.abs(real) * 2 / np.maximum(root - 1, 1) + 2.0**-10
    assert np.all(np.abs(found - real) <= most) or root < 2


@given(st.integers(0, 2**62 - 1))
def test_roots_are_rounded_down(code: int) -> None:
    root = int(isqrt(np.array([code]))[0])
    assert root * root <= code < (root + 1) * (root + 1)


@given(st.integers(1, 5000), st.sampled_from([8, 16, 32]), st.sampled_from([0.0, 1e-5, 2.0]))
def test_a_value_leaves_as_many_bits_as_the_squares_of_a_norm_need(
    size: int, bits: int, epsilon: float
) -> None:
    frac = bits - 4
    spare = count_spare_of_squares(epsilon, size, bits, frac)

    def fits(less: int) -> bool:
        added = epsilon * size**2 * 4.0 ** (frac - less)
        return size**3 * 4.0 ** (bits - less) < 2.0**61 and added < 2.0**31

    assert fits(spare)
    assert spare == 0 or not fits(spare - 1)


def test_what_does_not_vary_is_zero() -> None:
    a = IntegerArithmetic({}, {"value": held(16, 8)}, [np.asarray(1.0)], "%n")
    flat = np.full((1, 2, 5), 7)
    assert not np.any(Norm(0.0).step({}, [flat], a)[1])
    assert not np.any(Norm(0.0).step({}, [flat.astype(np.float64)], REAL)[1])


POOLED = """network pooled tick=0.001s decode=count {
  %x = input() {shape=[8], signal="real"}
  %y = input() {shape=[8], signal="real"}
  %sum = sum(%x, %y)
  %again = sum(%sum, %x)
  %rows = reshape(%again) {shape=[1, 8]}
  %pool = sum_pool(%rows) {kernel=[4], stride=[4], padding=[[0, 0]]}
  %more = sum_pool(%pool) {kernel=[2], stride=[2], padding=[[0, 0]]}
  %late = sum(%more, %more)
  %other = sum(%y, %y)
  return %late
}
"""


def test_what_pools_add_up_counts_what_was_added_before_them() -> None:
    network = parse(POOLED)
    assert count_pooled(network, "x") == 8
    assert count_pooled(network, "y", beside=True) == 2 * 2 * 8
    assert count_pooled(network, "again", beside=True) == 8  # what is added behind is no more
    assert count_pooled(network, "other", beside=True) == 1
