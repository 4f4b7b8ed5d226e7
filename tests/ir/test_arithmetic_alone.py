"""Single operations of the arithmetics, without a network: along which axis, in which unit."""

import numpy as np
import pytest

from snncc.ir import (
    IntegerArithmetic,
    NumberError,
    Overflow,
    Quantity,
    Rounding,
    Single,
    Tally,
    Tensor,
    Trace,
    parse_format,
)
from snncc.ir.arithmetic.single_arithmetic import SingleArithmetic
from snncc.ir.ops import Function
from snncc.ir.untrusted.limits import show_bytes


def held(bits: int, frac: int) -> Quantity:
    return Quantity(bits, True, frac, Rounding.HALF_EVEN, Overflow.SATURATE)


def single(unit: object, of: object = 6) -> SingleArithmetic:
    units = (np.asarray(unit),)
    return SingleArithmetic({"u": Tensor([0.5, 0.25])}, {"v": Single(of)}, units, "%s")


def test_states_in_single_precision_have_a_unit() -> None:
    assert single(1.0).unit_of("v") == 2.0**-6
    assert single(1.0, "u").unit_of("v").tolist() == [0.5, 0.25]
    codes = single(0.25).align(np.array([3, -1]), "v")
    assert codes.tolist() == [48.0, -16.0] and codes.dtype == np.float32


@pytest.mark.parametrize("unit", [0.3, 3 * 2.0**-6, 2.0**-7, 0.75 * 2.0**-6])
def test_a_current_meets_single_precision_in_a_power_of_two(unit: float) -> None:
    message = r"^%s: the unit of the input is not 2\*\*k times that of 'v', k >= 0$"
    with pytest.raises(NumberError, match=message):
        single(unit).align(np.array([1]), "v")


def test_all_roles_are_in_single_precision_or_none() -> None:
    message = "^%s: role 'i' is not in single precision, but others are$"
    with pytest.raises(NumberError, match=message):
        single(1.0).unit_of("i")


def test_rows_are_normalised_each_alone() -> None:
    codes = np.random.default_rng(0).integers(-9000, 9000, (2, 3, 4, 5))
    a = IntegerArithmetic({}, {"value": held(16, 10)}, (np.asarray(2.0**-4),), "%n")
    found = a.normalise(codes, 1e-5, "value")
    for at in np.ndindex(2, 3, 4):
        assert np.array_equal(found[at], a.normalise(codes[at][None], 1e-5, "value")[0])
    real = codes * 2.0**-4
    expected = (real - real.mean(-1, keepdims=True)) / np.sqrt(real.var(-1, keepdims=True) + 1e-5)
    assert np.abs(found * 2.0**-10 - expected).max() <= 2.0**-9


@pytest.mark.parametrize(("name", "ends"), [("tanh", (-1, 1)), ("sigmoid", (0, 1))])
def test_where_a_function_is_flat_nothing_saturates(name: str, ends: tuple[int, int]) -> None:
    formats = {"index": held(8, 3), "value": held(16, 14), "scale": parse_format("x8/half-even")}
    a = IntegerArithmetic({}, formats, (np.asarray(2.0**-3),), "%f")
    codes = np.array([[-5000, -128, 0, 127, 5000]])
    found = Function(name).step({}, [codes], a)[1][0] * 2.0**-14
    assert a.saturated.get("index", 0) == 0
    assert np.allclose(found[[0, -1]], ends, atol=1e-3)
    assert found[0] == found[1] and found[3] == found[4]


def test_where_a_function_still_rises_what_is_cut_off_is_counted() -> None:
    formats = {"index": held(8, 6), "value": held(16, 14), "scale": parse_format("x8/half-even")}
    a = IntegerArithmetic({}, formats, (np.asarray(2.0**-6),), "%f")
    Function("tanh").step({}, [np.array([[-5000, 0, 5000, 5000]])], a)
    assert a.saturated["index"] == 3


@pytest.mark.parametrize("decode", ["count", "mean", "last", "max"])
@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.float32, np.float64])
def test_scores_of_windows_are_those_of_the_whole(decode: str, kind: type) -> None:
    values = np.random.default_rng(1).integers(0, 200, (3, 12, 2, 2)).astype(kind)
    tally = Tally(decode)
    for start, stop in ((0, 1), (1, 7), (7, 12)):
        tally.add(Trace({"%s": values[:, start:stop]}, ("%s",)))
    assert tally.ticks == 12
    assert np.array_equal(tally.scores(), Trace({"%s": values}, ("%s",)).scores(decode))
    flat = values.reshape(3, 12, 4).astype(np.float64)
    whole = {"count": flat.sum(1), "mean": flat.mean(1), "last": flat[:, -1], "max": flat.max(1)}
    assert np.allclose(tally.scores(), whole[decode])


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (1 << 20, "1.0 MiB"),
        (3 << 30, "3.0 GiB"),
        ((1 << 50) - (1 << 46), "960.0 TiB"),
        (1 << 50, "1024 TiB"),
        (1 << 80, "1099511627776 TiB"),
        ((1 << 80) + 1, "more than 1099511627776 TiB"),
        (1 << 200, "more than 1099511627776 TiB"),
    ],
)
def test_bytes_are_shown_as_people_read_them(count: int, shown: str) -> None:
    assert show_bytes(count) == shown
