"""Signals of single ticks as expressions over ops of the IR; knows no PyTorch, no time loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
import numpy.typing as npt

from snncc.ir import (
    FloatArithmetic,
    ImportRefused,
    Op,
    Origin,
    Param,
    Problem,
    Ref,
    Shape,
    Tensor,
    TensorTable,
    op_class,
)
from snncc.ir.ops import Transpose

from ..record.origin import Places

POINTWISE = ("sum", "product", "relu")
"""Ops that treat each element for itself, whatever the order of the axes."""

KEEPING = ("reshape", "transpose", "slice", "concat", "product")
"""Ops whose values are 0 and 1 where those of all that enters are."""

Array = npt.NDArray[np.float64]


class BatchTorn(ImportRefused):
    """The batch axis is picked apart: the model is probably not called the right way."""


class Starting(ImportRefused):
    """A wire still holds what was before tick 0: more ticks may show one network."""


@dataclass(frozen=True, eq=False)
class Expr:
    """The value of a signal at one tick, per sample of shape `shape`; equal when identical."""

    shape: Shape
    origin: Origin


@dataclass(frozen=True, eq=False)
class Source(Expr):
    """The network's input at `tick`; None where one input is presented at every tick."""

    tick: int | None


@dataclass(frozen=True, eq=False)
class Constant(Expr):
    """Numbers that depend on no signal."""

    values: Array


@dataclass(frozen=True, eq=False)
class Apply(Expr):
    """An op without state, applied."""

    op: Op
    args: tuple[Expr, ...]


@dataclass(frozen=True, eq=False)
class Firing:
    """One call of a population: what it was given, as which call of its module, and of all."""

    current: Expr
    number: int
    order: int
    origin: Origin


@dataclass(eq=False)
class Population:
    """Neurons whose states pass from call to call: one node of the network.

    Attributes:
        path: the module, in the user's model.
        op: the neuron.
        signals: the module's own names of what it returns → names in the IR, "" for spikes.
        calls: the k-th is tick k.
    """

    path: str
    op: Op
    shape: Shape
    signals: Mapping[str, str]
    calls: list[Firing] = field(default_factory=list[Firing])


@dataclass(frozen=True, eq=False)
class Reading(Expr):
    """What a population put out at one call: its spikes, or a state."""

    population: Population
    call: int
    state: str


@dataclass(frozen=True, eq=False)
class Compared(Expr):
    """1 where a difference is above zero, or where it is not below; else 0."""

    difference: Expr
    strict: bool


class Weaver:
    """Makes expressions: equal ones are made once, tensors are kept under names."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._table = TensorTable()
        self.tensors = self._table.tensors
        self._made: dict[tuple[object, ...], Expr] = {}
        self._at_rest: dict[int, Array] = {}
        self.peaks: dict[int, tuple[Expr, ...]] = {}  # of an expression: what it is the largest of
        self.origin = Origin()
        self._gathers: set[Op] = set()  # which give each value as it is
        self.compared: list[Compared] = []  # what was compared since it was last asked

    def refuse(self, found: str, origin: Origin | None = None) -> ImportRefused:
        """The refusal of what stands at an origin (by default the current one).

        Args:
            found: what was found; behind a semicolon, what to do about it.
            origin: where.
        """
        return ImportRefused(self._problem(found, origin or self.origin))

    def refuse_batch(self, found: str) -> BatchTorn:
        """The refusal of what mixes or picks samples."""
        return BatchTorn(self._problem(found, self.origin))

    def _problem(self, found: str, origin: Origin) -> Problem:
        parsed = Problem.parse(found, place=self.places.describe(origin))
        return replace(parsed, module=origin.module)

    def tensor(self, values: npt.ArrayLike, role: str) -> Ref:
        """Reference to a tensor of these values, float64 or integer, under a telling name."""
        stem = f"{self.origin.module}.{role}" if self.origin.module else role
        return self._table.keep(Tensor(np.ascontiguousarray(values)), stem)

    def param(self, values: npt.ArrayLike, role: str) -> Param:
        """A parameter: one number, or a tensor."""
        array = np.asarray(values, dtype=np.float64)
        if array.size and np.all(array == array.flat[0]):
            return float(array.flat[0])
        return self.tensor(array, role)

    def constant(self, values: npt.ArrayLike) -> Expr:
        """Numbers as a signal."""
        array = np.asarray(values, dtype=np.float64)
        key = ("constant", array.shape, array.tobytes())
        if key not in self._made:
            self._made[key] = Constant(array.shape, self.origin, array)
        return self._made[key]

    def source(self, shape: Shape, tick: int | None) -> Expr:
        """The input at one tick."""
        key = ("source", shape, tick)
        if key not in self._made:
            self._made[key] = Source(shape, Origin(), tick)
        return self._made[key]

    def read(self, population: Population, call: int, state: str) -> Expr:
        """A population's output at one call."""
        key = ("reading", id(population), call, state)
        if key not in self._made:
            origin = population.calls[call].origin
            self._made[key] = Reading(population.shape, origin, population, call, state)
        return self._made[key]

    def op(self, keyword: str, **fields: object) -> Op:
        """The op of that keyword with these parameters, checked.

        Raises:
            ImportRefused: a parameter is out of range.
        """
        op = cast("Callable[..., Op]", op_class(keyword))(**fields)
        try:
            op.check(self.tensors)
        except ValueError as error:
            raise self.refuse(f"{keyword}: {error}") from error
        return op

    def apply(self, keyword: str, args: Sequence[Expr], **fields: object) -> Expr:
        """The op of that keyword on these signals.

        Raises:
            ImportRefused: the op does not accept their shapes.
        """
        return self.apply_op(self.op(keyword, **fields), args)

    def apply_op(self, op: Op, args: Sequence[Expr]) -> Expr:
        """The op on these signals.

        Raises:
            ImportRefused: the op does not accept their shapes.
        """
        key = (op, tuple(map(id, args)))
        if key not in self._made:
            try:
                shape = op.infer([a.shape for a in args], self.tensors)
            except ValueError as error:
                raise self.refuse(f"{op.keyword}: {error}") from error
            self._made[key] = Apply(shape, self.origin, op, tuple(args))
        return self._made[key]

    def compare(self, difference: Expr, strict: bool) -> Expr:
        """1 where the difference is above zero, or, not strict, where it is not below; else 0."""
        if isinstance(difference, Constant):
            above = difference.values > 0 if strict else difference.values >= 0
            return self.constant(above)
        key = ("compared", id(difference), strict)
        if key not in self._made:
            self._made[key] = Compared(difference.shape, self.origin, difference, strict)
        made = self._made[key]
        if isinstance(made, Compared):
            self.compared.append(made)
        return made

    def is_flag(self, expr: Expr) -> bool:
        """Whether an expression is 0 or 1 and nothing else: a comparison, or made of these."""
        match expr:
            case Compared():
                return True
            case Constant():
                return bool(np.all((expr.values == 0) | (expr.values == 1)))
            case Reading():
                return not expr.state and expr.population.op.counts == 1
            case Apply() if expr.op.keyword in KEEPING or expr.op in self._gathers:
                return all(map(self.is_flag, expr.args))
            case Apply() if expr.op.keyword == "sum":
                return self._find_opposed(expr) is not None
            case _:
                return False

    def oppose(self, flag: Expr) -> Expr:
        """1 where a flag is 0, and 0 where it is 1."""
        if isinstance(flag, Constant):
            return self.constant(1 - flag.values)
        opposed = self._find_opposed(flag) if isinstance(flag, Apply) else None
        if opposed is not None:
            return opposed
        one = (1,) * len(flag.shape)
        turned = self.apply("product", (flag, self.constant(np.full(one, -1.0))))
        return self.apply("sum", (turned, self.constant(np.ones(one))))

    def _find_opposed(self, expr: Apply) -> Expr | None:
        """What a sum is one less of; None where it is another sum."""
        if expr.op.keyword != "sum":
            return None
        ones = [a for a in expr.args if isinstance(a, Constant) and bool(np.all(a.values == 1))]
        rest = [a for a in expr.args if a not in ones]
        if len(ones) != 1 or len(rest) != 1 or not isinstance(rest[0], Apply):
            return None
        turned = [a for a in rest[0].args if not isinstance(a, Constant)]
        numbers = [a.values for a in rest[0].args if isinstance(a, Constant)]
        less = rest[0].op.keyword == "product" and len(numbers) == len(turned) == 1
        less = less and bool(np.all(numbers[0] == -1)) and self.is_flag(turned[0])
        return turned[0] if less and turned[0].shape == expr.shape else None

    def reshape(self, expr: Expr, shape: Shape) -> Expr:
        """The same values under another shape; nothing where it has it already."""
        if expr.shape == shape:
            return expr
        if isinstance(expr, Constant):
            return self.constant(expr.values.reshape(shape))
        if isinstance(expr, Apply) and expr.op.keyword == "reshape":
            return self.reshape(expr.args[0], shape)
        return self.apply("reshape", (expr,), shape=shape)

    def join(self, exprs: Sequence[Expr], axis: int) -> Expr:
        """Signals one after the other along an axis."""
        numbers = [e.values for e in exprs if isinstance(e, Constant)]
        if len(numbers) == len(exprs):
            return self.constant(np.concatenate(numbers, axis=axis))
        return self.apply("concat", exprs, axis=axis) if len(exprs) > 1 else exprs[0]

    def gather(self, expr: Expr, index: npt.NDArray[np.int64]) -> Expr:
        """The values at flat positions `index`, in the shape of `index`."""
        flat = index.ravel()
        size = int(np.prod(expr.shape, dtype=int))
        if isinstance(expr, Constant):
            return self.constant(expr.values.ravel()[index])
        if np.array_equal(flat, np.arange(size)):
            return self.reshape(expr, index.shape)
        rows = self.tensor(np.arange(flat.size), "rows")
        columns, ones = self.tensor(flat, "columns"), self.tensor(np.ones(flat.size), "ones")
        line = self.reshape(expr, (size,))
        picked = self.apply(
            "sparse", (line,), weight=ones, rows=rows, columns=columns, size=int(flat.size)
        )
        assert isinstance(picked, Apply), "a signal stays a signal"
        self._gathers.add(picked.op)
        return self.reshape(picked, index.shape)

    def permute(self, expr: Expr, order: Sequence[int]) -> Expr:
        """The same values with the axes in another order.

        Orders of orders are taken together, through what is computed element by element: a norm
        between two transposes has none left.
        """
        order = tuple(order)
        wide = [k for k in order if expr.shape[k] > 1]
        if wide == sorted(wide):
            return self.reshape(expr, tuple(expr.shape[k] for k in order))
        if isinstance(expr, Constant):
            return self.constant(expr.values.transpose(order))
        if isinstance(expr, Apply) and isinstance(expr.op, Transpose):
            return self.permute(expr.args[0], [expr.op.order[k] for k in order])
        if isinstance(expr, Apply) and expr.op.keyword in POINTWISE and self._cancels(expr, order):
            here, self.origin, rank = self.origin, expr.origin, len(expr.shape)
            wholes = [self.reshape(a, (1,) * (rank - len(a.shape)) + a.shape) for a in expr.args]
            turned = self.apply_op(expr.op, [self.permute(a, order) for a in wholes])
            self.origin = here
            return turned
        return self.apply("transpose", (expr,), order=order)

    def _cancels(self, expr: Apply, order: tuple[int, ...]) -> bool:
        """Whether all of an expression's signals have just been permuted the other way."""
        live = [a for a in expr.args if not isinstance(a, Constant)]
        return all(
            isinstance(a, Apply)
            and isinstance(a.op, Transpose)
            and len(a.op.order) == len(order)
            and [a.op.order[k] for k in order] == list(range(len(order)))
            for a in live
        )

    def evaluate_at_rest(self, expr: Expr) -> Array:
        """What an expression gives when every input and every neuron is silent."""
        if isinstance(expr, Constant):
            return expr.values
        if isinstance(expr, Compared):
            rest = self.evaluate_at_rest(expr.difference)
            return np.asarray(rest > 0 if expr.strict else rest >= 0, dtype=np.float64)
        if not isinstance(expr, Apply):
            return np.zeros(expr.shape)
        if id(expr) not in self._at_rest:
            inputs = [self.evaluate_at_rest(a)[None] for a in expr.args]
            _, out = expr.op.step({}, inputs, FloatArithmetic(self.tensors))
            self._at_rest[id(expr)] = np.asarray(out[0], dtype=np.float64)
        return self._at_rest[id(expr)]
