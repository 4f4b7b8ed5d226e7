"""Neurons that keep a sum of currents for who reads it: they forget it at once and never fire."""

from __future__ import annotations

from math import prod

import numpy as np

from snncc.ir import Network, Node, Values

from ..population_tick import ALIGN_BITS, LIMIT, Population
from ..program import Reader, Registers
from ..target import FRACTION_BITS, THRESHOLD_MAX
from .populations import UNITY, Drive


def reader(
    network: Network, node: Node, drive: Drive, period: int
) -> tuple[Reader, Population, Population, Registers | str]:
    """How the sum is read, and the population that keeps it, in codes and in real numbers.

    Last comes the stock LIF that this is, or why it is not one.
    A LIF of which the current decays wholly in a step has the sum of the step as its current u.
    """
    size = prod(network.shapes[node.name])
    most = float(np.max([-drive.low, drive.high]))
    fine = next((k for k in (FRACTION_BITS, ALIGN_BITS) if most * 2.0**k < LIMIT), 0)
    why = ""
    if period > 1:
        why = f"a tick takes {period} steps, as its loops have more synapses than ticks"
    elif not fine:
        why = "its sums need more than 17 bits"
    shift = 0 if why else fine
    stock = Registers(
        du=UNITY - 1,
        dv=UNITY - 1,
        vth=THRESHOLD_MAX,
        mantissa=(0,) * size,
        exponent=(0,) * size,
        start=np.zeros(size, dtype=np.int64),
        float_start=np.zeros(size),
    )
    kept = Reader(shift, drive.offset, drive.real_offset)
    whole, real = (
        _make_keeper(np.zeros(size, dtype=np.int64), shift),
        _make_keeper(np.zeros(size), 0),
    )
    return kept, whole, real, why or stock


def _make_keeper(zero: Values, shift: int) -> Population:
    whole = bool(np.issubdtype(zero.dtype, np.integer))
    never = zero + (THRESHOLD_MAX << ALIGN_BITS) if whole else zero + np.finfo(np.float64).max
    return Population(
        "none", "now", "new", True, 0, 0, whole, shift, zero, zero, zero, never, zero, zero
    )
