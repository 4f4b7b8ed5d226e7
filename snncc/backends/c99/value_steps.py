"""Steps of C that go through arrays of values, every one. Never: a decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from snncc.ir import Shape

from .storage import Constant, Reading


@dataclass(frozen=True)
class DenseWalk:
    """Weights `[blocks or 1][inputs][outputs]`; `rows` repetitions or blocks."""

    weights: str
    rows: int
    inputs: int
    outputs: int
    blocked: bool


@dataclass(frozen=True)
class SparseWalk:
    """Synapses of source i are number `starts[i]` up to, not including, `starts[i + 1]`."""

    weights: str
    starts: str
    targets: str


@dataclass(frozen=True)
class ConvWalk:
    """Weights `[in channels][height][width][out channels per group]`; one axis has height 1."""

    weights: str
    size: tuple[int, int]
    positions: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    before: tuple[int, int]
    dilation: tuple[int, int]
    into: int  # input channels per group
    out: int  # output channels per group


Walk: TypeAlias = DenseWalk | SparseWalk | ConvWalk


@dataclass(frozen=True, eq=False)
class Spread:
    """Synapses walked from the source: each spike or value adds to the targets it reaches."""

    node: str
    source: Reading
    target: str
    targets: int
    walk: Walk
    bias: Constant  # what each target begins with


@dataclass(frozen=True)
class Dot:
    """Dense synapses walked from the target: one dot product per output."""

    node: str
    source: Reading
    target: str
    rows: int  # repetitions along the leading axes
    inputs: int
    outputs: int
    weights: str
    blocked: bool  # each repetition has weights of its own
    bias: Constant
    across: bool = False  # inputs and outputs are `[inputs, rows]`, and the bias one per output


@dataclass(frozen=True)
class Loop:
    """Element by element: nested loops over `extents`, one C expression for the element.

    Attributes:
        offsets, strides: of each reading, per extent; what the expression calls x0, x1, ...
        start, leap: where the results go, per extent.
        statements: C before the expression, on the same names.
    """

    node: str
    sources: tuple[Reading, ...]
    target: str
    extents: Shape
    offsets: tuple[int, ...]
    strides: tuple[tuple[int, ...], ...]
    start: int
    leap: tuple[int, ...]
    expression: str
    parameters: tuple[tuple[str, Constant], ...] = ()
    statements: tuple[str, ...] = ()


@dataclass(frozen=True)
class MatrixProduct:
    """`batch` products of matrices [rows, terms] and [terms, columns], one after the other."""

    node: str
    left: Reading
    right: Reading
    target: str
    batch: int
    rows: int
    terms: int
    columns: int


@dataclass(frozen=True)
class Normalise:
    """Rows of `size` values, each normalised: from its mean, over its deviation.

    Attributes:
        softening: added to the squares, one for each row.
        frac: the results count in units 2**-frac.
        fitted: C of what the format holds of a result x.
    """

    node: str
    source: Reading
    target: str
    rows: int
    size: int
    softening: Constant
    frac: int
    fitted: str


@dataclass(frozen=True)
class PoolWindow:
    """Sum or maximum over windows of the last two axes; one axis counts as height 1."""

    node: str
    source: Reading
    target: str
    channels: int
    size: tuple[int, int]
    positions: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    before: tuple[int, int]
    largest: bool  # the maximum, of what lies inside
