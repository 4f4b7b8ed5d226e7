"""What each operator computes, on arrays of this machine: many samples at once, no interpreter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from snncc.ir import Values

from ..program import DType, Model, Operator, Tensor, as_array
from ..schema import TYPES
from ..target import INT16

DTYPES: Mapping[int, DType] = {number: dtype for dtype, number in TYPES.items()}


@dataclass(frozen=True, eq=False)
class Executor:
    """A model whose states are inputs and outputs; every array has samples as its first axis."""

    model: Model

    def tick(self, inputs: Mapping[int, Values]) -> dict[int, Values]:
        """Tensor → `[samples, *shape]` after one run, from those of the model's inputs."""
        found = dict(inputs)
        for place, tensor in enumerate(self.model.tensors):
            if tensor.values is not None:
                found[place] = as_array(tensor)[None]
        for operator in self.model.operators:
            compute = KERNELS[operator.code]
            arguments = [found[place] for place in operator.inputs]
            target = self.model.tensors[operator.outputs[0]]
            found[operator.outputs[0]] = compute(arguments, operator, target)
        return found


Kernel = Callable[[list[Values], Operator, Tensor], Values]


def _pairwise(function: Callable[[Values, Values], Values]) -> Kernel:
    """A kernel on two signals; integers of 32 bits wrap in it as in C on every board."""
    return lambda inputs, operator, target: function(*_level(inputs))


def _level(inputs: list[Values]) -> tuple[Values, Values]:
    left, right = inputs
    axes = max(left.ndim, right.ndim)
    wide = [x.reshape(len(x), *(1,) * (axes - x.ndim), *x.shape[1:]) for x in (left, right)]
    return wide[0], wide[1]


def _divide(left: Values, right: Values) -> Values:
    """Truncated toward zero, in 64 bits: the magnitude of -2**31 is not a number of 32."""
    wide, by = left.astype(np.int64), right.astype(np.int64)
    return np.asarray(np.sign(wide) * (np.abs(wide) // by)).astype(np.int32)


def _cast(inputs: list[Values], operator: Operator, target: Tensor) -> Values:
    return inputs[0].astype(DTYPES[int(operator.options["out_data_type"])])


def _reshape(inputs: list[Values], operator: Operator, target: Tensor) -> Values:
    return inputs[0].reshape(-1, *target.shape)


def _gather(inputs: list[Values], operator: Operator, target: Tensor) -> Values:
    return np.asarray(inputs[0][0][inputs[1]])


def _slice(inputs: list[Values], operator: Operator, target: Tensor) -> Values:
    begin, size = (places[0].tolist() for places in inputs[1:])
    return inputs[0][(slice(None), *(slice(b, b + n) for b, n in zip(begin, size, strict=True)))]


def _take_slice(inputs: list[Values], operator: Operator, target: Tensor) -> Values:
    places = zip(*(each[0].tolist() for each in inputs[1:]), strict=True)
    return inputs[0][(slice(None), *(slice(*each) for each in places))]


def _concatenate(inputs: list[Values], operator: Operator, target: Tensor) -> Values:
    # What is made of constants alone is one sample, the same for all.
    samples = max(map(len, inputs))
    whole = [np.broadcast_to(each, (samples, *each.shape[1:])) for each in inputs]
    return np.concatenate(whole, axis=int(operator.options["axis"]) + 1)


def _transpose(inputs: list[Values], operator: Operator, target: Tensor) -> Values:
    return inputs[0].transpose(0, *(axis + 1 for axis in inputs[1][0].tolist()))


def _pad(inputs: list[Values], operator: Operator, target: Tensor) -> Values:
    fill = int(inputs[2].flat[0]) if len(inputs) > 2 else 0
    return np.pad(inputs[0], [(0, 0), *inputs[1][0].tolist()], constant_values=fill)


def _connect(inputs: list[Values], operator: Operator, target: Tensor) -> Values:
    signal, weights, bias = inputs
    return _saturate(signal.astype(np.float64) @ weights[0].T.astype(np.float64) + bias[0])


def _multiply(inputs: list[Values], operator: Operator, target: Tensor) -> Values:
    left, right = (each.astype(np.float64) for each in inputs)
    return _saturate(left @ right)


def _saturate(total: Values) -> Values:
    """Sums of products that stay below 2**53, where floats are exact; then as kernels clip."""
    return np.clip(total, *INT16).astype(np.int16)


def _windows(
    signal: Values, kernel: tuple[int, int], operator: Operator, target: Tensor, fill: int
) -> Values:
    """`[samples, 1, height, width, channels, *kernel]` of an image."""
    options = operator.options
    stride = int(options["stride_h"]), int(options["stride_w"])
    dilation = (
        int(options.get("dilation_h_factor", 1)),
        int(options.get("dilation_w_factor", 1)),
    )
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    pads = [(0, 0), (0, 0)]
    if not options["padding"]:
        sizes = zip(signal.shape[2:4], target.shape[1:3], stride, reach, strict=True)
        totals = [max((count - 1) * s + r - n, 0) for n, count, s, r in sizes]
        pads = [(total // 2, total - total // 2) for total in totals]
    whole = np.pad(signal, [(0, 0), (0, 0), *pads, (0, 0)], constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(whole, reach, axis=(2, 3))
    every = (slice(None, None, stride[0]), slice(None, None, stride[1]))
    taps = (slice(None, None, dilation[0]), slice(None, None, dilation[1]))
    return np.asarray(view[(slice(None), slice(None), *every, slice(None), *taps)])


def _convolve(inputs: list[Values], operator: Operator, target: Tensor) -> Values:
    signal, filters, bias = inputs
    kernel = filters.shape[2], filters.shape[3]
    view = _windows(signal.astype(np.float64), kernel, operator, target, 0)
    flat = np.moveaxis(filters[0], -1, 1).reshape(len(filters[0]), -1)  # [out, in x taps]
    patches = view.reshape(*view.shape[:4], -1)
    return _saturate(patches @ flat.T.astype(np.float64) + bias[0])


def _depthwise(inputs: list[Values], operator: Operator, target: Tensor) -> Values:
    signal, filters, bias = inputs
    kernel = filters.shape[2], filters.shape[3]
    view = _windows(signal.astype(np.float64), kernel, operator, target, 0)
    many = int(operator.options["depth_multiplier"])
    taps = np.moveaxis(filters[0, 0], -1, 0)  # [out, height, width]
    products = np.repeat(view, many, axis=4) * taps
    return _saturate(products.sum(axis=(-2, -1)) + bias[0])


def _largest(inputs: list[Values], operator: Operator, target: Tensor) -> Values:
    options = operator.options
    kernel = int(options["filter_height"]), int(options["filter_width"])
    view = _windows(inputs[0], kernel, operator, target, INT16[0])
    return np.asarray(view.max(axis=(-2, -1)))


KERNELS: Mapping[str, Kernel] = {
    "ADD": _pairwise(np.add),
    "BATCH_MATMUL": _multiply,
    "CAST": _cast,
    "CONCATENATION": _concatenate,
    "CONV_2D": _convolve,
    "DEPTHWISE_CONV_2D": _depthwise,
    "DIV": _pairwise(_divide),
    "FULLY_CONNECTED": _connect,
    "GATHER": _gather,
    "GREATER": _pairwise(np.greater),
    "GREATER_EQUAL": _pairwise(np.greater_equal),
    "LESS_EQUAL": _pairwise(np.less_equal),
    "MAXIMUM": _pairwise(np.maximum),
    "MAX_POOL_2D": _largest,
    "MINIMUM": _pairwise(np.minimum),
    "MUL": _pairwise(np.multiply),
    "PAD": _pad,
    "PADV2": _pad,
    "RESHAPE": _reshape,
    "SLICE": _slice,
    "STRIDED_SLICE": _take_slice,
    "SUB": _pairwise(np.subtract),
    "TRANSPOSE": _transpose,
}
