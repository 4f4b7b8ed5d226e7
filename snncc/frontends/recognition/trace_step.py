"""One tick of an op, computed on formulas: its own `step`, given polynomials in place of arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias, cast

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from snncc.ir import FloatArithmetic, Op, Origin, Shape, Tensors, Values

from .poly import Atoms, Poly, add, multiply, of_numbers, scale_poly

Rule: TypeAlias = "Callable[..., Formula]"


class Formula(NDArrayOperatorsMixin):
    """A polynomial where an op expects an array `[samples, *shape]`."""

    def __init__(self, poly: Poly, atoms: Atoms) -> None:
        self.poly, self._atoms = poly, atoms
        self.shape, self.dtype = (1, *poly.shape), np.dtype(np.float64)

    def astype(self, dtype: object) -> Formula:
        """The same: truth values count as 0 and 1."""
        return self

    def __array__(self, dtype: object = None, copy: object = None) -> Values:
        box = np.empty((), dtype=object)  # `np.asarray` may not look inside
        box[()] = self
        return box

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: object, **given: object
    ) -> object:
        rule = UFUNCS.get(ufunc.__name__)
        return NotImplemented if rule is None or method != "__call__" else rule(self, *inputs)

    def __array_function__(
        self,
        function: Callable[..., object],
        types: Sequence[type],
        args: Sequence[object],
        kwargs: Mapping[str, object],
    ) -> object:
        return self.where(*args) if function is np.where else NotImplemented

    def __bool__(self) -> bool:
        raise TypeError("a formula is neither true nor false")

    def read(self, value: object) -> Poly:
        """A formula, an array or a number as a polynomial of this shape."""
        value = _take_out(value)
        if isinstance(value, Formula):
            return value.poly
        return of_numbers(np.asarray(value, dtype=np.float64), self.poly.shape)

    def make(self, poly: Poly) -> Formula:
        """Another formula over the same atoms."""
        return Formula(poly, self._atoms)

    def add(self, left: object, right: object) -> Formula:
        """The sum of two formulas."""
        return self.make(add(self.read(left), self.read(right)))

    def subtract(self, left: object, right: object) -> Formula:
        """The difference of two formulas."""
        return self.make(add(self.read(left), scale_poly(self.read(right), -1)))

    def multiply(self, left: object, right: object) -> Formula:
        """The product of two formulas."""
        return self.make(multiply(self.read(left), self.read(right)))

    def negate(self, one: object) -> Formula:
        """A formula with the other sign."""
        return self.make(scale_poly(self.read(one), -1))

    def compare(self, left: object, right: object, strict: bool) -> Formula:
        """1 where left is above right, or where it is not below; else 0."""
        difference = add(self.read(left), scale_poly(self.read(right), -1))
        return self.make(self._atoms.fire(difference, strict, Origin()))

    def where(self, flags: object, left: object, right: object) -> Formula:
        """`left` where the flags are 1, else `right`."""
        one, two = self.read(left), self.read(right)
        apart = add(one, scale_poly(two, -1))
        return self.make(add(two, multiply(self.read(flags), apart)))


def _take_out(value: object) -> object:
    """A formula that NumPy has put into an array of no axes, taken out again."""
    if isinstance(value, np.ndarray) and value.dtype == object and value.ndim == 0:
        return cast("object", value[()])
    return value


class FormulaArithmetic(FloatArithmetic):
    """Real numbers that may be formulas."""

    def fit(self, codes: Values, role: str) -> Values:
        return cast("Values", _take_out(codes))


UFUNCS: Mapping[str, Rule] = {
    "add": Formula.add,
    "subtract": Formula.subtract,
    "multiply": Formula.multiply,
    "negative": Formula.negate,
    "greater": partial(Formula.compare, strict=True),
    "greater_equal": partial(Formula.compare, strict=False),
}
"""What a function of numpy makes of formulas, by its name."""


def trace_step(
    op: Op, shape: Shape, states: Mapping[str, Poly], drive: Poly, tensors: Tensors, atoms: Atoms
) -> tuple[Mapping[str, Poly], Poly]:
    """The states after one tick of an op, and its output, as formulas.

    Args:
        op: a neuron with one input.
        shape: of the neuron, per sample.
        states: name → what the state is before the tick.
        drive: the input.
        tensors: those that the op refers to.
        atoms: of which all formulas are made.
    """

    def wrap(poly: Poly) -> Values:
        return cast("Values", Formula(poly, atoms))

    like = Formula(drive, atoms)
    given = {name: wrap(poly) for name, poly in states.items()}
    after, out = op.step(given, [wrap(drive)], FormulaArithmetic(tensors))
    return {name: like.read(value) for name, value in after.items()}, like.read(out)
