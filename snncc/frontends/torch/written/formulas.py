"""Expressions of one tick as formulas of a state, and formulas as expressions again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from snncc.frontends.recognition import (
    MOST_COMPARISONS,
    Atom,
    Atoms,
    Entry,
    Poly,
    add,
    multiply,
    of_numbers,
)
from snncc.ir import ImportRefused, Shape

from ..expressions.expr import Apply, Compared, Constant, Expr, Weaver
from .unrolled import POINTWISE, Dependence

OFTEN = "the state is compared more often than a neuron compares it"


class FormulaReader:
    """Reads expressions as formulas.

    Args:
        shape: of the neurons; every formula has it.
        atoms: of which formulas are made.
        known: expression, by identity → its formula.
        depends: which expressions are taken apart; the others are atoms. None for all.
    """

    def __init__(
        self,
        shape: Shape,
        atoms: Atoms,
        known: Mapping[int, Poly],
        depends: Dependence | None = None,
    ) -> None:
        self._shape, self._atoms, self._depends = shape, atoms, depends
        self._known = dict(known)
        self._named: dict[str, Expr] = {}
        self._compared = 0

    def read(self, expr: Expr) -> Poly:
        """The formula of an expression.

        Raises:
            ImportRefused: the state enters an op that is not a sum or a product.
        """
        if id(expr) not in self._known:
            self._known[id(expr)] = self._read(expr)
        return self._known[id(expr)]

    def _read(self, expr: Expr) -> Poly:
        if isinstance(expr, Constant):
            return of_numbers(np.broadcast_to(expr.values, self._shape), self._shape)
        if self._depends is not None and not self._depends.of(expr):
            return self.name(expr)
        match expr:
            case Compared():
                self._count_comparison()
                difference = self.read(expr.difference)
                return self._atoms.fire(difference, expr.strict, expr.origin)
            case Apply() if expr.op.keyword in POINTWISE:
                total, *rest = [self.read(arg) for arg in expr.args]
                for each in rest:
                    total = (add if expr.op.keyword == "sum" else multiply)(total, each)
                return total
            case _ if self._depends is not None:
                raise ImportRefused("the state enters another op than a sum or a product")
            case _:
                return self.name(expr)

    def _count_comparison(self) -> None:
        """Stops at once where no neuron can come of it: many ticks at once take very long."""
        self._compared += 1
        if self._depends is not None and self._compared > MOST_COMPARISONS:
            raise ImportRefused(OFTEN)

    def name(self, expr: Expr) -> Poly:
        """An expression as an atom."""
        key = f"x{len(self._named)}"
        self._named[key] = expr
        self._known[id(expr)] = self._atoms.entry(key, self._shape)
        return self._known[id(expr)]

    def expression_of(self, atom: Atom) -> Expr | None:
        """The expression that an atom stands for; None for a state or a comparison."""
        return self._named.get(atom.name) if isinstance(atom, Entry) else None


def write_expression(
    weaver: Weaver, poly: Poly, expressions: Mapping[Atom, Expr], shape: Shape
) -> Expr:
    """A formula as an expression of this shape.

    Args:
        expressions: what each atom of the formula stands for.
    """
    terms: list[Expr] = []
    for monomial, factor in poly.terms.items():
        live = [expressions[atom] for atom in monomial]
        if not np.all(factor == 1) or not live:
            live.append(weaver.constant(factor))
        terms.append(_combine(weaver, "product", live))
    whole = _combine(weaver, "sum", terms) if terms else weaver.constant(np.zeros(shape))
    return whole if whole.shape == shape else _spread(weaver, whole, shape)


def _combine(weaver: Weaver, keyword: str, exprs: list[Expr]) -> Expr:
    if len(exprs) == 1:
        return exprs[0]
    numbers = [expr.values for expr in exprs if isinstance(expr, Constant)]
    if len(numbers) < len(exprs):
        return weaver.apply(keyword, exprs)
    combine = np.add if keyword == "sum" else np.multiply
    total, *rest = numbers
    for each in rest:
        total = combine(total, each)
    return weaver.constant(total)


def _spread(weaver: Weaver, expr: Expr, shape: Shape) -> Expr:
    if isinstance(expr, Constant):
        return weaver.constant(np.broadcast_to(expr.values, shape))
    return weaver.apply("sum", (expr, weaver.constant(np.zeros(shape))))
