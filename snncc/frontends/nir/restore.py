"""Recall: ops from a file's memory, where they still fit the parameters that the file has."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from snncc.ir import Shape, SnnccError, Tensor
from snncc.ir.ops import Input

from .hdf5.nir_graph import Items
from .metadata import Memory
from .node_parts import Part
from .to_nir import to_nir


@dataclass
class Recall:
    """What a memory, if there is one, gives to the parts of a graph.

    Attributes:
        memory: None where the file has none, or where options ask for another reading.
        stale: labels of nodes that were changed since they were written.
    """

    memory: Memory | None
    stale: list[str] = field(default_factory=list[str])
    _tensors: dict[str, Tensor] = field(default_factory=dict[str, Tensor])

    def op(self, part: Part, shape: Shape | None = None) -> bool:
        """Whether the part has got its op from the memory.

        Args:
            part: without ops.
            shape: of its input; that of its parameters where not given.
        """
        if self.memory is None or part.label not in self.memory.lines:
            return False
        found = self._find(part, self.memory, shape)
        if not found:
            self.stale.append(part.label)
        return found

    def _find(self, part: Part, memory: Memory, shape: Shape | None) -> bool:
        op = memory.op(part.label)
        if op is None:
            return False
        tensors: dict[str, Tensor] = {}
        for key, name in op.refs().items():
            values = memory.arrays.get(f"{part.label}.{key}", part.node.values.get(key))
            if not isinstance(values, np.ndarray):
                return False
            tensors[name] = Tensor(values)
            if self._tensors.get(name, tensors[name]) != tensors[name]:
                return False
        try:
            made = to_nir(op, tensors, _shape(part) if shape is None else shape, memory.tick)
        except (SnnccError, ArithmeticError, LookupError, TypeError, ValueError):
            return False  # whatever the text says, it is not what this node was written from
        if made.kind != part.node.kind or not _are_equal(made.values, part.node.values):
            return False
        part.ops.append(op)
        part.tensors.update(tensors)
        part.shape = op.shape if isinstance(op, Input) else None
        self._tensors.update(tensors)
        return True

    def sum(self, label: str, otherwise: str) -> str:
        """The name of the sum that leads into a node."""
        return otherwise if self.memory is None else self.memory.sums.get(label, otherwise)

    def notes(self) -> tuple[str, ...]:
        """What to tell the user."""
        return tuple(
            f"'{label}' was changed since snncc wrote it; read as NIR alone" for label in self.stale
        )


def _shape(part: Part) -> Shape:
    return max((np.shape(v) for v in part.node.values.values() if not isinstance(v, str)), key=len)


def _are_equal(left: Items, right: Items) -> bool:
    return left.keys() == right.keys() and all(_same(left[k], right[k]) for k in left)


def _same(left: object, right: object) -> bool:
    if not isinstance(left, np.ndarray) or not isinstance(right, np.ndarray):
        return bool(np.array_equal(np.asarray(left), np.asarray(right)))
    return left.dtype == right.dtype and np.array_equal(left, right)
