"""Pools over the trailing axes of a signal: sum, average, largest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from ..arithmetic.arithmetic import Arithmetic
from ..op.dimensions import Output
from ..op.fields import Extents, Padding
from ..op.op import Op
from ..param import Shape, StateValues, Unit, Values
from ..tensor import Tensors
from .window import extents, pad, windows


@dataclass(frozen=True)
class Pool(Op):
    """What the pools share; the kernel slides over the last `len(kernel)` axes.

    No output falls when an input rises (`monotone`): the largest is `step` of the largest inputs.
    """

    kernel: Extents
    stride: Extents
    padding: Padding

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        axes = len(self.kernel)
        if len(shapes[0]) < axes:
            raise ValueError(f"input {shapes[0]} has fewer axes than the kernel {self.kernel}")
        once = (1,) * axes
        size = shapes[0][len(shapes[0]) - axes :]
        counts = extents(size, self.kernel, self.stride, self.padding, once)
        return (*shapes[0][: len(shapes[0]) - axes], *counts)

    def patches(self, signal: Values, fill: int = 0) -> Values:
        """The windows, `[..., *positions, taps]`."""
        once = (1,) * len(self.kernel)
        view = windows(pad(signal, self.padding, fill), self.kernel, self.stride, once)
        return view.reshape(*view.shape[: view.ndim - len(self.kernel)], prod(self.kernel))

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        axes = len(self.kernel)
        unit = units[0]
        if unit.size > 1 and any(n > 1 for n in unit.shape[-axes:]):
            raise ValueError("the unit of its input varies within the axes that it pools")
        return unit


@dataclass(frozen=True)
class SumPool(Pool):
    """Sum over windows; zeros outside.

    y[p] = sum_k x[p stride + k - padding]

    input   any signal, shape [..., size...]
    output  its sums, shape [..., positions...]
    """

    keyword = "sum_pool"
    output = Output.SUMMED
    linear = True
    monotone = True

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        return {}, self.patches(inputs[0]).sum(axis=-1, dtype=inputs[0].dtype)


@dataclass(frozen=True)
class AvgPool(Pool):
    """Average over windows; zeros outside count (PyTorch: count_include_pad=True).

    y[p] = sum_k x[p stride + k - padding] / taps; in integers the sum, in a unit 1/taps as large

    input   any signal, shape [..., size...]
    output  its averages, shape [..., positions...]
    """

    keyword = "avg_pool"
    output = Output.AVERAGED
    linear = True
    monotone = True

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        total = self.patches(inputs[0]).sum(axis=-1, dtype=inputs[0].dtype)
        return {}, a.ratio(total, prod(self.kernel))

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        return super().unit(units, shapes, a) / prod(self.kernel)


@dataclass(frozen=True)
class MaxPool(Pool):
    """Largest value of each window; nothing outside counts.

    y[p] = max_k x[p stride + k - padding]

    input   any signal, shape [..., size...]
    output  its maxima, shape [..., positions...]
    """

    keyword = "max_pool"
    output = Output.MOVED
    monotone = True

    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        shape = super().infer(shapes, tensors)
        if any(max(pads) >= k for pads, k in zip(self.padding, self.kernel, strict=True)):
            raise ValueError(
                f"padding {self.padding} leaves windows of {self.kernel} without a value; "
                "it must be smaller than the kernel"
            )
        return shape

    def step(
        self, state: StateValues, inputs: Sequence[Values], a: Arithmetic
    ) -> tuple[StateValues, Values]:
        # Padding may not win: fill with the smallest value that occurs.
        fill = inputs[0].min() if inputs[0].size else 0
        return {}, self.patches(inputs[0], fill).max(axis=-1)
