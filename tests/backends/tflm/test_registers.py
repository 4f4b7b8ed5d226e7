"""Registers, and signals of 32 bits that are turned or multiplied, at the ends of their ranges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.backends.tflm import Program
from snncc.backends.tflm.run.simulate import play
from snncc.ir import LoweringRefused, Network, run

from .nets import BACKEND, lowered, needs_litert, needs_tflm, small

ROUNDINGS = ("half-even", "toward-zero")
CODES = st.one_of(
    st.integers(-(2**15), 2**15 - 1), st.sampled_from([-(2**15), -1, 0, 1, 2**15 - 1])
)


def register(unit: float, bits: int, frac: int, rounding: str, weight: int = 127) -> Network:
    """A sensor times a weight, held in a format with another unit."""
    return small(
        f"""
  %x = input() {{shape=[8], signal="real"}} : value=s16q0/half-even/saturate
  %c = sparse(%x) {{weight=@w, rows=@r, columns=@r, size=8}} : weight=s8q0/half-even/trap
  %y = requantize(%c) : value=s{bits}@u/half-even/saturate, scale=x{frac}/{rounding}
  return %y""",
        w=np.full(8, float(weight)),
        r=np.arange(8),
        u=np.asarray(unit),
    )


def same(network: Network, values: list[int]) -> None:
    """Our kernels give the reference's codes."""
    signals = {"x": np.asarray(values, dtype=np.float64).reshape(1, 1, 8)}
    found = BACKEND.simulate(lowered(network), signals, ("%y",))
    expected = run(network, signals, record=("%y",))
    assert expected.compare(found) == (0, None)


@given(
    st.lists(CODES, min_size=8, max_size=8),
    st.integers(-12, 24),
    st.sampled_from([8, 16]),
    st.integers(0, 31),
    st.sampled_from(ROUNDINGS),
    st.sampled_from([1.0, 1.25, 1.7]),
)
@settings(max_examples=150)
def test_a_register_is_rounded_once(
    values: list[int], exponent: int, bits: int, frac: int, rounding: str, part: float
) -> None:
    unit = part * 2.0**exponent
    scale = np.rint(2.0**frac / unit)
    network = register(unit, bits, frac, rounding)
    if not 1 <= scale < 2**31:
        return
    try:
        lowered(network)
    except LoweringRefused as refusal:
        assert str(refusal).startswith("T002 %y: "), refusal
        return
    same(network, values)


WIDE = 2**27 - 1
ENDS = st.sampled_from([-WIDE - 1, -WIDE, -1, 0, 1, WIDE])


@pytest.mark.parametrize("bias", [-638704320, 638704320, -1])
@pytest.mark.parametrize("exponent", range(-36, -27))
def test_a_register_of_a_constant_adds_what_it_holds(bias: int, exponent: int) -> None:
    """The range of a result that rounds to nothing reaches to zero, whatever its sign is."""
    network = small(
        """
  %x = input() {shape=[1], signal="spike"}
  %c = dense(%x) {weight=@w, bias=@b} : weight=s8@cu/half-even/trap, bias=s32@cu/half-even/trap
  %y = requantize(%c) : value=s32q1/half-even/saturate, scale=x31/half-even
  %z = dense(%x) {weight=@v} : weight=s8q1/half-even/trap
  %i = sum(%y, %z)
  %s = li(%i) {decay=0.5, bias=0.5, initial=0.0} : v=s16q1/half-even/saturate, decay=x15/toward-zero
  return %s""",
        w=np.zeros((1, 1)),
        b=np.full(1, bias * 2.0**exponent),
        cu=np.full(1, 2.0**exponent),
        v=np.full((1, 1), -0.5),
    )
    signals = {"x": np.array([0.0, 1.0, 1.0, 0.0]).reshape(1, 4, 1)}
    found = BACKEND.simulate(lowered(network), signals, ("%s",))
    assert run(network, signals, record=("%s",)).compare(found) == (0, None)


def scaled(factors: list[int], frac: int, rounding: str) -> Network:
    """Values as wide as around a linear recurrence, times factors of their own."""
    return small(
        f"""
  %x = input() {{shape=[8], signal="real"}} : value=s28q0/half-even/saturate
  %y = affine(%x) {{scale=@f, shift=0.0}} : scale=x{frac}/{rounding}
  return %y""",
        f=np.asarray(factors) / 2.0**frac,
    )


@given(
    st.lists(st.one_of(st.integers(-WIDE - 1, WIDE), ENDS), min_size=8, max_size=8),
    st.lists(st.integers(-(2**23), 2**23), min_size=8, max_size=8),
    st.integers(17, 30),
    st.sampled_from(ROUNDINGS),
)
@settings(max_examples=100)
def test_wide_values_are_scaled_and_rounded_once(
    values: list[int], factors: list[int], frac: int, rounding: str
) -> None:
    network = scaled(factors, frac, rounding)
    try:
        lowered(network)
    except LoweringRefused as refusal:
        assert str(refusal).startswith("T002 %y: "), refusal
        assert max(map(abs, factors)) * 2**27 >> frac >= 2**30
        return
    same(network, values)


@pytest.mark.parametrize("frac", [17, 23, 30])
def test_ties_of_wide_products_go_to_the_even_code(frac: int) -> None:
    """Odd codes times an odd multiple of a half, and one code less and more."""
    odd = [1, -1, 3, -3, 5, -5, 7, -7]
    values = [(2 ** max(0, frac - 23) * n) for n in odd]
    factor = 2 ** min(frac - 1, 22)
    for change in (-1, 0, 1):
        same(scaled([factor + change] * 8, frac, "half-even"), values)


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("frac", [1, 4, 16, 31])
def test_ties_are_where_they_should_be(rounding: str, frac: int) -> None:
    """Half of every odd code is a tie."""
    same(register(2.0, 16, frac, rounding, 1), [1, -1, 3, -3, 5, -5, 32767, -32767])


def test_a_register_that_rounds_otherwise_is_refused() -> None:
    with pytest.raises(
        LoweringRefused, match="T003 %y: it rounds floor, but only toward-zero and half-"
    ):
        lowered(register(2.0, 16, 15, "floor"))


TURNED = """
  %x = input() {shape=[7, 8], signal="real"} : value=s31q0/half-even/saturate
  %y = transpose(%x) {order=[1, 0]}
  return %y"""
BILINEAR = """
  %x = input() {shape=[4, 9], signal="real"} : value=s12q0/half-even/saturate
  %k = input() {shape=[9, 3], signal="real"} : value=s12q0/half-even/saturate
  %y = matmul(%x, %k)
  return %y"""


def played(text: str, top: int, runtime: str) -> Program:
    """The program, which gave the reference's codes for inputs up to a magnitude."""
    network = small(text)
    rng = np.random.default_rng(top)
    signals = {
        n.name: rng.integers(-top, top, (2, 3, *network.shapes[n.name])).astype(np.float64)
        for n in network.inputs
    }
    program = lowered(network, "io")
    expected = run(network, signals, record=("%y",))
    for found in (
        BACKEND.simulate(program, signals, ("%y",)),
        play(program, signals, ("%y",), runtime=runtime),
    ):
        assert expected.compare(found) == (0, None)
    return program


@needs_tflm
@needs_litert
@pytest.mark.parametrize("runtime", ["tflm", "litert"])
def test_what_goes_beyond_16_bits_is_exact_too(runtime: str) -> None:
    single = played(BILINEAR, 2**11, runtime)
    assert "BATCH_MATMUL" not in {operator.code for operator in single.operators}
    halves = played(TURNED, 2**30, runtime)
    assert [o.code for o in halves.operators].count("TRANSPOSE") == 2


def test_a_matrix_that_fills_32_bits_cannot_be_turned() -> None:
    with pytest.raises(LoweringRefused, match="T006 %y: its codes reach 2,147,483,648, and to lay"):
        lowered(small(TURNED.replace("s31", "s32")))


def test_a_sum_of_too_many_single_products_is_refused() -> None:
    many = BILINEAR.replace("9", "513")
    with pytest.raises(LoweringRefused, match="T006 %y: its products may leave 16 bits, and 513"):
        lowered(small(many))
