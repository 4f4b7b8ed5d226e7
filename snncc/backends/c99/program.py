"""What C to write for a network: its steps in order, its memory, its ports. Never: a decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from snncc.ir import Decode, Quantity, Shape
from snncc.projects import UNASKED, Delivery

from .event_steps import (
    Keep,
    PoolEvents,
    Population,
    Products,
    Renumber,
    RowSums,
    Scan,
    Scatter,
    Settle,
    Unpack,
)
from .storage import SHARED_ALIGNMENT, CType, Reading, Table, Wire
from .value_steps import Dot, Loop, MatrixProduct, Normalise, PoolWindow, Spread

Step: TypeAlias = (
    Population
    | RowSums
    | Scatter
    | Products
    | Settle
    | PoolEvents
    | Scan
    | Renumber
    | Unpack
    | Keep
    | Spread
    | Dot
    | Loop
    | MatrixProduct
    | Normalise
    | PoolWindow
)


@dataclass(frozen=True)
class Port:
    """An input of the tick function: spikes, or codes of a format."""

    node: str
    shape: Shape
    ctype: CType
    format: Quantity | None  # None: spikes


@dataclass(frozen=True)
class Readout:
    """A wire that can be read from outside: `text` is the use's, such as `%s1` or `%s1.v`.

    Attributes:
        unit: the real value of one code; None where it is not one for all elements.
    """

    text: str
    reading: Reading
    shape: Shape
    spikes: bool
    unit: float | None = None


@dataclass(frozen=True)
class Layer:
    """One line of the report: what a set of synapses or neurons costs and how it is computed."""

    node: str
    keyword: str
    neurons: int
    synapses: int
    flash_bytes: int
    ram_bytes: int
    method: str
    reason: str


@dataclass(frozen=True, eq=False)
class Program:
    """A network as a C program: everything decided, nothing written yet."""

    name: str
    tick: float
    decode: Decode
    ports: tuple[Port, ...]
    wires: tuple[Wire, ...]
    tables: tuple[Table, ...]
    steps: tuple[Step, ...]
    outputs: tuple[Readout, ...]
    traced: tuple[Readout, ...]
    layers: tuple[Layer, ...] = ()
    scored: bool = True  # whether the C adds up the first output over the ticks
    digest: str = ""  # SHA-256 of the network's text and of its tensors' digests
    delivery: Delivery = UNASKED
    compiler: str = ""  # GCC that builds firmware; empty: the Clang that snncc brings

    @property
    def wide_events(self) -> bool:
        """Whether its lists of events have indices of 32 bits."""
        return any(wire.kind == "events" and wire.ctype == "uint32_t" for wire in self.wires)

    @property
    def shared_bytes(self) -> int:
        """The memory that wires share."""
        placed = [wire for wire in self.wires if wire.place is not None]
        last = max((wire.bytes + (wire.place or 0) for wire in placed), default=0)
        return -(-last // SHARED_ALIGNMENT) * SHARED_ALIGNMENT

    @property
    def observable(self) -> tuple[Readout, ...]:
        """What can be read after a tick: the outputs first."""
        placed = {wire.name for wire in self.wires if wire.place is not None}
        return tuple(r for r in self.traced if r.reading.wire not in placed)

    @property
    def weight_bytes(self) -> int:
        """Flash that all constant arrays take."""
        return sum(table.bytes for table in self.tables)
