"""Elements in another order: axes as strides, and events under other numbers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod

import numpy as np

from snncc.ir import Integers, Node, Shape
from snncc.ir.ops import Concat, Sum, Transpose

from ..event_steps import Numbering
from ..target import EVENT_MOVED, UNKNOWN_RATE, VALUE_MOVED
from ..value_steps import Loop
from .signal_uses import Facts

Strides = tuple[int, ...]


def contiguous(shape: Shape) -> Strides:
    """The strides of an array whose elements stand one after the other, the last axis first."""
    return tuple(prod(shape[k + 1 :]) for k in range(len(shape)))


def merge_axes(extents: Shape, *strides: Strides) -> tuple[Shape, tuple[Strides, ...]]:
    """The same elements along as few axes as can be: `strides` are those of arrays walked together.

    An axis of one element goes; two neighbours are one where each array goes on from the end of
    the inner one to its next line.
    """
    axes: list[tuple[int, Strides]] = []
    for extent, *steps in zip(extents, *strides, strict=True):
        if extent == 1:
            continue
        if axes and axes[-1][1] == tuple(extent * step for step in steps):
            axes[-1] = axes[-1][0] * extent, tuple(steps)
        else:
            axes.append((extent, tuple(steps)))
    sizes = tuple(extent for extent, _ in axes)
    return sizes, tuple(tuple(steps[k] for _, steps in axes) for k in range(len(strides)))


def merge_loop(loop: Loop) -> Loop:
    """The same loop along as few axes as can be."""
    extents, (leap, *strides) = merge_axes(loop.extents, loop.leap, *loop.strides)
    return replace(loop, extents=extents, leap=leap, strides=tuple(strides))


def numberings_of(node: Node, shapes: Mapping[str, Shape]) -> tuple[Numbering, ...]:
    """How the numbers of each input's events change; none where events alone do not tell."""
    given = [shapes[use.source] for use in node.inputs]
    leap = contiguous(shapes[node.name])
    match node.op:
        case Transpose(order=order):
            moved = tuple(leap[order.index(axis)] for axis in range(len(order)))
            return (_merge(given[0], moved, 0),)
        case Concat(axis=axis):
            starts = np.cumsum([0, *(shape[axis] for shape in given)])[:-1]
            return tuple(
                _merge(shape, leap, int(start) * leap[axis])
                for shape, start in zip(given, starts, strict=True)
            )
        case Sum() if all(shape == shapes[node.name] for shape in given):
            return tuple(_merge(shape, leap, 0) for shape in given)
        case _:
            return ()


def is_cheaper_on_events(facts: Facts, rates: Mapping[str, float], node: Node) -> bool:
    """Whether to give events other numbers costs less than to copy and look at each value."""
    listed = all(not use.state and facts.is_countable(use) for use in node.inputs)
    sparse = rates.get(node.name, UNKNOWN_RATE) * EVENT_MOVED < VALUE_MOVED
    return listed and sparse and bool(numberings_of(node, facts.network.shapes))


def new_numbers(numbering: Numbering) -> Integers:
    """The new number of each element, flat."""
    grids = np.indices(numbering.extents).reshape(len(numbering.extents), -1)
    leaps = np.array(numbering.leap, dtype=np.int64).reshape(-1, 1)
    return np.asarray(numbering.start + np.sum(grids * leaps, axis=0, dtype=np.int64))


def _merge(extents: Shape, leap: tuple[int, ...], start: int) -> Numbering:
    merged, (steps,) = merge_axes(extents, leap)
    if not merged:  # a single element
        return Numbering((prod(extents),), (1,), start)
    return Numbering(merged, steps, start)
