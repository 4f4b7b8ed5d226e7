"""Rules for operations of ATen in an exported program, by those of the ONNX ops they equal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

import numpy as np
import numpy.typing as npt

from snncc.frontends.recognition import Poly, scale_poly
from snncc.ir.ops import Dense

from .evaluate import ROWS, SAMPLES, Evaluation, Known, Row, Value

PASSED_ON = {
    "alias",
    "clone",
    "contiguous",
    "detach",
    "dropout",
    "lift_fresh_copy",
    "to",
    "_to_copy",
    "feature_dropout",
    "alpha_dropout",
}
"""Operations whose result is their first argument; a dropout, because the model is evaluated."""
CHECKS = {
    "_assert_tensor_metadata",
    "_assert_scalar",
    "sym_constrain_range_for_size",
    "_assert_async",
}
"""Operations that check and compute nothing."""
MAKERS = {
    "zeros",
    "ones",
    "full",
    "zeros_like",
    "ones_like",
    "full_like",
    "arange",
    "scalar_tensor",
}
"""Operations that make numbers; where a signal is their pattern they need only its shape."""
OF_NUMBERS = {
    "abs", "exp", "flip", "log", "pow", "reciprocal", "rsqrt", "sigmoid", "softplus", "sqrt", "sum",
    "tanh",
}  # fmt: skip
"""Operations that are done on parameters before a signal meets them, and on no signal."""
VIEWS = {
    "alias", "detach", "view", "_unsafe_view", "reshape", "flatten", "squeeze", "unsqueeze", "t",
    "numpy_T",
    "transpose", "permute", "select", "slice", "expand", "to", "contiguous", "narrow", "chunk",
    "split", "split_with_sizes", "unbind",
}  # fmt: skip
"""Operations whose result may share its memory with their argument."""

ATEN: dict[str, Row] = {}
"""Operations that are read where a signal goes in: name without overload → rule."""


def aten(*names: str) -> Callable[[Row], Row]:
    """Enters a rule, called with the evaluation and the operation's arguments."""

    def enter(rule: Row) -> Row:
        ATEN.update(dict.fromkeys(names, rule))
        return rule

    return enter


def _as(op: str, e: Evaluation, *values: object, **given: object) -> Value:
    return cast("Value", ROWS[op](e, given, *values))


for _name, _op in {
    "mul": "Mul", "div": "Div", "neg": "Neg", "gt": "Greater", "greater": "Greater",
    "ge": "GreaterOrEqual", "lt": "Less", "le": "LessOrEqual", "logical_not": "Not",
    "bitwise_not": "Not", "logical_and": "And", "bitwise_and": "And", "logical_or": "Or",
    "bitwise_or": "Or", "__and__": "And", "__or__": "Or", "where": "Where",
    "relu": "Relu", "maximum": "Max", "minimum": "Min", "matmul": "MatMul", "mm": "MatMul",
}.items():  # fmt: skip
    ATEN[_name] = partial(_as, _op)


@aten("add")
def _add(e: Evaluation, left: Value, right: Value, *, alpha: float = 1) -> Value:
    return _as("Add", e, left, _times(right, alpha))


@aten("sub")
def _sub(e: Evaluation, left: Value, right: Value, *, alpha: float = 1) -> Value:
    return _as("Sub", e, left, _times(right, alpha))


@aten("rsub")
def _rsub(e: Evaluation, left: Value, right: Value, alpha: float = 1) -> Value:
    return _as("Sub", e, right, _times(left, alpha))


def _times(value: Value, alpha: float) -> Value:
    if alpha == 1:
        return value
    return scale_poly(value, alpha) if isinstance(value, Poly) else value * alpha


@aten("clamp", "clip")
def _clamp(
    e: Evaluation, value: Value, low: Value | None = None, high: Value | None = None
) -> Value:
    return _as("Clip", e, value, low, high)


@aten("clamp_min")
def _clamp_min(e: Evaluation, value: Value, low: Value) -> Value:
    return _as("Clip", e, value, low)


@aten("linear")
def _linear(e: Evaluation, value: Poly, weight: Known, bias: Known | None = None) -> Value:
    ref = e.tensor(weight, "weight")
    return e.apply(Dense(ref, None if bias is None else e.tensor(bias, "bias")), value)


@aten("addmm")
def _addmm(e: Evaluation, bias: Value, value: Value, weight: Value) -> Value:
    return _as("Gemm", e, value, weight, bias)


@aten("t", "numpy_T")
def _t(e: Evaluation, value: Poly) -> Value:
    return _as("Transpose", e, value)


@aten("conv1d", "conv2d")
def _conv(
    e: Evaluation,
    value: Poly,
    weight: Known,
    bias: Known | None = None,
    stride: Sequence[int] = (1,),
    padding: Sequence[int] | str = (0,),
    dilation: Sequence[int] = (1,),
    groups: int = 1,
) -> Value:
    axes = weight.ndim - 2
    if isinstance(padding, str):
        raise e.refuse("a padding given as a word is not supported; state the numbers")
    return _as(
        "Conv", e, value, weight, bias,
        strides=_repeat(stride, axes), pads=_repeat(padding, axes) * 2,
        dilations=_repeat(dilation, axes), group=groups,
    )  # fmt: skip


def _repeat(numbers: Sequence[int], axes: int) -> list[int]:
    return [*numbers] * axes if len(numbers) == 1 else [*numbers]


@aten("max_pool1d", "max_pool2d")
def _max_pool(
    e: Evaluation,
    value: Poly,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    dilation: Sequence[int] = (1,),
    ceil: bool = False,
) -> Value:
    axes = len(value.shape) - 1
    size = _repeat(kernel, axes)
    return _as(
        "MaxPool", e, value, kernel_shape=size, strides=_repeat(stride, axes) or size,
        pads=_repeat(padding, axes) * 2, dilations=_repeat(dilation, axes), ceil_mode=int(ceil),
    )  # fmt: skip


@aten("avg_pool1d", "avg_pool2d")
def _avg_pool(
    e: Evaluation,
    value: Poly,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    ceil: bool = False,
    whole: bool = True,
    divisor: int | None = None,
) -> Value:
    axes = len(value.shape) - 1
    size = _repeat(kernel, axes)
    if divisor is not None:
        raise e.refuse("an average with a divisor of its own is not supported")
    return _as(
        "AveragePool", e, value, kernel_shape=size, strides=_repeat(stride, axes) or size,
        pads=_repeat(padding, axes) * 2, ceil_mode=int(ceil), count_include_pad=int(whole),
    )  # fmt: skip


@aten("adaptive_avg_pool1d", "adaptive_avg_pool2d")
def _adaptive(e: Evaluation, value: Poly, size: Sequence[int]) -> Value:
    if any(n != 1 for n in size):
        raise e.refuse("an adaptive average to more than one value is not supported")
    return _as("GlobalAveragePool", e, value)


@aten("batch_norm", "_native_batch_norm_legit_no_training")
def _batch_norm(
    e: Evaluation,
    value: Poly,
    weight: Known | None,
    bias: Known | None,
    mean: Known | None,
    variance: Known | None,
    training: bool = False,
    momentum: float = 0.1,
    epsilon: float = 1e-5,
    *_: object,
) -> Value:
    if training is True or mean is None or variance is None:
        raise e.refuse("batch norm is in training mode; export the model after model.eval()")
    gain = np.ones(mean.shape) if weight is None else weight
    shift = np.zeros(mean.shape) if bias is None else bias
    return _as("BatchNormalization", e, value, gain, shift, mean, variance, epsilon=epsilon)


@aten("flatten")
def _flatten(e: Evaluation, value: Poly, start: int = 0, end: int = -1) -> Value:
    rank = len(value.shape) + 1
    if start % rank == 0:
        raise e.refuse("a flatten mixes the samples of a batch")
    first, last = start % rank - 1, end % rank - 1
    size = int(np.prod(value.shape[first : last + 1], dtype=int))
    return e.reshape(value, (*value.shape[:first], size, *value.shape[last + 1 :]))


@aten("view", "reshape", "_unsafe_view")
def _view(e: Evaluation, value: Poly, shape: Sequence[int]) -> Value:
    return _as("Reshape", e, value, np.array(shape), allowzero=1)


@aten("squeeze")
def _squeeze(e: Evaluation, value: Poly, axes: int | Sequence[int] | None = None) -> Value:
    chosen = (axes,) if isinstance(axes, int) else axes
    whole = (1, *value.shape)
    if chosen is not None:
        chosen = [a for a in chosen if whole[a] == 1 and a % len(whole)]
    return _as("Squeeze", e, value, None if chosen is None else np.array(chosen, dtype=int))


@aten("unsqueeze")
def _unsqueeze(e: Evaluation, value: Poly, axis: int) -> Value:
    return _as("Unsqueeze", e, value, np.array([axis]))


@aten("permute")
def _permute(e: Evaluation, value: Poly, order: Sequence[int]) -> Value:
    return _as("Transpose", e, value, perm=[n % (len(value.shape) + 1) for n in order])


@aten("transpose")
def _transpose(e: Evaluation, value: Poly, one: int, two: int) -> Value:
    order = [*range(len(value.shape) + 1)]
    order[one], order[two] = order[two], order[one]
    return _as("Transpose", e, value, perm=order)


@aten("slice")
def _slice(
    e: Evaluation,
    value: Poly,
    axis: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Value:
    if axis % (len(value.shape) + 1) == 0 and not start and step == 1:
        return value  # all samples
    last = np.iinfo(np.int64).max if end is None else end
    places = (np.array([n]) for n in (start or 0, last, axis, step))
    return _as("Slice", e, value, *places)


@aten("select")
def _select(e: Evaluation, value: Poly, axis: int, index: int) -> Value:
    if axis % (len(value.shape) + 1) == 0:
        raise e.refuse("one sample is taken out of the batch")
    return e.move_values(value, lambda places: np.take(places, index, axis=axis))


@aten("cat", "concat")
def _cat(e: Evaluation, values: Sequence[Value], axis: int = 0) -> Value:
    return _as("Concat", e, *values, axis=axis)


@aten("chunk")
def _chunk(e: Evaluation, value: Poly, parts: int, axis: int = 0) -> Value:
    return _as("Split", e, value, axis=axis, outputs=parts)


@aten("split_with_sizes")
def _split(e: Evaluation, value: Poly, sizes: Sequence[int], axis: int = 0) -> Value:
    return _as("Split", e, value, np.array(sizes), axis=axis, outputs=len(sizes))


@aten("expand")
def _expand(e: Evaluation, value: Poly, shape: Sequence[int], **_: object) -> Value:
    whole = (1, *value.shape)
    padded = (1,) * (len(shape) - len(whole)) + whole
    wanted = [1, *(p if n == SAMPLES else n for n, p in zip(shape, padded, strict=True))][1:]
    return _as("Expand", e, value, np.array([1, *wanted[1:]]))


@aten("mean")
def _mean(
    e: Evaluation,
    value: Poly,
    axes: Sequence[int] | None = None,
    keep: bool = False,
    **_: object,
) -> Value:
    named = None if axes is None else np.array(axes)
    return _as("ReduceMean", e, value, named, keepdims=int(keep))


@aten("sym_size")
def _size(e: Evaluation, value: Poly, axis: int) -> Known:
    whole: npt.NDArray[np.int64] = np.array([SAMPLES, *value.shape])
    return np.asarray(whole[axis])
