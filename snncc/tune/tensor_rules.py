"""What each function of numpy is on tensors that contain integers; a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from snncc.ir import NumberError, Values

from .gradients import Surrogate, pass_straight, spike
from .traced import LARGEST, Rule, Rules, Traced


def require_exact(data: Tensor) -> Tensor:
    """The integers themselves.

    Raises:
        NumberError: one is 2**52 or more, from where a float64 may not contain an integer's half.
    """
    if data.numel() and float(data.detach().abs().amax()) >= LARGEST:
        raise NumberError(
            "a product is beyond 52 bits, in which tuning computes; use fewer --state-bits"
        )
    return data


def _binary(function: Callable[[Tensor, Tensor], Tensor], r: Rules, a: object, b: object) -> Values:
    return r.wrap(function(r.tensor(a), r.tensor(b)))


def _product(
    function: Callable[[Tensor, Tensor], Tensor], r: Rules, a: object, b: object
) -> Values:
    return r.wrap(require_exact(function(r.tensor(a), r.tensor(b))))


def _unary(function: Callable[[Tensor], Tensor], r: Rules, a: object) -> Values:
    return r.wrap(function(r.tensor(a)))


def _compare(
    function: Callable[[Tensor, Tensor], Tensor], sign: int, r: Rules, a: object, b: object
) -> Values:
    """Truth values; with a slope where something is compared with a threshold.

    A plain number is not a threshold: `spikes > 0` asks whether there was one, and a reset by value
    has no gradient of its own, as with SpikingJelly's `detach_reset`.
    """
    left, right = r.tensor(a), r.tensor(b)
    fires = function(left, right).to(torch.float64)
    if sign and not isinstance(a, int) and not isinstance(b, int):
        fires = spike(fires, sign * (left - right), right if sign > 0 else left, r.surrogate)
    return r.wrap(fires, np.bool_)


def _floor_divide(r: Rules, a: object, b: object) -> Values:
    left, right = r.tensor(a), r.tensor(b)
    exact = torch.div(left.detach().long(), right.detach().long(), rounding_mode="floor")
    return r.wrap(pass_straight(exact.to(torch.float64), left / right.detach()))


def _divide(r: Rules, a: object, b: object) -> Values:
    return r.wrap(r.tensor(a) / r.tensor(b))


def _round(function: Callable[[Tensor], Tensor], r: Rules, a: object) -> Values:
    smooth = r.tensor(a)
    return r.wrap(pass_straight(function(smooth.detach()), smooth))


def _where(r: Rules, flags: object, a: object, b: object) -> Values:
    choice, left, right = r.tensor(flags), r.tensor(a), r.tensor(b)
    if choice.requires_grad:
        return r.wrap(right + choice * (left - right))
    return r.wrap(torch.where(choice != 0, left, right))


def _clip(r: Rules, a: object, low: object, high: object) -> Values:
    data = r.tensor(a)
    data = data if low is None else torch.maximum(data, r.tensor(low))
    return r.wrap(data if high is None else torch.minimum(data, r.tensor(high)))


def _concatenate(r: Rules, parts: Sequence[object], axis: int = 0) -> Values:
    return r.wrap(torch.cat([r.tensor(part) for part in parts], dim=axis))


def _pad(
    r: Rules, a: object, widths: Sequence[tuple[int, int]], constant_values: object = 0
) -> Values:
    last_first = [n for pair in reversed(list(widths)) for n in pair]
    fill = float(r.tensor(constant_values).detach())
    return r.wrap(functional.pad(r.tensor(a), last_first, value=fill))


def _windows(r: Rules, a: object, extents: Sequence[int], axis: Sequence[int]) -> Values:
    data = r.tensor(a)
    for at, extent in zip(axis, extents, strict=True):
        data = data.unfold(at, extent, 1)
    return r.wrap(data)


def _moveaxis(r: Rules, a: object, source: int, destination: int) -> Values:
    return r.wrap(r.tensor(a).movedim(source, destination))


def _broadcast_to(r: Rules, a: object, shape: Sequence[int]) -> Values:
    return r.wrap(r.tensor(a).expand(*shape))


def _reshape(r: Rules, a: object, shape: Sequence[int]) -> Values:
    return r.wrap(r.tensor(a).reshape(tuple(shape)))


def _transpose(r: Rules, a: object, axes: Sequence[int]) -> Values:
    return r.wrap(r.tensor(a).permute(*axes))


def _expand_dims(r: Rules, a: object, axis: int) -> Values:
    return r.wrap(r.tensor(a).unsqueeze(axis))


def _repeat(r: Rules, a: object, repeats: int, axis: int) -> Values:
    return r.wrap(r.tensor(a).repeat_interleave(repeats, dim=axis))


def _flags(function: Callable[[Tensor, Tensor], Tensor], r: Rules, a: object, b: object) -> Values:
    return r.wrap(function(r.tensor(a), r.tensor(b)), np.bool_)


def _not(r: Rules, a: object) -> Values:
    return r.wrap(1 - r.tensor(a), np.bool_)


def _result_type(r: Rules, *values: object) -> np.dtype[np.generic]:
    kinds = [value.dtype if isinstance(value, Traced) else value for value in values]
    return np.result_type(*cast("list[npt.DTypeLike]", kinds))


_UFUNCS: dict[str, Rule] = {
    "add": partial(_binary, torch.add),
    "subtract": partial(_binary, torch.sub),
    "multiply": partial(_product, torch.mul),
    "matmul": partial(_product, torch.matmul),
    "floor_divide": _floor_divide,
    "divide": _divide,
    "floor": partial(_round, torch.floor),
    "ceil": partial(_round, torch.ceil),
    "maximum": partial(_binary, torch.maximum),
    "minimum": partial(_binary, torch.minimum),
    "negative": partial(_unary, torch.neg),
    "absolute": partial(_unary, torch.abs),
    "bitwise_and": partial(_flags, torch.mul),
    "bitwise_or": partial(_flags, torch.maximum),
    "logical_and": partial(_flags, torch.mul),
    "logical_or": partial(_flags, torch.maximum),
    "logical_not": _not,
    "invert": _not,
    "equal": partial(_compare, torch.eq, 0),
    "not_equal": partial(_compare, torch.ne, 0),
    "greater": partial(_compare, torch.gt, 1),
    "greater_equal": partial(_compare, torch.ge, 1),
    "less": partial(_compare, torch.lt, -1),
    "less_equal": partial(_compare, torch.le, -1),
}
_FUNCTIONS: dict[str, Rule] = {
    "where": _where,
    "clip": _clip,
    "concatenate": _concatenate,
    "pad": _pad,
    "sliding_window_view": _windows,
    "moveaxis": _moveaxis,
    "broadcast_to": _broadcast_to,
    "reshape": _reshape,
    "transpose": _transpose,
    "expand_dims": _expand_dims,
    "repeat": _repeat,
    "result_type": _result_type,
}


def make_rules(surrogate: Surrogate, device: torch.device) -> Rules:
    """The rules, with the slope of what is compared with a threshold."""
    return Rules(_UFUNCS, _FUNCTIONS, surrogate, device)
