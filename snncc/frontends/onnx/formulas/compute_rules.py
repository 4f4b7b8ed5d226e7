"""Rules for the standard ops that compute: arithmetic, comparisons, synapses, pools.

Those that only move values are in `layout_rules.py`, those of ATen in `aten_rules.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod

import numpy as np

from snncc.frontends.recognition import Poly, add, multiply, of_numbers, scale_poly
from snncc.ir import Shape
from snncc.ir.ops import AvgPool, Conv, Dense, MaxPool, Relu

from .evaluate import Attributes, Evaluation, Known, Value, row

# --- element by element -----------------------------------------------------------------------


def _level(e: Evaluation, *values: Value) -> list[Poly]:
    """Signals of one shape: that to which all of them broadcast."""
    live = [v.shape for v in values if isinstance(v, Poly)]
    rank = max(map(len, live))
    known = [e.strip_samples(v, (1,) * rank).shape for v in values if not isinstance(v, Poly)]
    padded = [(*(1,) * (rank - len(s)), *s) if len(s) < rank else s for s in live]
    try:
        shape = np.broadcast_shapes(*padded, *known)
    except ValueError as error:
        raise e.refuse(f"shapes {live} and {known} do not meet") from error
    return [_spread(e, v, shape) for v in values]


def _spread(e: Evaluation, value: Value, shape: Shape) -> Poly:
    if isinstance(value, Poly) and len(value.shape) < len(shape):
        raise e.refuse(f"a signal of shape {value.shape} meets one of {shape}: the samples mix")
    return e.signal(value, shape)


@row("Add", "Sum")
def _add(e: Evaluation, given: Attributes, *values: Value) -> Poly:
    total, *rest = _level(e, *values)
    for each in rest:
        total = add(total, each)
    return total


@row("Sub")
def _sub(e: Evaluation, given: Attributes, left: Value, right: Value) -> Poly:
    one, two = _level(e, left, right)
    return add(one, scale_poly(two, -1))


@row("Mul")
def _mul(e: Evaluation, given: Attributes, left: Value, right: Value) -> Poly:
    return multiply(*_level(e, left, right))


@row("Div")
def _div(e: Evaluation, given: Attributes, left: Value, right: Value) -> Poly:
    if isinstance(right, Poly):
        raise e.refuse("a signal is divided by a signal")
    one, by = _level(e, left, right)
    return scale_poly(one, 1 / by.constant)


@row("Neg")
def _neg(e: Evaluation, given: Attributes, value: Poly) -> Poly:
    return scale_poly(value, -1)


@row("Identity", "Dropout")
def _same(e: Evaluation, given: Attributes, value: Poly, *how: Value | None) -> Poly:
    if len(how) > 1 and how[1] is not None and np.any(np.asarray(how[1])):
        raise e.refuse("dropout is left on; export the model after model.eval()")
    return value


@row("Cast")
def _cast(e: Evaluation, given: Attributes, value: Poly) -> Poly:
    # Numbers of signals are spikes, or floats that stay floats; anything else would be rounded.
    if given["to"] not in (1, 11) and not value.whole:
        raise e.refuse("a real signal is cast to integers")
    return value


def _compare(sign: int, strict: bool, e: Evaluation, _: Attributes, a: Value, b: Value) -> Poly:
    one, two = _level(e, a, b)
    return e.atoms.fire(scale_poly(add(one, scale_poly(two, -1)), sign), strict, e.origin)


row("Greater")(partial(_compare, 1, True))
row("GreaterOrEqual")(partial(_compare, 1, False))
row("Less")(partial(_compare, -1, True))
row("LessOrEqual")(partial(_compare, -1, False))


@row("Not")
def _not(e: Evaluation, given: Attributes, flags: Poly) -> Poly:
    return add(of_numbers(1.0, flags.shape), scale_poly(flags, -1))


@row("And")
def _and(e: Evaluation, given: Attributes, left: Value, right: Value) -> Poly:
    return multiply(*_level(e, left, right))


@row("Or")
def _or(e: Evaluation, given: Attributes, left: Value, right: Value) -> Poly:
    one, two = _level(e, left, right)
    return add(add(one, two), scale_poly(multiply(one, two), -1))


@row("Where")
def _where(e: Evaluation, given: Attributes, flags: Value, left: Value, right: Value) -> Poly:
    choice, one, two = _level(e, flags, left, right)
    return add(two, multiply(choice, add(one, scale_poly(two, -1))))


@row("Relu")
def _relu(e: Evaluation, given: Attributes, value: Poly) -> Poly:
    return e.apply(Relu(), value)


@row("Max")
def _max(e: Evaluation, given: Attributes, left: Value, right: Value) -> Poly:
    return _take_maximum(e, left, right)


@row("Min")
def _min(e: Evaluation, given: Attributes, left: Value, right: Value) -> Poly:
    return _take_minimum(e, left, right)


def _take_maximum(e: Evaluation, left: Value, right: Value) -> Poly:
    one, two = _level(e, left, right)
    return add(two, e.apply(Relu(), add(one, scale_poly(two, -1))))


def _take_minimum(e: Evaluation, left: Value, right: Value) -> Poly:
    one, two = _level(e, left, right)
    return add(two, scale_poly(e.apply(Relu(), add(two, scale_poly(one, -1))), -1))


@row("Clip")
def _clip(e: Evaluation, given: Attributes, value: Poly, *ends: Value | None) -> Poly:
    low, high = (*ends, None, None)[:2]
    raised = value if low is None else _take_maximum(e, value, low)
    return raised if high is None else _take_minimum(e, raised, high)


@row("BatchNormalization")
def _batch_norm(e: Evaluation, given: Attributes, value: Poly, *stats: Known) -> Poly:
    if given.get("training_mode", 0):
        raise e.refuse("batch norm is in training mode; export the model after model.eval()")
    gain, shift, mean, variance = stats
    scale = gain / np.sqrt(variance + given.get("epsilon", 1e-5))
    along = (-1, *(1,) * (len(value.shape) - 1))
    offset = (shift - mean * scale).reshape(along)
    return add(scale_poly(value, scale.reshape(along)), of_numbers(offset, value.shape))


# --- synapses ---------------------------------------------------------------------------------


def _weights(e: Evaluation, weight: Value) -> Known:
    if isinstance(weight, Poly):
        raise e.refuse("a signal is multiplied by a signal as a matrix")
    return weight


@row("MatMul")
def _matmul(e: Evaluation, given: Attributes, left: Value, right: Value) -> Poly:
    weight = _weights(e, right)
    if not isinstance(left, Poly) or weight.ndim != 2 or not left.shape:
        raise e.refuse("only a signal times a matrix is supported, in this order")
    return e.apply(Dense(e.tensor(weight.T, "weight")), left)


@row("Gemm")
def _gemm(
    e: Evaluation, given: Attributes, value: Value, weight: Value, bias: Known | None = None
) -> Poly:
    numbers = _weights(e, weight)
    if not isinstance(value, Poly) or given.get("transA", 0) or len(value.shape) != 1:
        raise e.refuse("only a signal times a matrix is supported, in this order")
    alpha, beta = (float(given.get(name, 1.0)) for name in ("alpha", "beta"))
    laid = numbers if given.get("transB", 0) else numbers.T
    ref = e.tensor(laid if alpha == 1 else laid * alpha, "weight")
    if bias is None:
        return e.apply(Dense(ref), value)
    added = e.strip_samples(bias, (len(laid),))
    if added.shape != (len(laid),):
        added = np.broadcast_to(added, (len(laid),))
    return e.apply(Dense(ref, e.tensor(added if beta == 1 else added * beta, "bias")), value)


def _pads(e: Evaluation, given: Attributes, axes: int) -> tuple[tuple[int, int], ...]:
    if given.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise e.refuse("auto_pad is not supported; state the pads")
    pads = [int(n) for n in given.get("pads", [0] * 2 * axes)]
    return tuple(zip(pads[:axes], pads[axes:], strict=True))


def _read_axes(given: Attributes, name: str, axes: int) -> tuple[int, ...]:
    return tuple(int(n) for n in given.get(name, [1] * axes))


@row("Conv")
def _conv(
    e: Evaluation, given: Attributes, value: Value, weight: Value, bias: Known | None = None
) -> Poly:
    numbers = _weights(e, weight)
    axes = numbers.ndim - 2
    op = Conv(
        e.tensor(numbers, "weight"),
        _read_axes(given, "strides", axes),
        _pads(e, given, axes),
        _read_axes(given, "dilations", axes),
        int(given.get("group", 1)),
        None if bias is None else e.tensor(bias, "bias"),
    )
    return e.apply(op, e.signal(value))


def _pool(e: Evaluation, given: Attributes) -> tuple[Shape, Shape, tuple[tuple[int, int], ...]]:
    kernel = tuple(int(n) for n in given["kernel_shape"])
    if given.get("ceil_mode", 0) or set(_read_axes(given, "dilations", len(kernel))) != {1}:
        raise e.refuse("pools with ceil_mode or dilations are not supported")
    return kernel, _read_axes(given, "strides", len(kernel)), _pads(e, given, len(kernel))


@row("MaxPool")
def _max_pool(e: Evaluation, given: Attributes, value: Poly) -> Poly:
    return e.apply(MaxPool(*_pool(e, given)), value)


@row("AveragePool")
def _avg_pool(e: Evaluation, given: Attributes, value: Poly) -> Poly:
    kernel, stride, padding = _pool(e, given)
    if any(map(any, padding)) and not given.get("count_include_pad", 0):
        raise e.refuse("an average that leaves out the padding is not supported")
    return e.apply(AvgPool(kernel, stride, padding), value)


@row("GlobalAveragePool")
def _global(e: Evaluation, given: Attributes, value: Poly) -> Poly:
    size = value.shape[1:]
    return e.apply(AvgPool(size, size, ((0, 0),) * len(size)), value)


@row("ReduceMean")
def _mean(
    e: Evaluation, given: Attributes, value: Poly, axes: Known | Sequence[int] | None = None
) -> Poly:
    rank = len(value.shape) + 1
    named = given.get("axes", []) if axes is None else np.asarray(axes).tolist()
    chosen = sorted(int(a) % rank for a in named) or [*range(rank)]
    if chosen != [*range(chosen[0], rank)] or chosen[0] == 0:
        raise e.refuse("only a mean over the last axes of each sample is supported")
    size = value.shape[chosen[0] - 1 :]
    mean = e.apply(AvgPool(size, size, ((0, 0),) * len(size)), value)
    if given.get("keepdims", 1):
        return mean
    rest = value.shape[: chosen[0] - 1]
    assert prod(mean.shape) == prod(rest), "each window is the whole"
    return e.reshape(mean, rest)
