"""Which arithmetic neurons get: int16 lanes where that is proven to be equal, else scalar."""

from __future__ import annotations

import numpy as np

from snncc.ir import Factor, Node, Overflow, Single
from snncc.ir.passes import worst_case

from ..event_steps import Leaky, Scalar
from ..storage import Memory
from ..target import LANE_BITS
from .constant_arrays import Grid
from .context import Context
from .leaky_neurons import leaky_of
from .scalar_neurons import scalar
from .signal_uses import refusal


def arithmetic_of(
    context: Context, node: Node, grid: Grid, lanes: bool
) -> tuple[Leaky | Scalar, tuple[Memory, ...], bool]:
    """Arithmetic and states of a population, and whether it stays at rest without input.

    Raises:
        LoweringRefused: C004 a trapping state is not proven to fit, C005 a format is too wide.
    """
    _check_formats(context, node)
    found = leaky_of(context, node, grid, lanes)
    if found is None:
        return scalar(context, node, grid)
    leaky, first, bias = found
    names = ("rest",) if leaky.current_decay is None else ("rest", "current")
    memories = tuple(
        Memory(
            f"{node.name}_{name}",
            "int16_t" if leaky.bits == LANE_BITS else "int32_t",
            grid.lanes,
            grid.spread(first if name == "rest" else bias).reshape(-1),
            packed=leaky.bits == LANE_BITS,
        )
        for name in names
    )
    return leaky, memories, True


def _check_formats(context: Context, node: Node) -> None:
    for role, format in node.formats.items():
        if isinstance(format, Factor):
            if format.frac > 31:
                raise refusal("C005", node, f"role '{role}' has {format.frac} fraction bits")
            continue
        if isinstance(format, Single):
            raise refusal("C005", node, f"role '{role}' is in single precision")
        if format.bits > 32:
            raise refusal(
                "C005", node, f"role '{role}' has {format.bits} bits, at most 32 are kept"
            )
        if format.overflow is Overflow.TRAP:
            limits, numbers = context.facts.bounds, context.numbers
            worst = float(np.max(worst_case(context.network, node, limits, numbers)))
            if worst > format.high:
                message = (
                    f"role '{role}' traps beyond {format.high:,} and may reach {worst:,.0f}; "
                    "saturate, or widen it"
                )
                raise refusal("C004", node, message)
