"""Both arithmetics on symbols: parameters become inputs of a function, the rest stays theirs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TypeAlias, cast

import numpy as np

from snncc.ir import (
    Arithmetic,
    FloatArithmetic,
    Format,
    IntegerArithmetic,
    LoweringRefused,
    Op,
    Overflow,
    Param,
    Quantity,
    RealFunction,
    Ref,
    Tensors,
    Unit,
    Values,
)
from snncc.ir.ops import Sparse

from .symbol import Body, Symbol, take_out

Bilinear: TypeAlias = Callable[[Values, Values], Values]
OWN = "%"
"""Begins the names that parameters have while an op is traced; no tensor's name does."""


def trace_arithmetic(body: Body, op: Op, a: Arithmetic, tensors: Tensors) -> Arithmetic:
    """The arithmetic of a node, on symbols of this body.

    Args:
        tensors: those that the op refers to, by the names of its fields.
    """
    if isinstance(a, IntegerArithmetic):
        return TracedIntegers(body, op, tensors, a)
    assert isinstance(a, FloatArithmetic), "there are two arithmetics"
    return TracedFloats(body, op, tensors)


class TracedFloats(FloatArithmetic):
    """Real numbers that are not there yet."""

    def __init__(self, body: Body, op: Op, tensors: Tensors) -> None:
        super().__init__(tensors)
        self._body, self._op = body, op

    def keep(self, key: Hashable, make: Callable[[], Values]) -> Values:
        return make()  # an op is traced for one tick

    def quantity(self, value: Param, role: str) -> Values:
        return _parameter(self._body, value, super().quantity(value, role))

    def contract(self, function: Bilinear, signal: Values, weights: Values) -> Values:
        return _contract(self._body, self._op, self.tensors, function, signal, weights)

    def fit(self, codes: Values, role: str) -> Values:
        return cast("Values", take_out(codes))


class TracedIntegers(IntegerArithmetic):
    """Integers that are not there yet, with the formats of one node."""

    formats: Mapping[str, Format]

    def __init__(self, body: Body, op: Op, tensors: Tensors, a: IntegerArithmetic) -> None:
        super().__init__(tensors, a.formats, a.units, a.where)
        self._body, self._op = body, op

    def keep(self, key: Hashable, make: Callable[[], Values]) -> Values:
        return make()  # an op is traced for one tick

    def quantity(self, value: Param, role: str) -> Values:
        return _parameter(self._body, value, super().quantity(value, role))

    def weights(self, value: Param, role: str, unit_in: Unit, unit_out: Unit) -> Values:
        found = super().weights(value, role, unit_in, unit_out)
        return _parameter(self._body, value, found)

    def times(self, codes: Values, factor: Param, role: str) -> Values:
        self._body.role = role
        return cast("Values", take_out(super().times(codes, factor, role)))

    def align(self, codes: Values, role: str) -> Values:
        self._body.role = f"shift_{role}"
        return super().align(codes, role)

    def rescale(self, codes: Values, role: str, scale: str) -> Values:
        return cast("Values", take_out(super().rescale(codes, role, scale)))

    def knots(self, function: RealFunction, index: str, value: str) -> Values:
        table = super().knots(function, index, value)
        return cast("Values", self._body.parameter("table", table))

    def contract(self, function: Bilinear, signal: Values, weights: Values) -> Values:
        return _contract(self._body, self._op, self.tensors, function, signal, weights)

    def bilinear(self, function: Bilinear, left: Values, right: Values, terms: int) -> Values:
        whole = (each.astype(np.int64) for each in (left, right))
        return cast("Values", take_out(function(*whole)))

    def fit(self, codes: Values, role: str) -> Values:
        found = cast("Values", take_out(codes))
        format = self.formats[role]
        assert isinstance(format, Quantity), "a state has a quantity's format"
        match format.overflow:
            case Overflow.SATURATE:
                return np.clip(found, format.low, format.high)
            case Overflow.WRAP:
                turn = 1 << format.bits
                shifted = found - format.low
                wrapped: Values = shifted - (shifted // turn) * turn + format.low
                return wrapped
            case Overflow.TRAP:
                raise LoweringRefused(f"the format {format} traps, which ONNX cannot; saturate")


def _parameter(body: Body, value: Param, array: Values) -> Values:
    if not isinstance(value, Ref):
        return array
    return cast("Values", body.parameter(value.name.removeprefix(OWN), array))


def _contract(
    body: Body, op: Op, tensors: Tensors, function: Bilinear, signal: Values, weights: Values
) -> Values:
    if isinstance(op, Sparse):
        return cast("Values", _scatter(body, op, tensors, signal, weights))
    return cast("Values", take_out(function(signal, weights)))


def _scatter(body: Body, op: Sparse, tensors: Tensors, signal: object, weights: object) -> Symbol:
    """One synapse after the other, added up where several meet."""
    source = body.symbol(signal)
    rows, columns = (tensors[ref.name].values for ref in (op.rows, op.columns))
    at = body.parameter("columns", columns.astype(np.int64))
    to = body.parameter("rows", rows.astype(np.int64))
    picked = body.emit("Gather", (source.name, at.name), axis=1)
    parts = body.emit("Mul", (picked, body.symbol(weights).name))
    every = body.emit("Shape", (parts,))
    index = body.emit("Expand", (to.name, every))
    samples = body.emit("Shape", (source.name,), start=0, end=1)
    extents = body.emit("Concat", (samples, body.constant(np.array([op.size]))), axis=0)
    empty = body.emit("Expand", (body.constant(np.zeros(1, source.dtype)), extents))
    name = body.emit("ScatterElements", (empty, index, parts), axis=1, reduction="add")
    return Symbol(body, name, (1, op.size), source.dtype, batched=True)
