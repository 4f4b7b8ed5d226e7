"""Graph: the tensors and operators written so far, and signals: tensors with proven ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from snncc.ir import LoweringRefused, Node, Shape, Values

from .program import NO_OPTIONS, DType, Operator, Options, Tensor
from .schema import TYPES
from .target import INT16, RULES


def refused(rule: str, node: Node, message: str) -> LoweringRefused:
    """The refusal of a node by a rule of this target."""
    assert rule in RULES, f"unknown rule id {rule}"
    place = f"\n  origin: {node.origin}" if str(node.origin) else ""
    return LoweringRefused(f"{rule} %{node.name}: {message}{place}")


@dataclass(frozen=True, eq=False)
class Signal:
    """A tensor that holds a wire of the network, and the range that its codes are proven to have.

    Attributes:
        shape: of the wire, per sample.
        image: whether the tensor is `[1, height, width, channels]`, as convolutions want it, while
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
        return laid_shape(self.shape, self.image)

    @property
    def narrow(self) -> bool:
        """Whether every code fits 16 bits."""
        return bool(np.all(self.low >= INT16[0]) and np.all(self.high <= INT16[1]))


def laid_shape(shape: Shape, image: bool) -> Shape:
    """Shape of the tensor that holds a wire of this shape."""
    if not image:
        return (1, *shape) if shape else (1, 1)
    height = shape[1] if len(shape) == 3 else 1
    return (1, height, shape[-1], shape[0])


def laid(values: Values, shape: Shape, image: bool) -> Values:
    """Values that broadcast to `shape`, as they lie in the tensor of such a wire."""
    whole = np.broadcast_to(values, shape)
    if image:
        whole = np.moveaxis(whole.reshape(shape[0], -1, shape[-1]), 0, -1)
    return whole.reshape(laid_shape(shape, image))


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
        whole = np.ascontiguousarray(values, dtype=np.int64)
        key = (dtype, whole.shape, whole.tobytes())
        if key not in self.known:
            self.known[key] = len(self.tensors)
            name = f"constant_{len(self.tensors)}"
            self.tensors.append(Tensor(name, dtype, whole.shape, whole))
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
            types = {"in_data_type": TYPES[signal.dtype], "out_data_type": TYPES[dtype]}
            tensor = self.write("CAST", (signal.tensor,), dtype, signal.laid, types)
            low, high = signal.low, signal.high
            cast = Signal(tensor, signal.shape, dtype, low, high, signal.image)
            self.forms[signal.tensor, dtype] = cast
        return self.forms[signal.tensor, dtype]

    def moved(self, signal: Signal, image: bool, node: Node) -> Signal:
        """The same signal with its channels last, or in the wire's own order.

        Raises:
            LoweringRefused: T006, TRANSPOSE has no kernel for 32 bits.
        """
        if signal.image == image:
            return signal
        key = (signal.tensor, ("image", image))
        if key in self.forms:
            return self.forms[key]
        axes = (2, 3) if image else (1, 2, 3)
        if len(signal.shape) not in axes:
            raise refused("T006", node, f"a signal of shape {signal.shape} is no image")
        channels = signal.shape[0]
        before = (1, channels, *laid_shape(signal.shape, True)[1:3]) if image else signal.laid
        order = (0, 2, 3, 1) if image else (0, 3, 1, 2)
        after = tuple(before[axis] for axis in order)
        flat = sum(n > 1 for n in after) <= 1 or channels == 1
        tensor = signal.tensor
        if not flat:
            if not signal.narrow:
                message = (
                    f"its codes reach {_worst(signal):,} and must be laid out anew, but TRANSPOSE "
                    "has no kernel for 32 bits; use --state-bits 16"
                )
                raise refused("T006", node, message)
            tensor = self.cast(signal, "int16").tensor
            if image:
                tensor = self.reshape(tensor, "int16", before)
            places = self.constant(np.asarray(order), "int32")
            tensor = self.write("TRANSPOSE", (tensor, places), "int16", after)
        dtype = signal.dtype if flat else "int16"
        target = laid_shape(signal.shape, image)
        tensor = self.reshape(tensor, dtype, target)
        low, high = (self._relaid(v, signal, image) for v in (signal.low, signal.high))
        self.forms[key] = Signal(tensor, signal.shape, dtype, low, high, image)
        return self.forms[key]

    def _relaid(self, values: Values, signal: Signal, image: bool) -> Values:
        whole = np.broadcast_to(values, signal.laid)
        if image:
            return laid(whole[0], signal.shape, True)
        return np.moveaxis(whole, -1, 1).reshape(laid_shape(signal.shape, False))

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

    def joined(self, tensors: Sequence[int], axis: int) -> int:
        """Tensors one behind the other along an axis."""
        if len(tensors) == 1:
            return tensors[0]
        shapes = [self.tensors[t].shape for t in tensors]
        total = sum(shape[axis] for shape in shapes)
        shape = (*shapes[0][:axis], total, *shapes[0][axis + 1 :])
        dtype = self.tensors[tensors[0]].dtype
        return self.write("CONCATENATION", tensors, dtype, shape, {"axis": axis})


def _worst(signal: Signal) -> int:
    return max(-int(signal.low.min()), int(signal.high.max()))
