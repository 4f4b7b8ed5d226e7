"""Convolutions and pools against torch.nn.functional, in float64."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snncc.ir import FloatArithmetic, Ref, Tensor
from snncc.ir.ops import AvgPool, Conv, MaxPool, SumPool

torch = pytest.importorskip("torch", reason="compares with torch.nn.functional")
F = torch.nn.functional


@st.composite
def windows(draw: st.DrawFn, most: int = 3) -> dict[str, Any]:
    """Extents, kernel, stride and padding along one or two axes, all of which fit."""
    axes = draw(st.integers(1, 2))
    found: dict[str, Any] = {"size": (), "kernel": (), "stride": (), "padding": (), "dilation": ()}
    for _ in range(axes):
        kernel, dilation = draw(st.integers(1, most)), draw(st.integers(1, 2))
        pads = (draw(st.integers(0, kernel - 1)), draw(st.integers(0, kernel - 1)))
        least = max(dilation * (kernel - 1) + 1 - sum(pads), 1)
        found["size"] += (draw(st.integers(least, least + 4)),)
        found["kernel"] += (kernel,)
        found["stride"] += (draw(st.integers(1, 3)),)
        found["padding"] += (pads,)
        found["dilation"] += (dilation,)
    return found


def padded(x: np.ndarray, padding: tuple[tuple[int, int], ...], fill: float) -> Any:
    flat = [n for pads in reversed(padding) for n in pads]
    return F.pad(torch.from_numpy(x), flat, value=fill)


@given(windows(), st.sampled_from([1, 2, 3]), st.integers(1, 2), st.integers(1, 2), st.booleans())
def test_convolutions(
    window: dict[str, Any], groups: int, per_group: int, each: int, biased: bool
) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2, groups * per_group, *window["size"]))
    weight = rng.normal(size=(groups * each, per_group, *window["kernel"]))
    bias = rng.normal(size=groups * each)
    table = {"w": Tensor(weight), "b": Tensor(bias)}
    op = Conv(
        Ref("w"), window["stride"], window["padding"], window["dilation"], groups,
        Ref("b") if biased else None,
    )  # fmt: skip
    function = F.conv1d if len(window["size"]) == 1 else F.conv2d
    expected = function(
        padded(x, window["padding"], 0.0),
        torch.from_numpy(weight),
        torch.from_numpy(bias) if biased else None,
        stride=window["stride"],
        dilation=window["dilation"],
        groups=groups,
    ).numpy()
    found = op.step({}, [x], FloatArithmetic(table))[1]
    assert op.infer([x.shape[1:]], table) == expected.shape[1:]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@given(windows())
def test_pools(window: dict[str, Any]) -> None:
    if any(
        n + sum(p) < k
        for n, k, p in zip(window["size"], window["kernel"], window["padding"], strict=True)
    ):
        return
    x = np.random.default_rng(2).normal(size=(2, 3, *window["size"]))
    shape = (window["kernel"], window["stride"], window["padding"])
    flat = len(window["size"]) == 1
    average, largest = (F.avg_pool1d, F.max_pool1d) if flat else (F.avg_pool2d, F.max_pool2d)
    mean = average(padded(x, window["padding"], 0.0), window["kernel"], window["stride"]).numpy()
    most = largest(
        padded(x, window["padding"], -np.inf), window["kernel"], window["stride"]
    ).numpy()
    taps = np.prod(window["kernel"])
    for op, expected in (
        (AvgPool(*shape), mean),
        (SumPool(*shape), mean * taps),
        (MaxPool(*shape), most),
    ):
        found = op.step({}, [x], FloatArithmetic({}))[1]
        assert op.infer([x.shape[1:]], {}) == expected.shape[1:]
        np.testing.assert_allclose(found, expected, atol=1e-12)
