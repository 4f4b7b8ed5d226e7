"""Graph: the tensors and operators written so far, and signals: tensors with proven ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from snncc.backends import suggest_cure
from snncc.ir import LoweringRefused, Node, Shape, Values
from snncc.ir import Tensor as Numbers

from ..program import NO_OPTIONS, DType, Operator, Options, Tensor
from ..rules import CURES, RULES
from ..schema import TYPES
from ..target import HALVES_MAX, INT16, JOINED_MAX, TURNS_MAX


def refusal(rule: str, node: Node, message: str) -> LoweringRefused:
    """The refusal of a node by a rule of this target."""
    assert rule in RULES, f"unknown rule id {rule}"
    return LoweringRefused(node.problem(rule, message, suggest_cure(node, CURES[rule])))


@dataclass(frozen=True, eq=False)
class Signal:
    """The tensor of a wire of the network, and the range that its codes are proven to have.

    Attributes:
        shape: of the wire, per sample.
        image: whether the tensor is `[1, height, width, channels]`, as convolutions take it, while
            the wire is `[channels, width]` or `[channels, height, width]`; else `[1, *shape]`.
        low, high: int64, broadcastable to the tensor's shape.
    """

    tensor: int
    shape: Shape
    dtype: DType
    low: Values
    high: Values
    image: bool = False

    @property
    def laid(self) -> Shape:
        """Shape of the tensor."""
        return compute_layout(self.shape, self.image)

    @property
    def narrow(self) -> bool:
        """Whether every code fits 16 bits."""
        return bool(np.all(self.low >= INT16[0]) and np.all(self.high <= INT16[1]))


def compute_layout(shape: Shape, image: bool) -> Shape:
    """Shape of the tensor that contains a wire of this shape."""
    if not image:
        return (1, *shape) if shape else (1, 1)
    height = shape[1] if len(shape) == 3 else 1
    return (1, height, shape[-1], shape[0])


def lay_out(values: Values, shape: Shape, image: bool) -> Values:
    """Values that broadcast to `shape`, as they lie in the tensor of such a wire."""
    whole = np.broadcast_to(values, shape)
    if image:
        whole = np.moveaxis(whole.reshape(shape[0], -1, shape[-1]), 0, -1)
    return whole.reshape(compute_layout(shape, image))


@dataclass
class Graph:
    """The tensors and operators written so far; constants and conversions are written once."""

    tensors: list[Tensor] = field(default_factory=list[Tensor])
    operators: list[Operator] = field(default_factory=list[Operator])
    known: dict[tuple[object, ...], int] = field(default_factory=dict[tuple[object, ...], int])
    forms: dict[tuple[int, object], Signal] = field(
        default_factory=dict[tuple[int, object], Signal]
    )
    node: str = ""

    def tensor(self, dtype: DType, shape: Shape, name: str = "") -> int:
        """A new tensor that some operator writes."""
        self.tensors.append(Tensor(name or f"{self.node}_{len(self.tensors)}", dtype, shape))
        return len(self.tensors) - 1

    def constant(self, values: Values, dtype: DType) -> int:
        """A constant tensor of the shape of `values`; an equal one is not doubled."""
        numbers = Numbers(np.asarray(values).astype(dtype))
        key = (dtype, numbers)
        if key not in self.known:
            self.known[key] = len(self.tensors)
            name = f"constant_{len(self.tensors)}"
            self.tensors.append(Tensor(name, dtype, numbers.shape, numbers))
        return self.known[key]

    def write(
        self,
        code: str,
        inputs: Sequence[int],
        dtype: DType,
        shape: Shape,
        options: Options = NO_OPTIONS,
    ) -> int:
        """The tensor that one more operator writes."""
        result = self.tensor(dtype, shape)
        self.operators.append(Operator(code, tuple(inputs), (result,), options, self.node))
        return result

    # --- other forms of a signal ---------------------------------------------------------------

    def cast(self, signal: Signal, dtype: DType) -> Signal:
        """The same codes in another type, which must hold them."""
        if signal.dtype == dtype:
            return signal
        if (signal.tensor, dtype) not in self.forms:
            assert dtype != "int16" or signal.narrow, "CAST to int16 would wrap"
            tensor = self._convert(signal.tensor, dtype)
            low, high = signal.low, signal.high
            cast = Signal(tensor, signal.shape, dtype, low, high, signal.image)
            self.forms[signal.tensor, dtype] = cast
        return self.forms[signal.tensor, dtype]

    def move_channels(self, signal: Signal, image: bool, node: Node) -> Signal:
        """The same signal with its channels last, or in the wire's own order.

        Raises:
            LoweringRefused: T006, the wire is not an image, or needs all of 32 bits.
        """
        if signal.image == image:
            return signal
        key = (signal.tensor, ("image", image))
        if key in self.forms:
            return self.forms[key]
        axes = (2, 3) if image else (1, 2, 3)
        if len(signal.shape) not in axes:
            raise refusal("T006", node, f"a signal of shape {signal.shape} is not an image")
        channels, places = signal.shape[0], prod(signal.shape[1:])
        rows, columns = (channels, places) if image else (places, channels)
        tensor, dtype = signal.tensor, signal.dtype
        if min(rows, columns) > 1 and signal.narrow:
            tensor, dtype = self.cast(signal, "int16").tensor, "int16"
            tensor = self.reshape(tensor, dtype, (rows, columns))
            order = self.constant(np.asarray((1, 0)), "int32")
            tensor = self.write("TRANSPOSE", (tensor, order), dtype, (columns, rows))
        elif min(rows, columns) > 1:
            tensor = self._turn(signal, rows, columns, node)
        tensor = self.reshape(tensor, dtype, compute_layout(signal.shape, image))
        low, high = (self._lay_out_again(v, signal, image) for v in (signal.low, signal.high))
        self.forms[key] = Signal(tensor, signal.shape, dtype, low, high, image)
        return self.forms[key]

    def permute(self, signal: Signal, order: Shape, node: Node) -> tuple[int, Signal]:
        """The signal's tensor with the axes of the wire in another order, and what was turned.

        Raises:
            LoweringRefused: T006, its codes need all of 32 bits.
        """
        row = self.cast(signal, "int16") if signal.narrow else signal
        self._halves_fit(row, node)
        axes = (0, *(axis + 1 for axis in order))
        return self._transpose(row.tensor, axes), row

    def is_movable(self, signal: Signal) -> bool:
        """Whether the signal can be laid out in the wire's own order."""
        fewest = min(signal.shape[0], prod(signal.shape[1:])) if signal.image else 1
        return signal.narrow or fewest <= TURNS_MAX or _worst(signal) <= HALVES_MAX

    def _turn(self, signal: Signal, rows: int, columns: int, node: Node) -> int:
        """A transposed matrix of 32 bits: row by row, column by column, or in halves.

        Raises:
            LoweringRefused: T006, there are too many of both, and its codes need all of 32 bits.
        """
        whole = self.reshape(signal.tensor, "int32", (rows, columns))
        if min(rows, columns) > TURNS_MAX:
            self._halves_fit(signal, node)
            return self._transpose(whole, (1, 0))
        if rows <= columns:
            parts = [self.cut(whole, (row, 0), (1, columns)) for row in range(rows)]
            return self.join([self.reshape(p, "int32", (columns, 1)) for p in parts], 1)
        parts = [self.cut(whole, (0, column), (rows, 1)) for column in range(columns)]
        return self.join([self.reshape(p, "int32", (1, rows)) for p in parts], 0)

    def _halves_fit(self, signal: Signal, node: Node) -> None:
        if not signal.narrow and _worst(signal) > HALVES_MAX:
            message = (
                f"its codes reach {_worst(signal):,}, and to lay them out again they may reach "
                f"{HALVES_MAX:,}, as TRANSPOSE has no kernel for 32 bits; use --state-bits 16"
            )
            raise refusal("T006", node, message)

    def _transpose(self, tensor: int, axes: Shape) -> int:
        """TRANSPOSE, which has 16 bits only: 32 are turned as two halves.

        With l the lower 16 bits as a signed number, x - l is a multiple of 2**16, and what it is a
        multiple by fits 16 bits too.
        """
        dtype, shape = self.tensors[tensor].dtype, self.tensors[tensor].shape
        after = tuple(shape[axis] for axis in axes)
        order = self.constant(np.asarray(axes), "int32")
        if dtype == "int16":
            return self.write("TRANSPOSE", (tensor, order), dtype, after)
        sums: Options = {"pot_scale_int16": 0}
        unit = self.constant(np.full((1,) * len(shape), 1 << 16), "int32")
        lower = self._convert(tensor, "int16")
        rest = self.write("SUB", (tensor, self._convert(lower, "int32")), "int32", shape, sums)
        upper = self._convert(self.write("DIV", (rest, unit), "int32", shape), "int16")
        turned = [self._convert(self._transpose(k, axes), "int32") for k in (upper, lower)]
        scaled = self.write("MUL", (turned[0], unit), "int32", after)
        return self.write("ADD", (scaled, turned[1]), "int32", after, sums)

    def _convert(self, tensor: int, dtype: DType) -> int:
        """CAST; to 16 bits it keeps the lower ones: a static_cast in C++ (cast.cc)."""
        whole = self.tensors[tensor]
        types = {"in_data_type": TYPES[whole.dtype], "out_data_type": TYPES[dtype]}
        return self.write("CAST", (tensor,), dtype, whole.shape, types)

    def _lay_out_again(self, values: Values, signal: Signal, image: bool) -> Values:
        whole = np.broadcast_to(values, signal.laid)
        if image:
            return lay_out(whole[0], signal.shape, True)
        return np.moveaxis(whole, -1, 1).reshape(compute_layout(signal.shape, False))

    def reshape(self, tensor: int, dtype: DType, shape: Shape) -> int:
        """The same elements under another shape."""
        if self.tensors[tensor].shape == shape:
            return tensor
        target = self.constant(np.asarray(shape), "int32")
        return self.write("RESHAPE", (tensor, target), dtype, shape)

    def cut(self, tensor: int, begin: Shape, size: Shape) -> int:
        """The part of a tensor from `begin` on."""
        if self.tensors[tensor].shape == size:
            return tensor
        places = (self.constant(np.asarray(v), "int32") for v in (begin, size))
        return self.write("SLICE", (tensor, *places), self.tensors[tensor].dtype, size)

    def join(self, tensors: Sequence[int], axis: int) -> int:
        """Tensors one after the other along an axis."""
        while len(tensors) > JOINED_MAX:
            starts = range(0, len(tensors), JOINED_MAX)
            tensors = [self.join(tensors[k : k + JOINED_MAX], axis) for k in starts]
        if len(tensors) == 1:
            return tensors[0]
        shapes = [self.tensors[t].shape for t in tensors]
        total = sum(shape[axis] for shape in shapes)
        shape = (*shapes[0][:axis], total, *shapes[0][axis + 1 :])
        dtype = self.tensors[tensors[0]].dtype
        return self.write("CONCATENATION", tensors, dtype, shape, {"axis": axis})


def _worst(signal: Signal) -> int:
    return max(-int(signal.low.min()), int(signal.high.max()))
