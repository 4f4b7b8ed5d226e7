"""An ONNX graph of one tick, computed on formulas instead of numbers; what each op does is a table.

A value is known numbers, or a signal: a polynomial whose axis of samples is not written down.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import prod
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
from onnx import AttributeProto, NodeProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from snncc.frontends.recognition import Atoms, Poly, of_numbers
from snncc.ir import (
    Budget,
    ImportRefused,
    Op,
    Origin,
    Param,
    Problem,
    Ref,
    Shape,
    Tensor,
    TensorTable,
)
from snncc.ir.ops import Reshape, Slice, Sparse
from snncc.ir.untrusted import limits

from .known_sizes import QUICK, SLOW_NUMBERS, count_known
from .origin import origin_of
from .refused import Refused

Known: TypeAlias = npt.NDArray[Any]
Value: TypeAlias = Poly | Known
Attributes: TypeAlias = Mapping[str, Any]
Row: TypeAlias = "Callable[..., Value | Sequence[Value]]"

ROWS: dict[str, Row] = {}
"""Standard ops of ONNX that are read where a signal goes in: name → rule."""
_SEPARATORS = re.compile("[/:]")  # as PyTorch's exporters have them in names
SAMPLES = -1
"""What stands for the number of samples where a model computes with shapes."""


def row(*names: str) -> Callable[[Row], Row]:
    """Enters a rule in the table; it is called with the evaluation, attributes and inputs."""

    def enter(rule: Row) -> Row:
        for name in names:
            assert name not in ROWS, f"two rows for {name}"
            ROWS[name] = rule
        return rule

    return enter


STANDARD = ("", "ai.onnx")
"""Names of the domain of the standard ops."""

MISSING = "no op of the network has it yet; compute it with the operations of docs/support.md"
"""What is said of an operation that has no row."""


@dataclass
class Evaluation:
    """The values of a graph so far.

    Attributes:
        origin: of the node that is being evaluated.
        budget: of the file that the graph is from.
    """

    opset: int
    budget: Budget
    atoms: Atoms = field(default_factory=Atoms)
    origin: Origin = field(default_factory=Origin)
    _table: TensorTable = field(default_factory=TensorTable)
    _labels: dict[int, str] = field(default_factory=dict[int, str])

    @property
    def tensors(self) -> Mapping[str, Tensor]:
        """Weights and parameters that ops refer to, by name."""
        return self._table.tensors

    def run(self, nodes: Sequence[NodeProto], values: dict[str, Value]) -> None:
        """Adds the values of all nodes, which are listed in the order of their computation.

        Raises:
            ImportRefused: a signal meets an op that has no row, or a shape that is not known; names
                all of these.
        """
        refused = Refused()
        for node in nodes:
            self.origin = origin_of(node)
            inputs = [values[name] if name else None for name in node.input]
            names = list(node.input), list(node.output)
            try:
                results = self._results(node, inputs)
            except ImportRefused as refusal:
                known = node.domain in STANDARD and node.op_type in ROWS
                results = refused.replace(self.atoms, refusal, names, inputs, known)
            else:
                refused.follow(*names)
            for name, value in zip(node.output, results, strict=False):
                if name:
                    values[name] = value
        refused.demand_none()

    def _results(self, node: NodeProto, inputs: Sequence[Value | None]) -> Sequence[Value]:
        given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if not any(isinstance(each, Poly) for each in inputs):
            return self._compute_known(node, cast("Sequence[Known | None]", inputs), given)
        if node.domain not in STANDARD or node.op_type not in ROWS:
            name = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
            raise self.refuse(f"'{name}': {MISSING}")
        rule = ROWS[node.op_type]
        if node.op_type in ("Split", "Shape"):
            given["outputs"] = len(node.output)
        with self.check_arguments(node.op_type):
            found = rule(self, given, *inputs)
        return found if isinstance(found, (list, tuple)) else [cast("Value", found)]

    def _compute_known(
        self, node: NodeProto, inputs: Sequence[Known | None], given: Attributes
    ) -> Sequence[Value]:
        """What a node makes of numbers alone, as ONNX's own evaluator computes it."""
        for attribute in node.attribute:
            if attribute.type in (AttributeProto.GRAPH, AttributeProto.GRAPHS):
                raise self.refuse(f"'{node.op_type}' contains a graph; unroll it")
        if node.op_type in ("Expand", "ConstantOfShape") and inputs:
            at = np.array(inputs[-1])
            inputs = [*inputs[:-1], np.where(at == SAMPLES, 1, at)]
        if node.op_type.startswith("Random") or node.op_type == "Bernoulli":
            raise self.refuse(f"'{node.op_type}' draws random numbers")
        names = [f"i{k}" if each is not None else "" for k, each in enumerate(inputs)]
        outs = [f"o{k}" for k in range(len(node.output))]
        alone = helper.make_node(node.op_type, names, outs, domain=node.domain)
        alone.attribute.extend(node.attribute)
        self._count(alone, inputs)
        function = helper.make_function(
            "one", "one", [n for n in names if n], outs, [alone],
            [helper.make_opsetid("", self.opset)],
        )  # fmt: skip
        feeds = {n: each for n, each in zip(names, inputs, strict=True) if n}
        try:
            made = ReferenceEvaluator(function).run(outs, feeds, attributes={})
        except Exception as error:
            raise self.refuse(f"'{node.op_type}' cannot be computed: {error}") from error
        return [widen(np.asarray(each)) for each in cast("Sequence[Known]", made)]

    def _count(self, node: NodeProto, inputs: Sequence[Known | None]) -> None:
        """Refuses a node that makes more numbers than may be, or an unknown number."""
        try:
            size = count_known(node, inputs, self.opset)
        except Exception as error:  # ONNX's inference has an exception of its own, and others
            raise self.refuse(f"'{node.op_type}' cannot be computed: {error}") from error
        if size is None:
            raise self.refuse(f"'{node.op_type}' makes an unknown count of numbers")
        taken = size + sum(each.size for each in inputs if each is not None)
        if node.op_type not in QUICK and taken > SLOW_NUMBERS:
            raise self.refuse(
                f"'{node.op_type}' is computed while the file is read, on {taken:,} numbers; at "
                f"most {SLOW_NUMBERS:,} are taken: compute it before the export"
            )
        self.budget.take(size * 8, f"what '{node.op_type}' makes of numbers")

    # --- what rules use -----------------------------------------------------------------------

    def refuse(self, found: str) -> ImportRefused:
        """The refusal of the node that is being evaluated."""
        return ImportRefused(Problem.parse(found, place=str(self.origin)))

    @contextmanager
    def check_arguments(self, operation: str) -> Generator[None]:
        """Refuses an operation whose arguments are not such as its rule takes: a file may lie."""
        try:
            yield
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
            raise self.refuse(
                f"'{operation}' has arguments that are not supported: {error}"
            ) from error

    def label(self, values: Known, name: str) -> None:
        """Has an array be called by the name that it has in the file."""
        self._labels[id(values)] = name

    def tensor(self, values: Known, role: str) -> Ref:
        """Reference to a tensor with these values, under the name of the file or of the place."""
        label = self._labels.get(id(values), "")
        tensor = Tensor(np.ascontiguousarray(values).reshape(values.shape))
        stem = _SEPARATORS.sub("_", label).strip(".") or (
            f"{self.origin.module}.{role}" if self.origin.module else role
        )
        return self._table.keep(tensor, stem)

    def param(self, values: npt.ArrayLike, shape: Shape, role: str) -> Param:
        """A parameter for a signal of this shape: one number, or a tensor."""
        array = np.asarray(values, dtype=np.float64)
        if np.all(array == array.flat[0]):
            return float(array.flat[0])
        return self.tensor(np.array(np.broadcast_to(array, shape)), role)

    def signal(self, value: Value, shape: Shape | None = None) -> Poly:
        """A value as a signal, of this shape if one is given; copies along axes of size 1.

        Raises:
            ImportRefused: numbers that differ from sample to sample.
        """
        if not isinstance(value, Poly):
            return of_numbers(self.strip_samples(value, shape or ()), shape or ())
        if shape is None or value.shape == shape:
            return value
        if not value.atoms:
            return of_numbers(np.broadcast_to(value.constant, value.shape), shape)
        return self.move_values(value, lambda index: np.broadcast_to(index, (1, *shape)))

    def strip_samples(self, values: Known, shape: Shape) -> Known:
        """Numbers without the axis of the samples, if they have it; else as they are."""
        if values.ndim > len(shape):
            extra = values.ndim - len(shape)
            if extra > 1 or values.shape[0] != 1:
                raise self.refuse(
                    f"numbers of shape {list(values.shape)} meet a signal of {list(shape)} per "
                    "sample; the first axis is that of the samples"
                )
            values = values[0]
        return widen(values)

    def apply(self, op: Op, *args: Poly) -> Poly:
        """The op on signals.

        Raises:
            ImportRefused: it does not take their shapes.
        """
        try:
            shape = op.infer([each.shape for each in args], self.tensors)
        except ValueError as error:
            raise self.refuse(f"{op.keyword}: {error}") from error
        self.demand_small(shape)
        return self.atoms.compute(op, args, shape, self.origin)

    def move_values(self, one: Poly, move: Callable[[Known], Known]) -> Poly:
        """The values at other places; `move` shows it on positions `[1, *shape]`."""
        self.demand_small(one.shape)
        size = int(np.prod(one.shape, dtype=int))
        index = np.arange(size).reshape(1, *one.shape)
        places = np.asarray(move(index))
        self.demand_small(places.shape)
        if not places.ndim or places.shape[0] != 1:
            raise self.refuse("the samples of a batch are mixed, or their axis is dropped")
        places = places[0]
        shape = tuple(int(n) for n in places.shape)
        if np.array_equal(places.ravel(), np.arange(size)):
            return self.reshape(one, shape)
        for axis in range(len(one.shape)) if len(shape) == len(one.shape) else ():
            start = int(np.unravel_index(int(places.flat[0]), one.shape)[axis])
            stop = start + shape[axis]
            lead = (slice(None),) * (axis + 1)
            if np.array_equal(index[(*lead, slice(start, stop))][0], places):
                return self.apply(Slice(axis, start, stop), one)
        columns = places.ravel().astype(np.int64)
        op = Sparse(
            self.tensor(np.ones(columns.size), "ones"),
            self.tensor(np.arange(columns.size, dtype=np.int64), "rows"),
            self.tensor(columns, "columns"),
            columns.size,
        )
        return self.reshape(self.apply(op, self.reshape(one, (size,))), shape)

    def demand_small(self, shape: Shape) -> None:
        """Refuses a signal of more values than any has.

        Raises:
            ImportRefused: says how many.
        """
        if (size := prod(shape)) > limits.NUMBERS:
            raise self.refuse(f"a signal has {size:,} values; {limits.NUMBERS:,} at most are read")

    def reshape(self, one: Poly, shape: Shape) -> Poly:
        """The same values under another shape."""
        return one if one.shape == shape else self.apply(Reshape(shape), one)


def widen(values: Known) -> Known:
    """Floats in float64, as the reference computes; other numbers as they are."""
    return values.astype(np.float64) if values.dtype.kind == "f" else values


def initializers(tensors: Sequence[Any]) -> dict[str, Known]:
    """Name → array, floats in float64, for the tensors of a graph."""
    return {each.name: widen(numpy_helper.to_array(each)) for each in tensors}
