"""What each function of numpy becomes in ONNX when an op applies it to a symbol; a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

import numpy as np
import numpy.typing as npt

from snncc.ir import LoweringRefused, Shape

from .symbol import Body, Rule, Rules, Symbol, take_out

LAYOUTS = {
    "broadcast_to",
    "expand_dims",
    "moveaxis",
    "ravel",
    "repeat",
    "reshape",
    "sliding_window_view",
    "squeeze",
    "swapaxes",
    "transpose",
}
"""Functions of numpy that move values and change none."""


def _operands(body: Body, *values: object) -> tuple[Symbol, ...]:
    """Symbols of one dtype, chosen as numpy chooses it."""
    plain = [take_out(v) for v in values]
    kinds = [v.dtype if isinstance(v, Symbol) else v for v in plain]
    wanted = np.result_type(*cast("list[np.dtype[np.generic]]", kinds))
    return tuple(body.symbol(v, wanted).astype(wanted) for v in plain)


def _join(symbols: Sequence[Symbol]) -> tuple[Shape, bool]:
    return np.broadcast_shapes(*(s.shape for s in symbols)), any(s.batched for s in symbols)


def _binary(op: str, body: Body, left: object, right: object) -> Symbol:
    pair = _operands(body, left, right)
    shape, batched = _join(pair)
    return pair[0].make(op, shape, pair[0].dtype, batched, *(s.name for s in pair))


def _compare(op: str, body: Body, left: object, right: object) -> Symbol:
    pair = _operands(body, left, right)
    shape, batched = _join(pair)
    return pair[0].make(op, shape, np.bool_, batched, *(s.name for s in pair))


def _unary(op: str, body: Body, value: object) -> Symbol:
    one = body.symbol(value)
    return one.make(op, one.shape, one.dtype, one.batched, one.name)


def _find_neutral(body: Body, left: object, right: object, unit: int) -> object | None:
    """The other operand, where one is the number that changes nothing."""
    for one, other in ((left, right), (right, left)):
        value, rest = take_out(one), take_out(other)
        if isinstance(value, Symbol) or not isinstance(rest, Symbol):
            continue
        array = np.asarray(value)
        if array.ndim == 0 and array == unit and np.result_type(rest.dtype, array) == rest.dtype:
            return rest
    return None


def _add(body: Body, left: object, right: object) -> object:
    rest = _find_neutral(body, left, right, 0)
    return _binary("Add", body, left, right) if rest is None else rest


def _multiply(body: Body, left: object, right: object) -> object:
    rest = _find_neutral(body, left, right, 1)
    return _binary("Mul", body, left, right) if rest is None else rest


def _matmul(body: Body, left: object, right: object) -> Symbol:
    one, two = _operands(body, left, right)
    shape = np.matmul(np.empty(one.shape, np.int8), np.empty(two.shape, np.int8)).shape
    return one.make("MatMul", shape, one.dtype, one.batched or two.batched, one.name, two.name)


def _floor_divide(body: Body, left: object, right: object) -> object:
    one, two = _operands(body, left, right)
    if one.dtype.kind in "iu":
        rest = _binary("Mod", body, one, two)
        return _binary("Div", body, one - rest, two)
    # The algorithm of numpy 2.4, npy_math `npy_divmod`: not the floor of the rounded quotient.
    shape, batched = _join((one, two))
    rest = one.make("Mod", shape, one.dtype, batched, one.name, two.name, fmod=1)
    against = (rest != 0) & ((rest < 0) != (two < 0))
    whole = (one - rest) / two - against.astype(one.dtype)
    low = _unary("Floor", body, whole)
    return low + (whole - low > 0.5).astype(one.dtype)


def _left_shift(body: Body, codes: object, bits: object) -> object:
    return _multiply(body, codes, np.left_shift(1, np.asarray(take_out(bits), dtype=np.int64)))


def _right_shift(body: Body, codes: object, bits: object) -> object:
    return _floor_divide(body, codes, np.left_shift(1, np.asarray(take_out(bits), dtype=np.int64)))


def _and(body: Body, left: object, right: object) -> object:
    one, two = take_out(left), take_out(right)
    if isinstance(one, Symbol) and one.dtype.kind in "iu":
        mask = int(np.asarray(two)) + 1
        if mask & (mask - 1):
            raise LoweringRefused(f"a mask of {mask - 1} is not a run of ones")
        return _binary("Mod", body, one, mask)
    return _binary("And", body, one, two)


def _where(body: Body, flags: object, left: object, right: object) -> Symbol:
    choice = body.symbol(flags).astype(np.bool_)
    one, two = _operands(body, left, right)
    shape, batched = _join((choice, one, two))
    names = (choice.name, one.name, two.name)
    return one.make("Where", shape, one.dtype, batched, *names)


def _clip(body: Body, value: object, low: object, high: object) -> object:
    above = value if low is None else _binary("Max", body, value, low)
    return above if high is None else _binary("Min", body, above, high)


def _concatenate(body: Body, parts: Sequence[object], axis: int = 0) -> Symbol:
    symbols = _operands(body, *parts)
    if len(symbols) == 1:
        return symbols[0]
    shape = np.concatenate([np.empty(s.shape, np.int8) for s in symbols], axis).shape
    names = [s.name for s in symbols]
    batched = any(s.batched for s in symbols)
    return symbols[0].make("Concat", shape, symbols[0].dtype, batched, *names, axis=axis)


def _pad(
    body: Body, value: object, widths: Sequence[tuple[int, int]], constant_values: object = 0
) -> Symbol:
    one = body.symbol(value)
    fill = body.symbol(constant_values, one.dtype)
    pads = np.array([w[0] for w in widths] + [w[1] for w in widths], dtype=np.int64)
    shape = tuple(n + sum(w) for n, w in zip(one.shape, widths, strict=True))
    names = (one.name, body.constant(pads), fill.name)
    return one.make("Pad", shape, one.dtype, one.batched, *names)


def _result_type(body: Body, *values: object) -> np.dtype[np.generic]:
    kinds = [v.dtype if isinstance(v, Symbol) else v for v in map(take_out, values)]
    return np.result_type(*cast("list[npt.DTypeLike]", kinds))


def _reduce(method: Callable[..., Symbol], body: Body, value: object, **how: object) -> Symbol:
    return method(body.symbol(value), **how)


def _nan_to_num(body: Body, value: object) -> Symbol:
    one = body.symbol(value)
    ends = np.finfo(np.float64)  # no other floats are traced
    return _where(body, _not_equal(body, one, one), 0.0, _clip(body, one, ends.min, ends.max))


def _log1p(body: Body, value: object) -> Symbol:
    return _unary("Log", body, _add(body, value, 1.0))


def _not_equal(body: Body, left: object, right: object) -> Symbol:
    return _unary("Not", body, _compare("Equal", body, left, right))


UFUNCS: dict[str, Rule] = {
    "add": _add,
    "subtract": partial(_binary, "Sub"),
    "multiply": _multiply,
    "divide": partial(_binary, "Div"),
    "floor_divide": _floor_divide,
    "left_shift": _left_shift,
    "right_shift": _right_shift,
    "bitwise_and": _and,
    "bitwise_or": partial(_binary, "Or"),
    "logical_not": partial(_unary, "Not"),
    "maximum": partial(_binary, "Max"),
    "minimum": partial(_binary, "Min"),
    "matmul": _matmul,
    "negative": partial(_unary, "Neg"),
    "absolute": partial(_unary, "Abs"),
    "sign": partial(_unary, "Sign"),
    "floor": partial(_unary, "Floor"),
    "ceil": partial(_unary, "Ceil"),
    "rint": partial(_unary, "Round"),
    "exp": partial(_unary, "Exp"),
    "log1p": _log1p,
    "sqrt": partial(_unary, "Sqrt"),
    "tanh": partial(_unary, "Tanh"),
    "equal": partial(_compare, "Equal"),
    "greater": partial(_compare, "Greater"),
    "greater_equal": partial(_compare, "GreaterOrEqual"),
    "less": partial(_compare, "Less"),
    "less_equal": partial(_compare, "LessOrEqual"),
    "not_equal": _not_equal,
}
FUNCTIONS: dict[str, Rule] = {
    "where": _where,
    "clip": _clip,
    "concatenate": _concatenate,
    "mean": partial(_reduce, Symbol.mean),
    "nan_to_num": _nan_to_num,
    "pad": _pad,
    "result_type": _result_type,
    "sum": partial(_reduce, Symbol.sum),
    "max": partial(_reduce, Symbol.max),
    "min": partial(_reduce, Symbol.min),
}
RULES = Rules(UFUNCS, FUNCTIONS, LAYOUTS)
