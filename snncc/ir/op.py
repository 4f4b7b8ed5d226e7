"""Op, the base of everything a node can do, and the table of all ops; no op itself."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from .errors import RuleViolation
from .tensor import Tensors

if TYPE_CHECKING:
    from .arithmetic import Arithmetic

Shape: TypeAlias = tuple[int, ...]
Values: TypeAlias = npt.NDArray[Any]
"""Numbers of some arithmetic: float64, float32, int64 or, for spikes, small whole numbers."""
State: TypeAlias = Mapping[str, Values]
Unit: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ref:
    """A parameter that lives in the network's table of tensors; printed as `@name`."""

    name: str

    def __str__(self) -> str:
        return f"@{self.name}"


Param: TypeAlias = float | Ref
"""A parameter: one number for all neurons, or a tensor that broadcasts to the signal's shape."""


@dataclass(frozen=True, slots=True)
class Role:
    """One thing of an op that has a number format of its own.

    Attributes:
        name: what formats are keyed by, and what the text prints.
        factor: whether the format is a `Factor` (a multiplier) rather than a `Quantity`.
        optional: whether an integer network may go without (a bias that is not there).
    """

    name: str
    factor: bool = False
    optional: bool = False


OPS: dict[str, type[Op]] = {}


@dataclass(frozen=True)
class Op(ABC):
    """What a node computes in one tick: parameters, shape rule, semantics and text in one class.

    A subclass is a frozen dataclass whose fields are its parameters. It is entered in `OPS` under
    its keyword, and from it follow text form, parser, verifier, interpreter and docs page.

    Class attributes:
        keyword: the op's name in the text.
        arity: number of inputs, or None for one or more.
        roles: what a number format can be given to.
        linear: whether the output is an affine function of the one input (so that it may be
            folded into a neighbour, and bounds follow from it).
        held: role whose format gives the output's unit and range whatever the inputs are, if any.
    """

    keyword: ClassVar[str]
    arity: ClassVar[int | None] = 1
    roles: ClassVar[tuple[Role, ...]] = ()
    linear: ClassVar[bool] = False
    held: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        keyword = cls.__dict__.get("keyword")
        if keyword is None:
            return
        assert re.fullmatch(r"[a-z][a-z0-9_]*", keyword), f"'{keyword}' is no keyword"
        assert keyword not in OPS or OPS[keyword].__qualname__ == cls.__qualname__, (
            f"keyword '{keyword}' is taken by {OPS[keyword].__qualname__}"
        )
        OPS[keyword] = cls

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the states that the op carries from tick to tick; empty for most."""
        return ()

    @property
    def spiking(self) -> bool:
        """Whether the output counts spikes: whole numbers, unit 1 in every arithmetic."""
        return False

    def refs(self) -> dict[str, str]:
        """Field name → tensor name, for every parameter that lives in a tensor."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: v.name for k, v in found.items() if isinstance(v, Ref)}

    def with_fields(self, **fields: object) -> Self:
        """The same op with other values of some of its fields."""
        return replace(self, **fields)

    @abstractmethod
    def infer(self, shapes: Sequence[Shape], tensors: Tensors) -> Shape:
        """Shape of the output, per sample, from the shapes of the inputs.

        Raises:
            ValueError: the op does not accept these shapes; the text says what it expected.
        """

    def check(self, tensors: Tensors) -> None:  # noqa: B027  # most ops take any value
        """Refuses parameters out of range.

        Raises:
            ValueError: says which parameter, its value and the range.
        """

    def begin(self, shape: Shape, a: Arithmetic) -> State:
        """State before tick 0 for one sample of output shape `shape`; arrays broadcast to it."""
        return {}

    @abstractmethod
    def step(self, state: State, inputs: Sequence[Values], a: Arithmetic) -> tuple[State, Values]:
        """One tick: new state and output `[samples, *shape]` from the old state and the inputs.

        The one body serves float64, float32 and integers: `a` is the arithmetic.
        """

    def unit(self, units: Sequence[Unit], shapes: Sequence[Shape], a: Arithmetic) -> Unit:
        """Real value of one output code, broadcastable to the output's shape.

        Unless an op says otherwise all inputs count in the same unit and so does the output.

        Raises:
            ValueError: the inputs' units cannot meet in this op.
        """
        if not units:
            return np.ones(())
        if any(not same_unit(u, units[0], s) for u, s in zip(units, shapes, strict=True)):
            raise ValueError("its inputs count in different units")
        return units[0]

    def bound(
        self, lows: Sequence[Values], highs: Sequence[Values], shape: Shape, a: Arithmetic
    ) -> tuple[Values, Values]:
        """Smallest and largest output code, per element, for inputs within `lows` and `highs`.

        Arrays have shape `[1, *input shape]`. Right for every op that is monotonous in all of its
        inputs; others override it.
        """
        return self.step({}, lows, a)[1], self.step({}, highs, a)[1]


def same_unit(left: Unit, right: Unit, shape: Shape) -> bool:
    """Whether two units are equal for every element of a signal of this shape."""
    return np.array_equal(np.broadcast_to(left, shape), np.broadcast_to(right, shape))


def expect_params(op: Op, shape: Shape, tensors: Tensors) -> None:
    """Refuses parameters that do not broadcast to a signal of this shape.

    Raises:
        ValueError: names the parameter, its shape and that of the signal.
    """
    for name, tensor in op.refs().items():
        found = tensors[tensor].shape
        try:
            fits = np.broadcast_shapes(found, shape) == shape
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(f"{name} is {found}, which does not broadcast to {shape}")


def values_of(param: Param, tensors: Tensors) -> npt.NDArray[np.float64]:
    """A parameter's value(s) as float64: shape () or the tensor's shape."""
    if isinstance(param, Ref):
        if param.name not in tensors:
            raise RuleViolation("V006", "", f"tensor {param} does not exist")
        return np.asarray(tensors[param.name].values, dtype=np.float64)
    return np.asarray(param, dtype=np.float64)
