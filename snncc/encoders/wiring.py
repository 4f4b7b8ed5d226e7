"""Wiring: how an encoder is put together of ops; no encoder in here."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from snncc.ir import Builder, Node, Op, Origin, Param, Ref, Shape, Tensor, TensorTable, Use
from snncc.ir.ops import IF, LIF, Affine, Reshape, Sum, make_lif


class Wiring:
    """The nodes and tensors of an encoder in the making, under names that begin with its own.

    Args:
        name: of the encoder.
        taken: names that other nodes have.
    """

    def __init__(self, name: str, taken: Iterable[str] = ()) -> None:
        self._name, self._origin = name, Origin(f"encoder {name}")
        self._nodes, self._table = Builder(taken), TensorTable()

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, in the order in which they came."""
        return tuple(self._nodes.nodes.values())

    @property
    def tensors(self) -> dict[str, Tensor]:
        """All tensors, by name."""
        return dict(self._table.tensors)

    def add(self, part: str, op: Op, *inputs: Use) -> Use:
        """The wire of a new node."""
        return self._nodes.add(f"{self._name}_{part}", op, inputs, self._origin)

    def promise(self, part: str) -> Use:
        """The wire of a node that `keep` adds later: what leads back in time is read before."""
        return Use(self._nodes.names.take(f"{self._name}_{part}"))

    def keep(self, promised: Use, op: Op, *inputs: Use) -> Use:
        """The wire that was promised, with its node."""
        return self._nodes.put(promised.source, op, inputs, self._origin)

    def tensor(self, part: str, values: npt.ArrayLike) -> Ref:
        """A tensor of parameters or indices."""
        return self._table.keep(Tensor(np.asarray(values)), f"{self._name}.{part}")

    def number(self, part: str, values: npt.NDArray[np.float64]) -> Param:
        """A parameter: one number where all values are one."""
        first = float(values.flat[0])
        return first if bool(np.all(values == first)) else self.tensor(part, values)

    def reshape(self, part: str, wire: Use, shape: Shape, wanted: Shape) -> Use:
        """The same values under another shape."""
        return wire if shape == wanted else self.add(part, Reshape(wanted), wire)

    def scale(self, part: str, wire: Use, factor: float) -> Use:
        """A signal times a number."""
        return wire if factor == 1.0 else self.add(part, Affine(factor, 0.0), wire)

    def subtract(self, part: str, plus: Use, minus: Use) -> Use:
        """One signal less another."""
        return self.add(part, Sum(), plus, self.scale(f"{part}_minus", minus, -1.0))


def compare(threshold: Param, sign: str = ">=") -> LIF:
    """A neuron that keeps nothing: it fires where its input reaches the threshold."""
    return make_lif(threshold, compare=sign, reset="none")


def integrate(full: float, initial: Param = 0.0, reset: str = "subtract") -> IF:
    """A neuron that adds up its input, fires at `full`, and takes that off or begins anew."""
    return IF(
        bias=0.0,
        threshold=full,
        compare=">=",
        reset=reset,
        reset_amount=full if reset == "subtract" else 0.0,
        reset_order="now",
        spikes=1,
        refractory=0,
        initial=initial,
    )


def later(wire: Use) -> Use:
    """What a wire carried one tick ago."""
    return Use(wire.source, wire.delay + 1, wire.state)
