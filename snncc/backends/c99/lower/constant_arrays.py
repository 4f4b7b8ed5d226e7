"""From codes to constant arrays in the order in which the kernels read them: byte by byte."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from snncc.ir import Integers, Tensor, find_unused

from ..storage import KINDS, Constant, Layout, Table
from ..target import LANES

# Within a word the bytes lie as a DSP core widens them: bytes 0 and 2 first, then 1 and 3
# (SXTAB16 takes the even bytes; Armv7-M ARM, DDI 0403, A7.7.184).
BYTE_ORDER = (0, 2, 1, 3, 4, 6, 5, 7)


@dataclass(frozen=True)
class Grid:
    """How the neurons of a population lie in lanes: each block begins a new group of eight.

    Attributes:
        blocks, outputs: neuron `[block, output]`; the population's shape, flat, in that order.
        across: the population's shape, flat, is `[output, block]`.
    """

    blocks: int
    outputs: int
    across: bool = False

    @property
    def groups(self) -> int:
        """Groups of eight lanes per block."""
        return -(-self.outputs // LANES)

    @property
    def lanes(self) -> int:
        """All lanes, empty ones included."""
        return self.blocks * self.groups * LANES

    def spread(self, values: Integers, fill: int = 0) -> Integers:
        """Values `[blocks * outputs, ...]` in lanes: `[blocks, groups * 8, ...]`."""
        if self.across:
            apart = values.reshape(self.outputs, self.blocks, *values.shape[1:]).swapaxes(0, 1)
        else:
            apart = values.reshape(self.blocks, self.outputs, *values.shape[1:])
        lead = [(0, 0), (0, self.groups * LANES - self.outputs)]
        rest = [(0, 0)] * (apart.ndim - 2)
        return np.pad(apart, [*lead, *rest], constant_values=fill)


@dataclass
class Tables:
    """All constant arrays of a program; equal contents of one layout are kept once."""

    found: dict[tuple[str, Tensor], Table] = field(default_factory=dict[tuple[str, Tensor], Table])
    names: set[str] = field(default_factory=set[str])

    def keep(self, name: str, layout: Layout, values: Integers) -> str:
        """Name of the table with these values; `name`, or one like it, if there is none yet.

        One layer may lie in two ways, for populations that have their neurons in different lanes.
        """
        kind = np.iinfo(KINDS[layout])
        low, high = values.min(initial=0), values.max(initial=0)
        assert kind.min <= low and high <= kind.max, f"{name}: {low} to {high} as {layout}"
        flat = values.astype(KINDS[layout]).reshape(-1)
        content = Tensor(flat if flat.size else np.zeros(1, kind.dtype))  # C has no empty arrays
        if (layout, content) not in self.found:
            own = find_unused(name, self.names)
            self.names.add(own)
            self.found[layout, content] = Table(own, layout, content)
        return self.found[layout, content].name

    def constant(
        self, name: str, layout: Layout, values: Integers, grid: Grid, fill: int
    ) -> Constant:
        """A parameter `[neurons]` or `[]` as one number, or as a table in lanes.

        Empty lanes get `fill`; where that is zero they need it, so that they stay at rest.
        """
        padded = grid.lanes > grid.blocks * grid.outputs
        needed = padded and fill == 0 and bool(np.any(values))
        if np.all(values == values.flat[0]) and not needed:
            return Constant(int(values.flat[0]))
        lanes = grid.spread(np.broadcast_to(values, grid.blocks * grid.outputs), fill)
        if np.all(lanes == lanes[0]):
            lanes = lanes[:1]
        return Constant(table=self.keep(name, layout, lanes), period=int(lanes.size))

    def make_constant(self, name: str, layout: Layout, values: Integers) -> Constant:
        """A parameter as one number, or as a table in the order of the signal."""
        if np.all(values == values.flat[0]):
            return Constant(int(values.flat[0]))
        return Constant(table=self.keep(name, layout, values), period=int(values.size))

    @property
    def all(self) -> tuple[Table, ...]:
        """Every table, in the order in which they were first needed."""
        return tuple(self.found.values())


def rows(weights: Integers) -> Integers:
    """Weights `[..., lanes, sources]`, lanes a multiple of eight, as `[..., group, source, 8]`."""
    return np.moveaxis(lane_rows(np.swapaxes(weights, -1, -2)), -3, -2)


def lane_rows(weights: Integers) -> Integers:
    """Weights `[..., sources, lanes]`, lanes a multiple of eight, as `[..., source, group, 8]`."""
    grouped = weights.reshape(*weights.shape[:-1], weights.shape[-1] // LANES, LANES)
    return grouped[..., BYTE_ORDER]


def halve_rows(weights: Integers) -> Integers:
    """Rows `[..., 8]` of weights of four bits as one number each: `[...]`, below 2**32."""
    halves = weights & 15
    bytes_ = halves[..., :4] | halves[..., 4:] << 4
    return np.asarray(bytes_ @ (1 << 8 * np.arange(4)))
