"""Frozen values that say which Lava processes there are and how they are wired; no decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Literal, TypeAlias

import numpy as np

from snncc.ir import Decode, Integers, Quantity, Shape, Values

from .host import Register
from .population_tick import Population
from .target import WEIGHT_EXPONENT_MAX, WEIGHT_HIGH

Kind: TypeAlias = Literal["dense", "sparse", "conv"]


@dataclass(frozen=True, eq=False)
class Source:
    """An input of the network.

    Attributes:
        format: codes of a real signal; None for spikes.
    """

    name: str
    shape: Shape
    size: int
    format: Quantity | None
    phase: int = 0

    @property
    def message_bits(self) -> int:
        """Bits of a payload; 0 for spikes."""
        return 0 if self.format is None else self.format.bits


@dataclass(frozen=True, eq=False)
class Host:
    """Values that the host computes of the inputs in every tick, and sends as graded spikes.

    Attributes:
        whole, real: how, in codes and in real numbers.
        message_bits: of a payload.
    """

    name: str
    shape: Shape
    whole: Register
    real: Register
    message_bits: int

    @property
    def size(self) -> int:
        """How many values it sends."""
        return prod(self.shape)


@dataclass(frozen=True, eq=False)
class Reader:
    """How a population's current shows a sum that is an output: `(u >> shift) + offset`.

    Attributes:
        offset, real_offset: the biases on the way, per neuron, in codes and in real numbers.
    """

    shift: int
    offset: Integers
    real_offset: Values


@dataclass(frozen=True)
class Registers:
    """A stock LIF: its registers; du, dv, vth are one for the whole population.

    `cleared` says that its state is set to zero just before its first tick (LIFReset).
    """

    du: int
    dv: int
    vth: int
    mantissa: tuple[int, ...]  # of the bias, per neuron, or one for all
    exponent: tuple[int, ...]
    start: Values  # potential before the first step, per neuron
    float_start: Values
    cleared: bool = False


@dataclass(frozen=True, eq=False)
class Neurons:
    """A process of neurons: a stock LIF where it has registers, one of our own otherwise.

    Attributes:
        population: the node that it computes, or computes a part of.
        members: which neurons of the node these are, in order.
        phase: the step in which its tick 0 falls.
        whole, real: its arithmetic in codes and in real numbers.
        why: why it is not a stock LIF; empty where it is.
        message_bits: of what it sends; 0 for spikes.
        over: how far above its threshold a potential can be when it fires, in thresholds; zero
            for what does not fire, infinite where nothing bounds it.
    """

    name: str
    population: str
    members: Integers
    keyword: str
    phase: int
    whole: Population
    real: Population
    registers: Registers | None
    why: str
    message_bits: int
    over: float

    @property
    def size(self) -> int:
        """How many they are."""
        return len(self.members)


@dataclass(frozen=True, eq=False)
class Window:
    """Geometry of a convolution, as PyTorch counts it; one axis is padded to two."""

    size: Shape  # channels, height, width of the source
    out: Shape
    stride: Shape
    padding: Shape
    dilation: Shape
    groups: int


@dataclass(frozen=True, eq=False)
class Synapses:
    """Weights from one population (or input) to another.

    Attributes:
        delay: ticks from the spike to the tick in which it arrives, in ticks of the network.
        extra: steps of delay beyond the one that every synapse takes.
        doubled: whether Lava's result counts in halves of a code: weight exponent 0 rather than -1.
        weights, real: codes and real values: `[out, in]`, `[synapses]` or `[out, in/groups, h, w]`.
        rows, columns: of sparse weights, sorted by row.
        message_bits: of what they receive; 0 for spikes.
    """

    name: str
    source: str
    target: str
    kind: Kind
    delay: int
    extra: int
    doubled: bool
    weights: Integers
    real: Values
    rows: Integers
    columns: Integers
    window: Window | None
    message_bits: int
    inputs: int
    outputs: int

    @property
    def exponent(self) -> int:
        """Of two: the weights are so many times what a synapse holds."""
        return exponent_of(self.weights)


@dataclass(frozen=True)
class Wire:
    """What can be read of a population: `text` is the use's, such as `%s1` or `%s1.v`."""

    text: str
    population: str
    state: str  # "", "u" or "v"; "sum" of a reader


@dataclass(frozen=True, eq=False)
class Program:
    """A network as Lava processes.

    Attributes:
        period: steps of Loihi to one tick of the network.
        hosts: what the host sends besides the inputs, each after those that it reads.
        readers: populations of which the current is an output, by name.
        shapes: of the populations.
        outputs: wires, in order.
        traced: wires that can be recorded, the outputs included.
    """

    name: str
    tick: float
    decode: Decode
    period: int
    sources: tuple[Source, ...]
    hosts: tuple[Host, ...]
    readers: Mapping[str, Reader]
    neurons: tuple[Neurons, ...]
    synapses: tuple[Synapses, ...]
    shapes: Mapping[str, Shape]
    outputs: tuple[Wire, ...]
    traced: tuple[Wire, ...]
    chips: int
    netx: bool

    @property
    def settle(self) -> int:
        """Steps until the last population has its first tick."""
        return max((n.phase for n in self.neurons), default=0)

    def parts(self, population: str) -> tuple[Neurons, ...]:
        """The processes of a population."""
        return tuple(n for n in self.neurons if n.population == population)

    @property
    def native(self) -> bool:
        """Whether every population is a process that Loihi has in hardware."""
        return all(n.registers is not None for n in self.neurons)


def exponent_of(codes: Integers) -> int:
    """The power of two that all weights share, as far as one weight needs it to be a code."""
    found = 0
    while (
        found < WEIGHT_EXPONENT_MAX
        and int(np.max(np.abs(codes), initial=0)) >> found > WEIGHT_HIGH
        and not np.any(codes & ((2 << found) - 1))
    ):
        found += 1
    return found
