"""A network in the making: choices, tensors and wires that ops are put onto; no op but reshapes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from math import prod
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st

from snncc.ir import (
    Factor,
    Format,
    Node,
    Op,
    Overflow,
    Param,
    Quantity,
    Ref,
    Rounding,
    Shape,
    Tensor,
    Use,
)
from snncc.ir.ops import Reshape

T = TypeVar("T")

WEIGHT_UNIT = 6  # fraction bits of every current in a quantized network
FINEST = 12  # fraction bits beyond which units are not multiplied any further


# A strategy takes longer to be made and checked than to be drawn from.
integers = cache(st.integers)
COIN = st.booleans()


@dataclass(frozen=True)
class Wire:
    """An output that further ops may use, its shape, and its unit in fraction bits."""

    node: str
    shape: Shape
    unit: int
    state: str = ""


@dataclass
class Growth:
    """A network in the making.

    Attributes:
        draw: where every choice comes from.
        quantized: whether nodes get number formats; units then decide what may meet.
        rng: where the values in tensors come from; one draw seeds it.
    """

    draw: Callable[..., Any]
    quantized: bool
    rng: np.random.Generator
    nodes: list[Node] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    wires: list[Wire] = field(default_factory=list)

    def pick(self, *options: T) -> T:
        return options[self.number(0, len(options) - 1)]

    def coin(self) -> bool:
        return self.draw(COIN)

    def number(self, low: int, high: int) -> int:
        return self.draw(integers(low, high)) if low < high else low

    def keep(self, name: str, values: object) -> Ref:
        self.tensors[name] = Tensor(values)
        return Ref(name)

    def weight(self, name: str, *shape: int) -> Ref:
        fan_in = max(prod(shape[1:]), 1)
        # A weight of eight bits in the unit of all currents lies within two.
        values = self.rng.normal(0.1, 1.2 / np.sqrt(fan_in), shape)
        return self.keep(name, np.clip(values, -1.9, 1.9))

    def param(self, name: str, shape: Shape, low: float, high: float) -> Param:
        """One number, or a tensor of the shape, of its last axis, or with one axis of size 1."""
        kind = self.pick("one", "one", "all", "last", "thin")
        if kind == "one" or not shape:
            return round(self.rng.uniform(low, high), 3)
        size = {"all": shape, "last": shape[-1:], "thin": (1, *shape[1:])}[kind]
        return self.keep(name, self.rng.uniform(low, high, size))

    def rounding(self) -> Rounding:
        return self.pick(*Rounding)

    def quantity(self, bits: int, unit: int, *, state: bool = False) -> Quantity:
        over = self.pick(Overflow.SATURATE, Overflow.WRAP) if state else Overflow.SATURATE
        return Quantity(bits, True, unit, self.rounding(), over)

    def factor(self, frac: int = 15) -> Factor:
        return Factor(frac, self.rounding())

    def add(
        self, op: Op, uses: tuple[Use, ...], shape: Shape, unit: int, name: str = "", **formats
    ) -> Wire:
        name = name or f"n{len(self.nodes)}"
        self.nodes.append(Node(name, op, uses, self.formatted(**formats)))
        self.wires.append(Wire(name, shape, unit))
        return self.wires[-1]

    def use(self, wire: Wire) -> Use:
        return Use(wire.node, self.pick(0, 0, 0, 1, 2, 3), wire.state)

    def wire(self, fits: Callable[[Wire], bool] = lambda wire: True) -> Wire:
        """Some wire that fits; the newest first, so that networks become deep."""
        return self.pick(*[wire for wire in reversed(self.wires) if fits(wire)])

    def of_rank(self, *ranks: int) -> Wire:
        """Some wire with so many axes: one that has, or a reshape of one that has not."""
        wire = self.wire()
        if len(wire.shape) in ranks:
            return wire
        rank, size = ranks[0], prod(wire.shape)
        first = self.pick(*(n for n in (1, 2, 3, 4) if size % n == 0)) if rank > 1 else size
        shape = (first, *(1,) * (rank - 2), size // first)[:rank] if rank > 1 else (size,)
        return self.add(Reshape(shape), (self.use(wire),), shape, wire.unit)

    def formatted(self, **formats: Format) -> Mapping[str, Format]:
        return MappingProxyType(formats if self.quantized else {})
