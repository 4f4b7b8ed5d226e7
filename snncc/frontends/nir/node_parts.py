"""Part: what one NIR node becomes, and how its parameters are read; no node type in here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from snncc.ir import ImportRefused, Op, Param, Problem, Ref, Tensor, Values
from snncc.ir.untrusted import limits

from .choices import Choices
from .hdf5.nir_graph import Item, NirNode


@dataclass
class Part:
    """One NIR node on its way into the network.

    Attributes:
        name: of the network's node.
        label: as NIR calls it, for messages.
        ops: one after the other; the first reads the node's inputs.
        tensors: that the ops refer to.
        shape: of its output where the file states one; None where it follows.
        shape_in: the same of its input.
    """

    name: str
    label: str
    node: NirNode
    choices: Choices
    ops: list[Op] = field(default_factory=list[Op])
    tensors: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    shape: tuple[int, ...] | None = None
    shape_in: tuple[int, ...] | None = None

    def refuse(self, message: str) -> ImportRefused:
        """An error that says where."""
        place = f"'{self.label}', {self.node.kind}"
        return ImportRefused(replace(Problem.parse(message, place=place), op=self.node.kind))

    def item(self, key: str) -> Item:
        """A parameter as it is.

        Raises:
            ImportRefused: the node has none of that name.
        """
        if key not in self.node.values:
            known = ", ".join(self.node.values) or "none"
            raise self.refuse(f"has no parameter '{key}' (has: {known})")
        return self.node.values[key]

    def numbers(self, key: str, otherwise: float | None = None) -> Values:
        """A parameter as numbers of any shape, float64.

        Args:
            key: its name in NIR.
            otherwise: the value where the node has none.

        Raises:
            ImportRefused: it is missing, or is text.
        """
        if otherwise is not None and key not in self.node.values:
            return np.asarray(otherwise)
        found = self.item(key)
        if isinstance(found, str):
            raise self.refuse(f"'{key}' is the text '{found}', expected numbers")
        if not found.size:
            raise self.refuse(f"'{key}' is {list(found.shape)}, which contains no number")
        return np.asarray(found, dtype=np.float64)

    def read_whole(self, key: str, axes: int, otherwise: int | None = None) -> tuple[int, ...]:
        """A parameter as `axes` integers; one number stands for all of them.

        Raises:
            ImportRefused: it is missing, or not that.
        """
        values = self.numbers(key, otherwise).reshape(-1)
        whole = np.array_equal(values, np.rint(values)) and np.all(np.abs(values) < limits.EXTENT)
        if values.size not in (1, axes) or not whole:
            raise self.refuse(f"'{key}' is {values.tolist()}, expected {axes} integer(s)")
        return tuple(int(n) for n in np.broadcast_to(values, (axes,)))

    def extents(self, key: str) -> tuple[int, ...]:
        """A parameter that is a shape.

        Raises:
            ImportRefused: it is missing, or no shape.
        """
        values = self.numbers(key).reshape(-1)
        if not np.array_equal(values, np.rint(values)) or np.any(
            (values < 1) | (values > limits.EXTENT)
        ):
            raise self.refuse(f"'{key}' is {values.tolist()}, expected extents of 1 or more")
        return tuple(int(n) for n in values)

    def neurons(self, *keys: str, **otherwise: float) -> dict[str, Values]:
        """Parameters of a population, which all have its shape, or are one number for all.

        Raises:
            ImportRefused: one is missing, or their shapes differ.
        """
        found = {key: self.numbers(key) for key in keys}
        found |= {key: self.numbers(key, value) for key, value in otherwise.items()}
        shapes = {value.shape for value in found.values() if value.size > 1}
        if len(shapes) > 1:
            each = ", ".join(f"{key} {list(value.shape)}" for key, value in found.items())
            raise self.refuse(f"its parameters have several shapes ({each})")
        if shapes:
            self.shape = self.shape_in = shapes.pop()
        return {key: v.reshape(()) if v.size == 1 else v for key, v in found.items()}

    def keep(self, key: str, values: Values) -> Ref:
        """The reference to a tensor of this node."""
        self.tensors[f"{self.name}.{key}"] = Tensor(values)
        return Ref(f"{self.name}.{key}")

    def param(self, key: str, values: Values) -> Param:
        """A parameter of an op: one number where all are equal, else a tensor."""
        if values.size and np.all(values == values.flat[0]):
            return float(values.flat[0])
        return self.keep(key, values)
