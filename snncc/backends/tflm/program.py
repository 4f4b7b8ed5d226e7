"""Frozen values that say exactly which tensors and operators to write. Never: a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np

from snncc.ir import Decode, Quantity, Shape, Values
from snncc.ir import Tensor as Numbers
from snncc.projects import UNASKED, Delivery

DType: TypeAlias = Literal["int8", "int16", "int32", "int64", "bool", "resource"]
StateForm: TypeAlias = Literal["variables", "io"]
Options: TypeAlias = Mapping[str, int | str]
BYTES: Mapping[DType, int] = MappingProxyType(
    {"int8": 1, "int16": 2, "int32": 4, "int64": 8, "bool": 1, "resource": 4}
)
NO_OPTIONS: Options = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor of the model.

    Attributes:
        shape: with the batch axis, which is 1.
        constant: its numbers, which broadcast to the shape; None where operators write it.
    """

    name: str
    dtype: DType
    shape: Shape
    constant: Numbers | None = None

    @property
    def values(self) -> Values | None:
        """The numbers of a constant."""
        return None if self.constant is None else self.constant.values

    @property
    def bytes(self) -> int:
        """Bytes that its elements take."""
        return prod(self.shape) * BYTES[self.dtype]


@dataclass(frozen=True)
class Operator:
    """One operator; tensors by their place in the list.

    Attributes:
        code: name of the builtin operator, such as `FULLY_CONNECTED`.
        node: the network's node that it computes a part of; empty for variables.
    """

    code: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Options = field(default_factory=lambda: NO_OPTIONS)
    node: str = ""


@dataclass(frozen=True)
class Variable:
    """What a model remembers from tick to tick; zero before the first.

    Attributes:
        read: tensor that contains it during a tick.
        next: tensor that it becomes.
    """

    name: str
    read: int
    next: int


@dataclass(frozen=True)
class Port:
    """An input: codes of `format` for a sensor, 0 or 1 where it is None."""

    node: str
    tensor: int
    shape: Shape
    format: Quantity | None


@dataclass(frozen=True)
class Readout:
    """A wire, by its text, and the int32 tensor `[1, *shape]` that holds it."""

    text: str
    tensor: int
    shape: Shape


@dataclass(frozen=True, eq=False)
class Program:
    """A lowered network: one tick, as a list of operators.

    Attributes:
        outputs: what the shipped model puts out.
        traced: every wire that a build for comparison can put out.
        delivery: how it is handed over.
    """

    name: str
    tick: float
    decode: Decode
    state: StateForm
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    ports: tuple[Port, ...]
    variables: tuple[Variable, ...]
    outputs: tuple[Readout, ...]
    traced: tuple[Readout, ...]
    delivery: Delivery = UNASKED


@dataclass(frozen=True, eq=False)
class Model:
    """What a .tflite file contains: nothing but what its outputs need.

    Attributes:
        inputs: ports in order, then states where they are inputs.
        outputs: readouts in order, then states where they are outputs.
        variables: resource variables; empty where states are inputs and outputs.
    """

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    variables: tuple[Variable, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The kinds of operators that occur, sorted."""
        return tuple(sorted({operator.code for operator in self.operators}))


def as_array(tensor: Tensor) -> Values:
    """A constant in the type that it is stored in, shape `tensor.shape`."""
    assert tensor.constant is not None
    values = np.broadcast_to(tensor.constant.values, tensor.shape)
    return values.astype(tensor.dtype, copy=False)
