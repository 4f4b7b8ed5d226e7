"""Frozen values that say which populations there are, how they are wired and split; no decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from snncc.backends import Port
from snncc.ir import Decode, Integers, Shape, Values

from .applications.population_tick import Encoder, Population
from .partition.tile import Tile

if TYPE_CHECKING:
    from .routing.route import Routing

Small: TypeAlias = npt.NDArray[np.int8]
Kind: TypeAlias = Literal["dense", "sparse", "conv"]
Reset: TypeAlias = Literal["subtract", "value"]


@dataclass(frozen=True, eq=False)
class Source:
    """Neurons that fire as the host says (`spike_list`).

    Attributes:
        node: the input, or the population that the host computes, whose spikes they are; empty for
            a neuron that fires in every tick, to carry constants.
        shape: of the node; one neuron for a constant.
        phase: chip tick in which they send what belongs to tick 0.
        rate: spikes per neuron and tick to be expected.
    """

    name: str
    node: str
    shape: Shape
    phase: int
    rate: float

    @property
    def size(self) -> int:
        """Number of neurons."""
        return prod(self.shape)


@dataclass(frozen=True, eq=False)
class Register:
    """A sum of real values in codes of its own, which the host rounds once to coarser ones.

    Attributes:
        currents: input or register, ticks of delay, weights `[values, values]` int64.
        constant: whole codes that the sum always has, per value.
        factor: codes times factor / 2**fraction are rounded to the nearest, ties to even.
        low, high: the smallest and the largest code.
    """

    name: str
    currents: tuple[tuple[str, int, Integers], ...]
    constant: Integers
    factor: Integers
    fraction: int
    low: int
    high: int


@dataclass(frozen=True, eq=False)
class Host:
    """A population driven by real values, which the chip does not carry: the host computes it.

    Attributes:
        currents: input, register or host population, ticks of delay, weights `[neurons, values]`
            int64.
        constant: whole codes that the current always has, per neuron.
    """

    name: str
    shape: Shape
    population: Encoder
    currents: tuple[tuple[str, int, Integers], ...]
    constant: Integers


@dataclass(frozen=True, eq=False)
class Neurons:
    """A population on the chip.

    Attributes:
        node: of the network; empty for relays.
        application: the neuron model of py-spinnaker2 that has its equations.
        pace: chip ticks from one update to the next; more than one needs a paced application.
        phase: chip tick in which its tick 0 falls.
        population: its arithmetic, all of it float32.
        rate: spikes per neuron and tick to be expected.
        record: what is recorded: "spikes", "v", or nothing.
    """

    name: str
    node: str
    keyword: str
    application: str
    pace: int
    shape: Shape
    phase: int
    population: Population
    rate: float
    record: Literal["", "spikes", "v"]
    origin: str

    @property
    def size(self) -> int:
        """Number of neurons."""
        return prod(self.shape)


@dataclass(frozen=True, eq=False)
class Window:
    """Geometry of a convolution over images `[channels, height, width]`, pooled before by sums.

    Attributes:
        size: of the source, before pooling.
        out: of the target.
        pool: kernel and stride of the sum-pool in front, (1, 1) for none.
        padding: rows before, rows after, columns before, columns after; of the pooled image.
    """

    size: Shape
    out: Shape
    pool: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]

    @property
    def pooled(self) -> Shape:
        """Channels, height and width of the pooled image."""
        down, across = self.pool
        return self.size[0], self.size[1] // down, self.size[2] // across


@dataclass(frozen=True, eq=False)
class Synapses:
    """Weights from one population (or source) to another; their sign is their type.

    Attributes:
        delay: chip ticks beyond the one that every spike takes, 0 to 7.
        weights: codes: `[out, in]`, `[synapses]` sorted by row, or `[out, in, height, width]`.
        rows, columns: of sparse weights: target and source neuron of each synapse.
        window: of a convolution.
    """

    name: str
    source: str
    target: str
    kind: Kind
    delay: int
    weights: Small
    rows: Integers
    columns: Integers
    window: Window | None
    inputs: int
    outputs: int


@dataclass(frozen=True)
class Wire:
    """What can be read: `text` is the use's, such as `%s1` or `%s1.v`; of whom, and which state."""

    text: str
    population: str
    state: str


@dataclass(frozen=True)
class Core:
    """A part of a population (or source): neurons `start` up to, not including, `stop`.

    Neurons count in row-major order of their shape: channel, row, column for images. Those of a
    tile are a box of an image instead; `start` and `stop` count tile after tile.

    Attributes:
        memory: region of SRAM → bytes, padded as the chip's software does.
        events: synaptic events of a tick to be expected.
        spikes: spikes that it receives in a tick, as expected.
    """

    population: str
    start: int
    stop: int
    memory: Mapping[str, int]
    events: float
    spikes: float
    tile: Tile | None = None

    @property
    def members(self) -> Integers:
        """Indices of its neurons in its population: int64 [neurons]."""
        return self.tile.members if self.tile else np.arange(self.start, self.stop)

    @property
    def where(self) -> str:
        """Its part of the population, as indices in Python are written."""
        return str(self.tile) if self.tile else f"{self.start}:{self.stop}"

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return self.stop - self.start

    @property
    def bytes(self) -> int:
        """Bytes of all regions."""
        return sum(self.memory.values())


@dataclass(frozen=True, eq=False)
class Partition:
    """All cores, and which of them send to which: what placement and routing work on.

    All neurons of a core share one list of targets. The cores that core c sends to are
    `targets[offsets[c]:offsets[c + 1]]`, ascending; `synapses` counts those between the two.

    Attributes:
        cores: of sources first, then of populations, each in order of its neurons.
        rates: spikes per tick that leave each core, as expected: float64 [cores].
        offsets: int64 [cores + 1].
        targets: int64 [links].
        synapses: int64 [links].
    """

    cores: tuple[Core, ...]
    rates: Values
    offsets: Integers
    targets: Integers
    synapses: Integers


@dataclass(frozen=True, eq=False)
class Program:
    """A network as populations of SpiNNaker 2.

    Attributes:
        period: chip ticks to one tick of the network; one on the applications as they are.
        inputs: of the network, in order.
        outputs: wires, in order.
        traced: wires that can be recorded, the outputs included.
        duration: ticks of the network that recordings and stimuli have room for.
        sys_tick: seconds of a chip tick.
        layout: name of the memory layout.
        partition: how populations are split over cores.
        routing: where the cores run, and how spikes get from one to the other.
        warnings: a sentence for each limit that may be passed on data.
    """

    name: str
    tick: float
    decode: Decode
    period: int
    inputs: tuple[Port, ...]
    registers: tuple[Register, ...]
    hosts: tuple[Host, ...]
    sources: tuple[Source, ...]
    neurons: tuple[Neurons, ...]
    synapses: tuple[Synapses, ...]
    outputs: tuple[Wire, ...]
    traced: tuple[Wire, ...]
    duration: int
    sys_tick: float
    layout: str
    partition: Partition
    routing: Routing
    warnings: tuple[str, ...]

    @property
    def settle(self) -> int:
        """Chip ticks until the last population has its tick 0."""
        return max((n.phase for n in self.neurons), default=0)

    @property
    def ticks(self) -> int:
        """Chip ticks of a run of `duration`."""
        return self.duration * self.period + self.settle
