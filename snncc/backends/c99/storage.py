"""What C keeps, as frozen values: constant tables, wires, states; whose C types lowering chooses.

A `Table` is constant, in flash; a `Wire` or a `Memory` is in RAM. A C type is the narrowest that
contains a range (`narrowest`). Which range that is, for a wire: `lower/signal_uses.py`
(`Facts.ctype`); for a state: `lower/scalar_neurons.py`, or for neurons in lanes
`lower/population_arithmetic.py` (int16_t or int32_t); for weights: `lower/gathered_rows.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from snncc.ir import Integers, Tensor

CType: TypeAlias = Literal["int8_t", "uint8_t", "int16_t", "uint16_t", "int32_t", "uint32_t"]
Layout: TypeAlias = Literal["rows", "half_rows", "lanes"] | CType
Reset: TypeAlias = Literal["subtract", "value", "none"]
KINDS: Mapping[Layout, type[np.integer]] = {
    "rows": np.int8,
    "half_rows": np.uint32,
    "int8_t": np.int8,
    "uint8_t": np.uint8,
    "lanes": np.int16,
    "int16_t": np.int16,
    "uint16_t": np.uint16,
    "int32_t": np.int32,
    "uint32_t": np.uint32,
}
BYTES: Mapping[Layout, int] = {layout: np.dtype(kind).itemsize for layout, kind in KINDS.items()}

SHARED_ALIGNMENT = 16  # bytes, of a place in shared memory: a group of eight lanes


@dataclass(frozen=True, eq=False)
class Table:
    """A constant array: `rows` of eight weights, `lanes` of eight int16, or a plain C array.

    Of `half_rows` each number has the weights of a row in four bits each.
    """

    name: str
    layout: Layout
    content: Tensor  # flat, as wide as the layout

    @property
    def values(self) -> Integers:
        """The numbers, in order."""
        return self.content.values

    @property
    def bytes(self) -> int:
        """Flash that it takes."""
        return self.content.shape[0] * BYTES[self.layout]


@dataclass(frozen=True, eq=False)
class Constant:
    """A parameter of a population: one number, or a table with one number per lane.

    Attributes:
        value: the number, where all neurons share it.
        table: name of the table, else; `period` lanes long, then it begins again.
    """

    value: int = 0
    table: str = ""
    period: int = 0


@dataclass(frozen=True)
class Wire:
    """Where a signal is kept: a list of events, a value per neuron, or sums in lanes of eight.

    Attributes:
        slots: ticks that are kept, the present one included.
        borrowed: the caller's own array, read in place; not part of the state.
        place: where it begins in the memory that wires share, in bytes; None: it has memory of its
            own.
    """

    name: str
    kind: Literal["events", "values", "lanes"]
    ctype: CType
    size: int
    slots: int = 1
    borrowed: bool = False
    place: int | None = None

    @property
    def elements(self) -> int:
        """Elements of one tick; a list carries its end mark and its length."""
        return self.size + (2 if self.kind == "events" else 0)

    @property
    def bytes(self) -> int:
        """RAM that it takes, shared or not."""
        return 0 if self.borrowed else self.slots * self.elements * BYTES[self.ctype]


@dataclass(frozen=True)
class Reading:
    """A wire as it was `delay` ticks ago."""

    wire: str
    delay: int = 0


@dataclass(frozen=True, eq=False)
class Memory:
    """A state of a population, in lanes: padded so that each block begins a new group."""

    name: str
    ctype: CType
    lanes: int
    initial: Integers  # [lanes]
    packed: bool  # two int16 to a word

    @property
    def bytes(self) -> int:
        """RAM that it takes."""
        return self.lanes * BYTES[self.ctype]


def narrowest(low: int, high: int) -> CType | None:
    """The smallest C type that holds the range; None where 32 bits do not."""
    known: tuple[tuple[CType, int, int], ...] = (
        ("uint8_t", 0, 255),
        ("int8_t", -128, 127),
        ("int16_t", -(1 << 15), (1 << 15) - 1),
        ("uint16_t", 0, (1 << 16) - 1),
        ("int32_t", -(1 << 31), (1 << 31) - 1),
    )
    return next((name for name, least, most in known if least <= low and high <= most), None)
