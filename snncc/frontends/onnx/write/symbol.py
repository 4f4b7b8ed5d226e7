"""Symbol: an array of a tick that is not there yet; numpy's functions on it become ONNX nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
from numpy.lib.mixins import NDArrayOperatorsMixin
from onnx import NodeProto, TensorProto, helper

from snncc.ir import LoweringRefused, Shape, Values

Index: TypeAlias = npt.NDArray[np.int64]
Attribute: TypeAlias = int | str | list[int] | TensorProto
INLINED = 1  # constants of more elements become inputs of the function


Rule: TypeAlias = Callable[..., object]
"""What a function of numpy becomes in ONNX: the body, then what numpy was given → a symbol."""


@dataclass(frozen=True)
class Rules:
    """What each function of numpy becomes when an op applies it to a symbol.

    Attributes:
        ufuncs: name of a ufunc → its rule.
        functions: name of any other function → its rule.
        layouts: names of functions that move values and change none; they need no rule.
    """

    ufuncs: Mapping[str, Rule]
    functions: Mapping[str, Rule]
    layouts: Set[str]


class Body:
    """The nodes of one function, and the arrays that it takes beside states and wires.

    Attributes:
        rules: for the functions of numpy that its symbols meet.
        nodes: in the order in which they compute.
        parameters: name of a further input of the function → its array.
        role: what an array met next is called.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.nodes: list[NodeProto] = []
        self.parameters: dict[str, Values] = {}
        self.role = "table"
        self._constants: dict[tuple[str, Shape, bytes], str] = {}

    def emit(self, op: str, inputs: Sequence[str], **attributes: Attribute) -> str:
        """Name of what a new node computes."""
        name = f"{op.lower()}{len(self.nodes)}"
        given: dict[str, Any] = dict(attributes)
        self.nodes.append(helper.make_node(op, list(inputs), [name], **given))
        return name

    def constant(self, values: npt.ArrayLike) -> str:
        """Name of numbers that belong to the body itself."""
        array = np.asarray(values)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            value = helper.make_tensor(
                "", helper.np_dtype_to_tensor_dtype(array.dtype), array.shape, array.tobytes(), True
            )
            self._constants[key] = self.emit("Constant", (), value=value)
        return self._constants[key]

    def parameter(self, name: str, values: Values) -> Symbol:
        """An array as a further input of the function."""
        n, chosen = 1, name
        while chosen in self.parameters and self.parameters[chosen] is not values:
            n += 1
            chosen = f"{name}{n}"
        self.parameters[chosen] = values
        return Symbol(self, chosen, values.shape, values.dtype, batched=False)

    def symbol(self, value: object, like: np.dtype[np.generic] | None = None) -> Symbol:
        """A symbol, an array or a number as a symbol; numbers take the dtype `like`."""
        value = take_out(value)
        if isinstance(value, Symbol):
            return value
        array = np.asarray(value)
        if array.size > INLINED:
            return self.parameter(self.role, array)
        if like is not None and array.ndim == 0 and array.dtype != bool:
            array = array.astype(like)
        return Symbol(self, self.constant(array), array.shape, array.dtype, batched=False)


def take_out(value: object) -> object:
    """A symbol that numpy has put into an array of no axes, taken out again."""
    if isinstance(value, np.ndarray) and value.dtype == object and value.ndim == 0:
        return cast("object", value[()])
    return value


class Symbol(NDArrayOperatorsMixin):
    """What stands for an array; functions that only move values are kept as one index.

    Attributes:
        shape: as numpy has it; where `batched`, the first axis is that of the samples and counts 1
            here, any number at run time.
    """

    def __init__(
        self,
        body: Body,
        name: str,
        shape: Shape,
        dtype: npt.DTypeLike,
        batched: bool,
        index: Index | None = None,
        base: Shape | None = None,
    ) -> None:
        self._body, self._name, self.batched = body, name, batched
        self.shape, self.dtype = tuple(shape), np.dtype(dtype)
        self._index, self._base = index, self.shape if base is None else base

    # --- what numpy asks ----------------------------------------------------------------------

    def __array__(self, dtype: object = None, copy: object = None) -> Values:
        """The symbol in an array of no axes: `np.asarray` may not look inside."""
        box = np.empty((), dtype=object)
        box[()] = self
        return box

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: object, **given: object
    ) -> object:
        rule = self._body.rules.ufuncs.get(ufunc.__name__)
        if rule is None or method != "__call__" or given:
            raise LoweringRefused(f"numpy.{ufunc.__name__} has no counterpart in ONNX here")
        return rule(self._body, *inputs)

    def __array_function__(
        self,
        func: Callable[..., object],
        types: object,
        args: Sequence[object],
        kwargs: dict[str, object],
    ) -> object:
        name, rules = func.__name__, self._body.rules
        if name in rules.layouts:
            return self.move(lambda index: func(index, *args[1:], **kwargs))
        if name not in rules.functions:
            raise LoweringRefused(f"numpy.{name} has no counterpart in ONNX here")
        return rules.functions[name](self._body, *args, **kwargs)

    def __bool__(self) -> bool:
        raise LoweringRefused("the op decides by a value, which ONNX cannot follow")

    def __hash__(self) -> int:
        return id(self)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: object) -> Symbol:
        at = take_out(key)
        if isinstance(at, Symbol):  # a table, read at places that are not known yet
            shape = (*at.shape, *self.shape[1:])
            return self.make("Gather", shape, self.dtype, at.batched, self.name, at.name, axis=0)
        return self.move(lambda index: index[cast("int", key)])

    @property
    def ndim(self) -> int:
        """Number of axes, that of the samples included."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements of one sample."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def T(self) -> Symbol:  # noqa: N802  # numpy's name
        """The axes in reverse order."""
        return self.move(np.transpose)

    def reshape(self, *shape: int | Sequence[int]) -> Symbol:
        """The same values under another shape."""
        return self.move(lambda index: index.reshape(*cast("tuple[int, ...]", shape)))

    def transpose(self, *axes: int | Sequence[int]) -> Symbol:
        """The axes in another order."""
        return self.move(lambda index: index.transpose(*cast("tuple[int, ...]", axes)))

    def astype(self, dtype: npt.DTypeLike) -> Symbol:
        """The same values as numbers of another type."""
        wanted = np.dtype(dtype)
        if wanted == self.dtype:
            return self
        to = helper.np_dtype_to_tensor_dtype(wanted)
        return self.make("Cast", self.shape, wanted, self.batched, self.name, to=to)

    def sum(self, axis: int, dtype: object = None, keepdims: bool = False) -> Symbol:
        """Sum along an axis, in the dtype that the symbol has."""
        return self._reduce("ReduceSum", axis, keepdims)

    def mean(self, axis: int, keepdims: bool = False) -> Symbol:
        """Mean along an axis."""
        total = self._reduce("ReduceSum", axis, keepdims)
        return cast("Symbol", total / np.asarray(self.shape[axis], dtype=self.dtype))

    def max(self, axis: int | None = None, keepdims: bool = False) -> Symbol:
        """Largest value along an axis, or of all samples."""
        return self._reduce("ReduceMax", axis, keepdims)

    def min(self, axis: int | None = None, keepdims: bool = False) -> Symbol:
        """Smallest value along an axis, or of all samples."""
        return self._reduce("ReduceMin", axis, keepdims)

    def _reduce(self, op: str, axis: int | None, keepdims: bool) -> Symbol:
        if axis is None:
            return self.make(op, (), self.dtype, False, self.name, keepdims=0)
        axis %= self.ndim
        axes = self._body.constant(np.array([axis]))
        kept = (1,) if keepdims else ()
        shape = (*self.shape[:axis], *kept, *self.shape[axis + 1 :])
        given = {"keepdims": int(keepdims)}
        return self.make(op, shape, self.dtype, self.batched, self.name, axes, **given)

    # --- what it becomes ----------------------------------------------------------------------

    def make(
        self,
        op: str,
        shape: Shape,
        dtype: npt.DTypeLike,
        batched: bool,
        *inputs: str,
        **attributes: Attribute,
    ) -> Symbol:
        """What a new node computes, as a symbol."""
        name = self._body.emit(op, inputs, **attributes)
        return Symbol(self._body, name, shape, dtype, batched)

    def move(self, move: Callable[[Index], object]) -> Symbol:
        """The values at other places; `move` shows it on an array of positions."""
        index = self._index
        if index is None:
            index = np.arange(self.size, dtype=np.int64).reshape(self.shape)
        places = np.asarray(move(index))
        if self.batched and (not places.ndim or places.shape[0] != 1):
            raise LoweringRefused("the op mixes samples, or drops their axis")
        base = self.shape if self._index is None else self._base
        return Symbol(self._body, self._name, places.shape, self.dtype, self.batched, places, base)

    @property
    def name(self) -> str:
        """Name of the value, with nodes for all moves so far."""
        if self._index is not None:
            places, self._index = self._index, None
            self._name = self._place(places)
            self._base = self.shape
        return self._name

    def _place(self, places: Index) -> str:
        line = places.ravel()
        size = int(np.prod(self._base, dtype=int))
        if np.array_equal(line, np.arange(size)):
            return self._name if self._base == self.shape else self._reshape(self._name)
        if self._swaps(places):
            return self._body.emit("Transpose", (self._name,), perm=[1, 0])
        lead = -1 if self.batched else size
        flat = self._body.constant(np.array([lead, size] if self.batched else [size]))
        straight = len(self._base) == 1 + self.batched
        name = self._name if straight else self._body.emit("Reshape", (self._name, flat))
        at = self._body.constant(line)
        name = self._body.emit("Gather", (name, at), axis=int(self.batched))
        return name if len(self.shape) == 1 + self.batched else self._reshape(name)

    def _swaps(self, places: Index) -> bool:
        size = int(np.prod(self._base, dtype=int))
        return (
            len(self._base) == 2
            and not self.batched
            and self.shape == self._base[::-1]
            and np.array_equal(places, np.arange(size).reshape(self._base).T)
        )

    def _reshape(self, name: str) -> str:
        shape = [-1, *self.shape[1:]] if self.batched else list(self.shape)
        return self._body.emit(
            "Reshape", (name, self._body.constant(np.array(shape, dtype=np.int64)))
        )
