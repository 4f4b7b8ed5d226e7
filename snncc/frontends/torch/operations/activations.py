"""The rows of functions of one value that come down to rectifiers and tables; no layer."""

from __future__ import annotations

import torch

from ..expressions.axes import Grid
from ..expressions.axis_ops import Loom
from .operation_table import Operand, function, maximum, minimum, negate, rectify, row
from .replacements import replacement


def _scale(loom: Loom, signal: Grid, factor: float) -> Grid:
    return loom.pointwise("product", [signal, torch.tensor(float(factor), dtype=torch.float64)])


def _shift(loom: Loom, signal: Grid, term: float) -> Grid:
    return loom.pointwise("sum", [signal, torch.tensor(float(term), dtype=torch.float64)])


def _bound(value: Operand | float) -> Operand:
    if isinstance(value, (Grid, torch.Tensor)):
        return value
    return torch.tensor(float(value), dtype=torch.float64)


@row("clamp")
def _clamp(
    loom: Loom,
    signal: Grid,
    min: Operand | float | None = None,  # noqa: A002  # PyTorch's names
    max: Operand | float | None = None,  # noqa: A002
) -> Grid:
    if min is not None:
        signal = maximum(loom, signal, _bound(min))
    return signal if max is None else minimum(loom, signal, _bound(max))


@row("hardtanh")
def _hardtanh(loom: Loom, signal: Grid, low: float = -1, high: float = 1) -> Grid:
    return _clamp(loom, signal, low, high)


@row("clamp_min")
def _clamp_min(loom: Loom, signal: Grid, min: Operand | float) -> Grid:  # noqa: A002
    return _clamp(loom, signal, min)


@row("clamp_max")
def _clamp_max(loom: Loom, signal: Grid, max: Operand | float) -> Grid:  # noqa: A002
    return _clamp(loom, signal, None, max)


@row("abs")
def _abs(loom: Loom, signal: Grid) -> Grid:
    return loom.pointwise("sum", [rectify(loom, signal), rectify(loom, negate(loom, signal))])


@row("leaky_relu")
def _leaky_relu(loom: Loom, signal: Grid, slope: float = 0.01) -> Grid:
    below = _scale(loom, rectify(loom, negate(loom, signal)), -slope)
    return loom.pointwise("sum", [rectify(loom, signal), below])


@row("elu")
def _elu(
    loom: Loom, signal: Grid, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0
) -> Grid:
    below = negate(loom, rectify(loom, negate(loom, signal)))  # min(x, 0)
    grown = _shift(loom, function("exp")(loom, _scale(loom, below, input_scale)), -1.0)
    whole = loom.pointwise("sum", [rectify(loom, signal), _scale(loom, grown, alpha)])
    return whole if scale == 1 else _scale(loom, whole, scale)


@row("celu")
def _celu(loom: Loom, signal: Grid, alpha: float = 1.0) -> Grid:
    return _elu(loom, signal, alpha, input_scale=1 / alpha)


@row("silu")
def _silu(loom: Loom, signal: Grid) -> Grid:
    return loom.pointwise("product", [signal, function("sigmoid")(loom, signal)])


@row("mish")
def _mish(loom: Loom, signal: Grid) -> Grid:
    gate = function("tanh")(loom, function("softplus")(loom, signal))
    return loom.pointwise("product", [signal, gate])


@row("hardsigmoid")
def _hardsigmoid(loom: Loom, signal: Grid) -> Grid:
    return _clamp(loom, _shift(loom, _scale(loom, signal, 1 / 6), 0.5), 0.0, 1.0)


@row("hardswish")
def _hardswish(loom: Loom, signal: Grid) -> Grid:
    return loom.pointwise("product", [signal, _hardsigmoid(loom, signal)])


@row("pow")
def _power(loom: Loom, signal: Grid, exponent: float = 2) -> Grid:
    if exponent not in (2, 3):
        raise loom.weaver.refuse(f"'pow': a power of {exponent}; only squares and cubes have ops")
    square = loom.pointwise("product", [signal, signal])
    # Two by two: a product of three real values would have 48 bits in integers.
    return square if exponent == 2 else loom.pointwise("product", [square, signal])


@row("gelu")
def _gelu(loom: Loom, signal: Grid, approximate: str = "none") -> Grid:
    if approximate != "tanh":
        raise loom.weaver.refuse(
            f"'gelu': no op computes the error function; {replacement(loom, 'gelu')}"
        )
    # Hendrycks and Gimpel 2016 (arXiv 1606.08415): x / 2 (1 + tanh(sqrt(2 / pi) (x + c x^3)))
    cubed = _scale(loom, _power(loom, signal, 3), 0.044715)
    inner = _scale(loom, loom.pointwise("sum", [signal, cubed]), (2 / torch.pi) ** 0.5)
    gate = _shift(loom, _scale(loom, function("tanh")(loom, inner), 0.5), 0.5)
    return loom.pointwise("product", [signal, gate])
