"""Ops, formats and tensors of which only some rows are left; nothing about wires."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from snncc.ir import Format, Names, Network, Node, Op, Quantity, Ref, Tensor
from snncc.ir.ops import BlockDense, Conv, Dense, Reshape, Sparse

from .rows import Rows, extent

OpT = TypeVar("OpT", bound=Op)
Array = npt.NDArray[Any]


def take_rows(values: Array, rows: Rows) -> Array:
    """Rows of an array; a view where they are consecutive."""
    if not rows.size or rows[-1] - rows[0] + 1 == rows.size:
        return values[rows[0] : rows[-1] + 1] if rows.size else values[:0]
    return values[rows]


@dataclass
class Cutting:
    """Cuts nodes of a network and collects the tensors that they then name."""

    network: Network
    tensors: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    names: dict[tuple[str, bytes], str] = field(default_factory=dict[tuple[str, bytes], str])

    def __post_init__(self) -> None:
        self._taken = Names(self.network.tensors)

    def op(self, node: Node, rows: Rows) -> Op:
        """The op that computes these rows of a node from those of its inputs that they need."""
        op, shape = node.op, self.network.shapes[node.name]
        match op:
            case _ if len(rows) == extent(shape):
                return self._cut(op, rows, ())
            case Reshape():
                return replace(op, shape=(len(rows), *shape[1:]))
            case Sparse():
                return self._sparse(op, rows)
            case Conv(groups=groups) if groups > 1:
                left = len(rows) * groups // shape[0]
                return self._cut(replace(op, groups=left), rows, op.refs())
            case BlockDense() | Conv():
                return self._cut(op, rows, op.refs())
            case Dense():
                # With more axes the first is one along which the weights are shared.
                return self._cut(op, rows, op.refs() if len(shape) == 1 else ())
            case _:
                varying = [key for key, name in op.refs().items() if self._varies(name, len(shape))]
                return self._cut(op, rows, varying)

    def formats(self, node: Node, rows: Rows) -> Mapping[str, Format]:
        """A node's formats, with the units of these rows."""
        shape, found = self.network.shapes[node.name], dict(node.formats)
        for role, format in node.formats.items():
            if isinstance(format, Quantity) and isinstance(format.unit, str):
                whole = len(rows) == extent(shape) or not self._varies(format.unit, len(shape))
                unit = self._rows(format.unit, None if whole else rows)
                found[role] = replace(format, unit=unit)
        return MappingProxyType(found)

    def keep(self, name: str, values: Array) -> str:
        """The name under which a new tensor is kept."""
        name = self._taken.take(name)
        self.tensors[name] = Tensor(values)
        return name

    def _varies(self, tensor: str, rank: int) -> bool:
        shape = self.network.tensors[tensor].shape
        return len(shape) == rank > 0 and shape[0] > 1

    def _cut(self, op: OpT, rows: Rows, fields: Iterable[str]) -> OpT:
        """The op with these rows of the tensors in those fields, and all of the others."""
        cut = set(fields)
        refs = {
            key: Ref(self._rows(name, rows if key in cut else None))
            for key, name in op.refs().items()
        }
        return op.with_fields(**refs)

    def _rows(self, tensor: str, rows: Rows | None) -> str:
        key = (tensor, b"" if rows is None else rows.tobytes())
        if key not in self.names:
            values = self.network.tensors[tensor]
            if rows is None:
                self.tensors[tensor] = values
                self.names[key] = tensor
            else:
                self.names[key] = self.keep(f"{tensor}.rows", take_rows(values.values, rows))
        return self.names[key]

    def _sparse(self, op: Sparse, rows: Rows) -> Sparse:
        targets = self.network.tensors[op.rows.name].values
        left = np.flatnonzero(np.isin(targets, rows))
        places = np.searchsorted(rows, targets[left])
        return replace(
            op,
            weight=Ref(self._rows(op.weight.name, left)),
            rows=Ref(self.keep(f"{op.rows.name}.places", places)),
            columns=Ref(self._rows(op.columns.name, left)),
            size=len(rows),
            bias=None if op.bias is None else Ref(self._rows(op.bias.name, rows)),
        )
