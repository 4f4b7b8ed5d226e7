"""Ops that multiply a signal by stored weights: dense, block-diagonal, sparse, convolution."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from ..arithmetic.arithmetic import Arithmetic
from ..op.dimensions import Output
from ..op.fields import Bias, Extent, Extents, Indices, Padding, Weights
from ..op.op import Op
from ..param import Shape, StateValues, Unit, Values
from ..tensor import Tensors
from .window import extents, pad, windows


class Weighted(Op):
    """What all ops with weights share: bias, units and bounds.

    The unit of the output is that of the role `weight`; so a weight's code is
    weight x unit of the input / unit of the output, and a bias counts in the output's unit.
    """

    output = Output.CURRENT
    linear = True
    weight: Weights
    bias: Bias

    @abstractmethod
    def apply(self, signal: Values, weights: Values, tensors: Tensors) -> Values:
        """The linear map itself: `[samples, *input shape]` to `[samples, *output shape]`."""

    @abstractmethod
    def lay(self, unit_in: Unit, unit_out: Unit, tensors: Tensors) -> tuple[Unit, Unit]:
        """Both units, laid out so that they broadcast against the weights."""

    def spread(self, bias: Values) -> Values:
        """A bias tensor, laid out so that it broadcasts against the output."""
        return bias

    def gather(self, unit_out: Unit) -> Unit:
        """The output's unit, laid out so that it broadcasts against the bias tensor."""
        return unit_out

    def grain(self, shape: Shape) -> Shape:
        """Shape of the finest unit that an output of this shape can have: 1 where it is shared."""
        return shape

    def reach(self, magnitudes: Values, tensors: Tensors) -> Values:
        """Largest entry of `magnitudes` (laid out as the weights) for each output."""
        return np.asarray(np.max(magnitudes, axis=-1, initial=0.0))

    def bias_shape(self, tensors: Tensors) -> Shape:
        """Shape of a bias tensor: that of the weights without the axes of their inputs."""
        return tensors[self.weight.name].shape[:1]

    def collect(self, constant: Values) -> Values:
        """The bias tensor that adds `constant` `[*output shape]` to every output.

        Raises:
            ValueError: the constant varies along an axis along which a bias is shared.
        """
        return _rows(constant, -1)

    def weight_codes(self, a: Arithmetic) -> Values:
        """The weights in the arithmetic's numbers, in the layout of the tensor."""

        def make() -> Values:
            unit_in, unit_out = self.lay(a.input_unit(), a.unit_of("weight"), a.tensors)
            return a.weights(self.weight, "weight", unit_in, unit_out)

        return a.keep((self, "weight"), make)

    def bias_codes(self, a: Arithmetic) -> Values:
        """The bias in the arithmetic's numbers, broadcastable to the output; zeros if none."""
        bias = self.bias
        if bias is None:
            return a.zeros(())

        def make() -> Values:
            unit_out = self.gather(a.unit_of("weight"))
            return self.spread(a.weights(bias, "bias", np.ones(()), unit_out))

        return a.keep((self, "bias"), make)

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        def contract(signal: Values, weights: Values) -> Values:
            return self.apply(signal, weights, a.tensors)

        total = a.contract(contract, inputs[0], self.weight_codes(a))
        return {}, total if self.bias is None else total + self.bias_codes(a)

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        unit = a.unit_of("weight")
        self.lay(units[0], unit, a.tensors)  # refuses units that vary where weights are shared
        if self.bias is not None and not np.array_equal(a.unit_of("bias"), unit):
            raise ValueError("the bias does not count in the unit of the weights")
        return unit

    def bound(
        self, lows: Sequence[Values], highs: Sequence[Values], shape: Shape, a: Arithmetic
    ) -> tuple[Values, Values]:
        weights, bias = self.weight_codes(a), self.bias_codes(a)
        up, down = np.maximum(weights, 0), np.minimum(weights, 0)
        low = self.apply(lows[0], up, a.tensors) + self.apply(highs[0], down, a.tensors)
        high = self.apply(highs[0], up, a.tensors) + self.apply(lows[0], down, a.tensors)
        return low + bias, high + bias

    def count_products(
        self, active: Sequence[Values], a: Arithmetic, *, skip_zeros: bool = False
    ) -> float:
        codes = self.weight_codes(a)
        used = (codes != 0).astype(np.float64) if skip_zeros else np.ones(codes.shape)
        return float(self.apply(active[0].sum(axis=0, keepdims=True), used, a.tensors).sum())

    def count_dense_products(self, shapes: Sequence[Shape], tensors: Tensors) -> int:
        weights = prod(tensors[self.weight.name].shape)
        # Each row of weights, which shares a bias, serves every place of the output alike.
        return prod(self.infer(shapes, tensors)) * weights // max(1, prod(self.bias_shape(tensors)))


def _reduce_unit(unit: Unit, axis: int, size: int) -> Unit:
    """A unit that varies along one axis only, as a vector of that axis; a scalar stays one."""
    vector = _vector(unit, axis)
    return np.broadcast_to(vector, (size,)) if vector.ndim else vector


def _vector(values: Values, axis: int) -> Values:
    """Values that vary along one axis at most, as a vector of that axis or a scalar.

    Raises:
        ValueError: they vary along another axis.
    """
    if values.size == 1:
        return values.reshape(())
    if values.ndim < -axis:
        raise ValueError("one weight serves several places that differ")
    return _rows(values, axis)


def _rows(values: Values, axis: int) -> Values:
    """Values that vary along one axis only, as a vector of that axis."""
    rows = np.moveaxis(values, axis, -1).reshape(-1, values.shape[axis])
    if not np.all(rows == rows[0]):
        raise ValueError("one weight serves several places that differ")
    return np.asarray(rows[0])


def _expect(found: object, expected: object, what: str) -> None:
    if found != expected:
        raise ValueError(f"{what} is {found}, expected {expected}")


@dataclass(frozen=True)
class Dense(Weighted):
    """Fully connected synapses on the last axis; leading axes share the weights.

    y[..., o] = sum_i weight[o, i] x[..., i] + bias[o]

    input   any signal, shape [..., in]
    output  current, shape [..., out]
    roles   weight (its unit is the output's), bias
    """

    keyword = "dense"
    weight: Weights
    bias: Bias = None

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        weight = tensors[self.weight.name].shape
        if len(weight) != 2 or not shapes[0] or shapes[0][-1] != weight[1]:
            raise ValueError(f"weight {self.weight} is {weight} [out, in]; input is {shapes[0]}")
        if self.bias is not None:
            _expect(tensors[self.bias.name].shape, weight[:1], f"the shape of {self.bias}")
        return (*shapes[0][:-1], weight[0])

    def apply(self, signal: Values, weights: Values, tensors: Tensors) -> Values:
        return signal @ weights.T

    def grain(self, shape: Shape) -> Shape:
        return (*(1,) * (len(shape) - 1), shape[-1])

    def lay(self, unit_in: Unit, unit_out: Unit, tensors: Tensors) -> tuple[Unit, Unit]:
        rows, columns = tensors[self.weight.name].shape
        return _reduce_unit(unit_in, -1, columns), np.expand_dims(
            _reduce_unit(unit_out, -1, rows), -1
        )

    def gather(self, unit_out: Unit) -> Unit:
        return _vector(unit_out, -1)


@dataclass(frozen=True)
class BlockDense(Weighted):
    """Block-diagonal synapses: each block of the input has weights of its own.

    y[b, o] = sum_i weight[b, o, i] x[b, i] + bias[b, o]

    input   any signal, shape [blocks, in]
    output  current, shape [blocks, out]
    roles   weight (its unit is the output's), bias
    """

    keyword = "block_dense"
    weight: Weights
    bias: Bias = None

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        weight = tensors[self.weight.name].shape
        if len(weight) != 3 or shapes[0] != (weight[0], weight[2]):
            raise ValueError(
                f"weight {self.weight} is {weight} [blocks, out, in]; input is {shapes[0]}"
            )
        if self.bias is not None:
            _expect(tensors[self.bias.name].shape, weight[:2], f"the shape of {self.bias}")
        return weight[:2]

    def apply(self, signal: Values, weights: Values, tensors: Tensors) -> Values:
        return np.asarray(np.matmul(weights, signal[..., None])[..., 0])

    def lay(self, unit_in: Unit, unit_out: Unit, tensors: Tensors) -> tuple[Unit, Unit]:
        blocks, rows, columns = tensors[self.weight.name].shape
        unit_in = np.broadcast_to(unit_in, (blocks, columns))[:, None, :]
        return unit_in, np.broadcast_to(unit_out, (blocks, rows))[..., None]

    def bias_shape(self, tensors: Tensors) -> Shape:
        return tensors[self.weight.name].shape[:2]

    def collect(self, constant: Values) -> Values:
        return constant


@dataclass(frozen=True)
class Sparse(Weighted):
    """Synapses given one by one; several between the same two neurons add up.

    y[rows[k]] += weight[k] x[columns[k]]

    input   any signal, shape [in]
    output  current, shape [size]
    roles   weight (its unit is the output's), bias
    """

    keyword = "sparse"
    weight: Weights
    rows: Indices
    columns: Indices
    size: Extent
    bias: Bias = None

    def _indices(self, tensors: Tensors) -> tuple[Values, Values]:
        return tensors[self.rows.name].values, tensors[self.columns.name].values

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        rows, columns = self._indices(tensors)
        _expect(len(shapes[0]), 1, "the number of axes of the input")
        limits = (("rows", rows, self.size), ("columns", columns, shapes[0][0]))
        for what, index, limit in limits:
            _expect(index.shape, tensors[self.weight.name].shape, f"the shape of its {what}")
            _expect(index.ndim, 1, f"the number of axes of its {what}")
            if index.dtype.kind not in "iu" or np.any((index < 0) | (index >= limit)):
                raise ValueError(f"its {what} are integers from 0 to {limit - 1}")
        if self.bias is not None:
            _expect(tensors[self.bias.name].shape, (self.size,), f"the shape of {self.bias}")
        return (self.size,)

    def apply(self, signal: Values, weights: Values, tensors: Tensors) -> Values:
        rows, columns = self._indices(tensors)
        out = np.zeros((self.size, len(signal)), dtype=np.result_type(signal, weights))
        np.add.at(out, rows, (signal[:, columns] * weights).T)
        return out.T

    def lay(self, unit_in: Unit, unit_out: Unit, tensors: Tensors) -> tuple[Unit, Unit]:
        rows, columns = self._indices(tensors)
        unit_in = unit_in[columns] if unit_in.size > 1 else unit_in
        return unit_in, unit_out[rows] if unit_out.size > 1 else unit_out

    def reach(self, magnitudes: Values, tensors: Tensors) -> Values:
        largest = np.zeros(self.size)
        np.maximum.at(largest, self._indices(tensors)[0], magnitudes)
        return largest

    def bias_shape(self, tensors: Tensors) -> Shape:
        return (self.size,)


@dataclass(frozen=True)
class Conv(Weighted):
    """Convolution as PyTorch counts it (a cross-correlation), over one or two axes.

    y[o, p] = sum_{i, k} weight[o, i, k] x[g(o) + i, p stride + k dilation - padding] + bias[o]

    input   any signal, shape [in channels, length] or [in channels, height, width]
    output  current, shape [out channels, ...]
    roles   weight (its unit is the output's: one per out channel at most), bias
    """

    keyword = "conv"
    weight: Weights
    stride: Extents
    padding: Padding
    dilation: Extents
    groups: Extent
    bias: Bias = None

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        weight = tensors[self.weight.name].shape
        if len(weight) not in (3, 4) or len(shapes[0]) != len(weight) - 1:
            raise ValueError(
                f"weight {self.weight} is {weight}, expected [out, in/groups, kernel...]; "
                f"input is {shapes[0]}, expected [in, size...]"
            )
        if self.groups < 1 or weight[0] % self.groups or shapes[0][0] != weight[1] * self.groups:
            raise ValueError(
                f"{shapes[0][0]} input channels and {weight[0]} output channels do not make "
                f"{self.groups} groups with {weight[1]} inputs each"
            )
        if self.bias is not None:
            _expect(tensors[self.bias.name].shape, weight[:1], f"the shape of {self.bias}")
        size, kernel = shapes[0][1:], weight[2:]
        return weight[0], *extents(size, kernel, self.stride, self.padding, self.dilation)

    def apply(self, signal: Values, weights: Values, tensors: Tensors) -> Values:
        kernel = weights.shape[2:]
        view = windows(pad(signal, self.padding), kernel, self.stride, self.dilation)
        samples, positions = len(signal), view.shape[2 : 2 + len(kernel)]
        # One matrix product per sample and group: [positions, in x kernel] by [in x kernel, out].
        order = (0, *range(2, 2 + len(kernel)), 1, *range(2 + len(kernel), view.ndim))
        filters = weights.reshape(self.groups, weights.shape[0] // self.groups, -1)
        apart = (samples, *positions, self.groups, filters.shape[-1])
        patches = view.transpose(order).reshape(apart)
        if self.groups == 1:
            return np.moveaxis(patches[..., 0, :] @ filters[0].T, -1, 1)
        rows = np.moveaxis(patches, -2, 1).reshape(samples, self.groups, -1, filters.shape[-1])
        products = np.moveaxis(rows @ filters.transpose(0, 2, 1), -1, 2)
        return products.reshape(samples, len(weights), *positions)

    def lay(self, unit_in: Unit, unit_out: Unit, tensors: Tensors) -> tuple[Unit, Unit]:
        out, into = tensors[self.weight.name].shape[:2]
        axes = len(self.stride)
        ones = (1,) * axes
        unit_in = _reduce_unit(unit_in, -1 - axes, into * self.groups)
        if unit_in.ndim:
            grouped = unit_in.reshape(self.groups, 1, into)
            unit_in = np.repeat(grouped, out // self.groups, axis=1).reshape(out, into, *ones)
        return unit_in, self.gather(unit_out).reshape(-1, 1, *ones)

    def grain(self, shape: Shape) -> Shape:
        return (shape[0], *(1,) * (len(shape) - 1))

    def reach(self, magnitudes: Values, tensors: Tensors) -> Values:
        largest = np.max(magnitudes.reshape(len(magnitudes), -1), axis=1, initial=0.0)
        return self.spread(largest)

    def spread(self, bias: Values) -> Values:
        return bias.reshape(-1, *(1,) * len(self.stride))

    def gather(self, unit_out: Unit) -> Unit:
        return np.atleast_1d(_vector(unit_out, -1 - len(self.stride)))

    def collect(self, constant: Values) -> Values:
        return _rows(constant, -1 - len(self.stride))
