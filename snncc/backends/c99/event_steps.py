"""Steps of C that go through lists of events, populations among them. Never: a decision."""

from __future__ import annotations

from dataclasses import dataclass

from snncc.ir import Shape

from .storage import Constant, Memory, Reading, Reset


@dataclass(frozen=True)
class Gather:
    """Synapses whose rows are fetched for each event of a list, eight targets at a time.

    Attributes:
        layer: node whose weights these are.
        rows: table, `[blocks or 1][groups per block][sources][8]`.
        sources: neurons of one source block.
        blocked: each block of the target listens to its own block of the source.
        shared: all blocks use the same rows.
        packed: the table has half rows, of weights of four bits.
    """

    layer: str
    source: Reading
    rows: str
    sources: int
    blocked: bool
    shared: bool
    packed: bool = False


@dataclass(frozen=True, eq=False)
class Leaky:
    """Arithmetic of a leaky neuron that keeps what the next tick begins with.

    That is the potential after reset and decay, bias added: a neuron at rest is zero, and one
    comparison a tick tells both who fires and what is reset.
    """

    bits: int  # of the state: 16, two neurons to a word, or 32
    shift: int  # the current counts in units 2**shift times those of the potential
    cut: bool  # the shifted current alone may leave the state's range
    decay: Constant | None  # over 2**frac; None: nothing leaks
    frac: int
    current_decay: Constant | None  # of a CuBa neuron; None: there is none
    current_frac: int
    strict: bool  # fires above the threshold, not at it
    threshold: Constant
    reset: Reset
    amount: Constant  # subtracted, or put in the place of the decayed potential
    marking: bool  # every amount is above zero and so tells who fired
    late: bool  # subtracted after the decay rather than before
    bias: Constant  # added to what the next tick begins with


@dataclass(frozen=True, eq=False)
class Scalar:
    """Arithmetic of one neuron as C statements of the op's own equations."""

    lines: tuple[str, ...]
    states: tuple[tuple[str, str], ...]  # what the equations call it, its memory
    parameters: tuple[tuple[str, Constant], ...]
    wide: bool  # in 64 bits


@dataclass(frozen=True, eq=False)
class Population:
    """A node with state: its synapses, its neurons and the list of those that fire."""

    node: str
    keyword: str
    neurons: int
    blocks: int
    groups: int  # of eight lanes, per block
    across: bool  # neuron n of block b is number `blocks * n + b`, else `outputs * b + n`
    gathers: tuple[Gather, ...]
    currents: tuple[Reading, ...]  # of synapses computed elsewhere; added
    sums: tuple[Reading, ...]  # the same, in the population's own lanes
    bias: Constant  # of the synapses, in the unit of the current
    lanes: bool  # the whole current is proven to fit int16
    arithmetic: Leaky | Scalar
    memories: tuple[Memory, ...]
    resting: bool  # a block without events and with all states zero needs no update
    counted: bool  # puts out values: several spikes at once, or a potential
    events: str  # wire, or empty
    values: str  # wire, or empty
    exposed: tuple[tuple[str, str], ...]  # (memory, wire of values) to copy after the update


@dataclass(frozen=True, eq=False)
class RowSums:
    """Sums of the rows that a list of events names, outside a population, eight at a time.

    Attributes:
        neurons: sums that there are, `[blocks, outputs]`.
        groups: of eight lanes, per block.
        gathers: the one that there is.
        bias: of the lanes, added to the low 16 bits.
    """

    node: str
    target: str
    neurons: int
    blocks: int
    groups: int
    gathers: tuple[Gather]
    bias: Constant


@dataclass(frozen=True)
class Runs:
    """Where an element of `[channels, lines, columns]` lands under a window.

    Attributes:
        lines, columns: tables, three numbers per line and column: the first tap, the first output,
            and how many taps meet as many outputs in a row.
        size: lines and columns of the source.
        positions: of the output.
        kernel: taps down and along.
    """

    lines: str
    columns: str
    size: tuple[int, int]
    positions: tuple[int, int]
    kernel: tuple[int, int]


@dataclass(frozen=True)
class Scatter:
    """A convolution of events: each adds the rows of its taps to the sums of the pixels they meet.

    Attributes:
        target: wire of sums in lanes, `[pixels, groups * 8]`: the channels of a pixel together.
        rows: table, `[in channels][taps][groups][8]`, the taps in the order of the runs.
        groups: of eight output channels.
    """

    node: str
    source: Reading
    target: str
    rows: str
    groups: int
    runs: Runs


@dataclass(frozen=True, eq=False)
class Products:
    """A convolution of any signal in sums of 32 bits: each value adds its taps where they fall.

    Attributes:
        target: wire of sums, `[groups, pixels, channels of a group]`.
        weights: table, `[in channels][taps][channels of a group]`, taps in the order of the runs.
        into, out: channels of a group.
        bias: of each channel; what its sums begin with.
    """

    node: str
    source: Reading
    target: str
    weights: str
    groups: int
    into: int
    out: int
    runs: Runs
    bias: Constant


@dataclass(frozen=True, eq=False)
class Settle:
    """Sums in lanes become values in the order of the signal, `[channels, pixels]`."""

    node: str
    source: Reading
    target: str
    pixels: int
    channels: int
    bias: Constant  # of the lanes, added to the low 16 bits


@dataclass(frozen=True)
class PoolEvents:
    """A pool of events: each marks, or adds to, the windows that it lies in."""

    node: str
    source: Reading
    target: str
    runs: Runs
    largest: bool


@dataclass(frozen=True)
class Scan:
    """Small counts, mostly 0 or 1, become a list that names each element so many times."""

    source: Reading
    target: str


@dataclass(frozen=True)
class Numbering:
    """Which number an element has in another order.

    Element [i, j, ...] of `extents` becomes `start` + i leap[0] + j leap[1] + ...
    """

    extents: Shape
    leap: tuple[int, ...]
    start: int = 0


@dataclass(frozen=True)
class Renumber:
    """Lists of events on one list, under other numbers: transposed, concatenated, or summed.

    Attributes:
        sources: the lists, and how the numbers of each change.
    """

    node: str
    sources: tuple[tuple[Reading, Numbering], ...]
    target: str


@dataclass(frozen=True)
class Unpack:
    """A list of events becomes values 0 or 1."""

    source: Reading
    target: str


@dataclass(frozen=True)
class Keep:
    """What the caller gave is kept for later ticks."""

    port: str
    target: str
