"""Rounding, fitting, exact sums and bounds, each against integers without limit."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.ir import (
    Factor,
    IntegerArithmetic,
    Network,
    NumberError,
    Overflow,
    Quantity,
    Rounding,
    RuleViolation,
    Tensor,
    bounds,
    encode,
    parse,
    parse_format,
    run,
)
from snncc.ir.arithmetic.number import fit_codes, round_real, shift_codes
from tests.nets import hand, quantized_networks, spikes_for

roundings = st.sampled_from(Rounding)
quantities = st.builds(
    Quantity,
    st.integers(2, 62),
    st.booleans(),
    st.one_of(st.integers(-20, 40), st.sampled_from(["fc.unit", "w"])),
    roundings,
    st.sampled_from(Overflow),
)


def rounded(value: Fraction, rounding: Rounding) -> int:
    """The definition: the nearest integers, and which of them is meant."""
    low = value.numerator // value.denominator
    rest = value - low
    match rounding:
        case Rounding.FLOOR:
            return low
        case Rounding.TOWARD_ZERO:
            return low + (value < 0 and rest > 0)
        case Rounding.HALF_EVEN:
            return low + (rest > Fraction(1, 2) or (rest == Fraction(1, 2) and low % 2))
        case Rounding.HALF_AWAY:
            return low + (rest > Fraction(1, 2) or (rest == Fraction(1, 2) and value > 0))


@settings(max_examples=200)
@given(
    st.one_of(
        st.floats(-(2.0**60), 2.0**60),
        st.floats(-4, 4),
        st.integers(-999, 999).map(lambda n: n / 2),
        st.sampled_from([0.49999999999999994, -0.49999999999999994, 2.0**52 + 1, 0.0]),
    ),
    roundings,
)
def test_reals_round_as_defined(value: float, rounding: Rounding) -> None:
    assert int(round_real(np.array(value), rounding)) == rounded(Fraction(value), rounding)


@settings(max_examples=200)
@given(st.integers(-(2**61), 2**61), st.integers(0, 40), roundings)
def test_codes_round_as_defined(code: int, bits: int, rounding: Rounding) -> None:
    found = shift_codes(np.array([code]), bits, rounding)
    assert int(found[0]) == rounded(Fraction(code, 2**bits), rounding)
    assert found.dtype == np.int64


@given(st.one_of(quantities, st.builds(Factor, st.integers(0, 31), roundings)))
def test_a_format_is_its_text(format: Quantity | Factor) -> None:
    assert parse_format(str(format)) == format


@given(quantities, st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=5))
def test_codes_fit_their_format(format: Quantity, codes: list[int]) -> None:
    inside = [format.low <= code <= format.high for code in codes]
    try:
        fitted, changed = fit_codes(np.array(codes), format, "here")
    except NumberError:
        assert format.overflow is Overflow.TRAP
        assert not all(inside)
        return
    assert changed == inside.count(False)
    for code, new in zip(codes, fitted.tolist(), strict=True):
        assert format.low <= new <= format.high
        if format.overflow is Overflow.WRAP:
            assert (new - code) % 2**format.bits == 0
        else:
            assert new == min(max(code, format.low), format.high)


@pytest.mark.parametrize(("value", "code"), [(1e30, 127), (-1e30, -128), (np.inf, 127)])
def test_what_is_far_too_large_saturates_on_its_own_side(value: float, code: int) -> None:
    format = Quantity(8, True, 0, Rounding.HALF_EVEN, Overflow.SATURATE)
    assert encode(np.array([value]), np.ones(()), format, "here").tolist() == [code]


def test_nan_has_no_code() -> None:
    format = Quantity(8, True, 0, Rounding.HALF_EVEN, Overflow.SATURATE)
    with pytest.raises(NumberError, match="sensor: NaN has no code"):
        encode(np.array([0.0, np.nan]), np.ones(()), format, "sensor")


@given(st.integers(0, 2**32 - 1), st.integers(18, 31), st.integers(18, 29))
def test_sums_are_exact_beyond_what_floats_hold(seed: int, left: int, right: int) -> None:
    """Magnitudes on both sides of 2**53: either way the product is that of integers."""
    rng = np.random.default_rng(seed)
    signal = rng.integers(-(2**left), 2**left, (3, 7))
    weights = rng.integers(-(2**right), 2**right, (5, 7))
    a = IntegerArithmetic({}, {}, (), "%d")
    found = a.contract(lambda x, w: x @ w.T, signal, weights)
    exact = np.array(signal.astype(object) @ weights.T.astype(object))
    assert found.dtype == np.int64
    assert np.array_equal(found.astype(object), exact)


def test_sums_beyond_64_bits_are_refused() -> None:
    a = IntegerArithmetic({}, {}, (), "%d")
    with pytest.raises(RuleViolation, match=r"V013 %d: a sum may reach .* beyond 64 bits"):
        a.contract(lambda x, w: x @ w.T, np.full((1, 4), 2**31), np.full((1, 4), 2**31))


@settings(max_examples=60)
@given(quantized_networks(), st.integers(0, 999))
def test_no_wire_leaves_its_bounds(network: Network, seed: int) -> None:
    limits = bounds(network)
    assert set(limits) == {node.name for node in network}
    for rate in (0.3, 1.0):
        trace = run(network, spikes_for(network, seed, ticks=12, rate=rate), record="all")
        for name, (low, high) in limits.items():
            wire = trace[f"%{name}"]
            assert np.all(low[:, None] <= wire), name
            assert np.all(wire <= high[:, None]), name


@pytest.mark.parametrize("layers", range(1, 9))
def test_bounds_beyond_64_bits_do_not_wrap(layers: int) -> None:
    lines = "".join(
        f"  %c{n} = dense(%c{n - 1}) {{weight=@w}} : weight=s16q0/half-even/trap\n"
        for n in range(1, layers + 1)
    )
    text = f"""network wide tick=0.001s decode=last {{
  %c0 = input() {{shape=[4], signal="real"}} : value=s16q0/half-even/saturate
{lines}  return %c{layers}
}}
"""
    network = parse(text, {"w": Tensor(np.full((4, 4), 30000.0))})
    found = bounds(network)
    for n in range(1, layers + 1):
        low, high = found[f"c{n}"]
        exact = 2**15 * 120000**n
        assert np.all(-low >= min(exact, 2**62)) and np.all(high >= min(exact - 120000**n, 2**62))


@pytest.mark.parametrize("name", ["feedforward", "convolutional", "memory", "readout"])
def test_both_widths_of_float_agree_away_from_the_threshold(name: str) -> None:
    network = hand(name)
    neurons = [node.name for node in network.populations if node.op.spiking]
    signal = spikes_for(network, samples=24)
    wide = run(network, signal, record=[f"%{n}{s}" for n in neurons for s in ("", ".v")])
    slim = run(network, signal, record=[f"%{n}" for n in neurons], dtype=np.float32)
    # These neurons reset in the tick after: the potential that is read is the one compared.
    near = [np.abs(wide[f"%{n}.v"] - 1.0).reshape(24, -1).min(axis=1) for n in neurons]
    clear = np.min(near, axis=0) > 2e-5
    assert np.count_nonzero(clear) >= 8
    for n in neurons:
        assert slim[f"%{n}"].dtype == np.float32
        assert np.array_equal(wide[f"%{n}"][clear], slim[f"%{n}"][clear])
