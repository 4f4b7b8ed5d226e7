"""A population of mixed constants as several stock ones, and its synapses cut accordingly.

A stock LIF has one threshold and one decay for all its neurons. Never: other arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from snncc.ir import Integers, Values

from ..population_tick import Population
from ..program import Registers
from .links import NONE, Link
from .populations import Drive
from .stock import MIXED, bound_overshoot, registers


@dataclass(frozen=True, eq=False)
class Part:
    """Some neurons of a population, as one process; `found` are registers, or why there are none.

    Attributes:
        members: which neurons, in order.
        whole, real: their arithmetic.
        over: how far above its threshold a potential can be when it fires, in thresholds.
    """

    members: Integers
    whole: Population
    real: Population
    found: Registers | str
    over: float


@dataclass(frozen=True)
class Frame:
    """What the processes of a population share: steps, and whether its potential is read."""

    period: int
    phase: int
    read: bool
    most: int


def parts(whole: Population, real: Population, drive: Drive, frame: Frame) -> tuple[Part, ...]:
    """The population as one process, or as stock ones, one for each set of constants.

    It is split only where that makes all of it stock, in `frame.most` processes or fewer.
    """
    everyone = np.arange(len(whole.bias))
    one = _part(whole, real, drive, frame, everyone)
    kinds = _kinds(whole)
    if isinstance(one.found, Registers) or np.max(kinds) == 0:
        return (one,)
    if np.max(kinds) >= frame.most:
        return (replace(one, found=f"{one.found}{_advise(one.found, kinds)}"),)
    found = [
        _part(whole, real, drive, frame, np.flatnonzero(kinds == kind))
        for kind in range(int(np.max(kinds)) + 1)
    ]
    why = next((part.found for part in found if isinstance(part.found, str)), None)
    return (replace(one, found=why),) if why else tuple(found)


def _advise(why: str, kinds: Integers) -> str:
    """What to do about mixed constants, if they are the reason."""
    many = np.max(kinds) + 1
    return f", in {many} ways (--option parts={many} allows as many LIFs)" if why == MIXED else ""


def _kinds(p: Population) -> Integers:
    """Which set of constants each neuron has, numbered from 0."""
    zero = np.zeros_like(p.threshold)
    decays = (zero if d is None else d for d in (p.decay, p.current_decay))
    table = np.stack([p.threshold, *decays])
    return np.asarray(np.unique(table, axis=1, return_inverse=True)[1]).reshape(-1)


def _part(
    whole: Population, real: Population, drive: Drive, frame: Frame, members: Integers
) -> Part:
    few, floats = _select(whole, members), _select(real, members)
    limits = drive.low, drive.high, drive.offset, drive.real_offset
    heard = Drive(*(values[members] for values in limits))
    found = registers(few, floats, heard, frame.period, frame.phase, frame.read)
    return Part(members, few, floats, found, bound_overshoot(few, heard))


def _select(p: Population, members: Integers) -> Population:
    return replace(
        p,
        decay=None if p.decay is None else p.decay[members],
        current_decay=None if p.current_decay is None else p.current_decay[members],
        bias=p.bias[members],
        threshold=p.threshold[members],
        amount=p.amount[members],
        initial=p.initial[members],
        floor=None if p.floor is None else p.floor[members],
    )


def cut(link: Link, to: Integers, source: Integers, shape: tuple[int, int]) -> Link | None:
    """The weights between some neurons and some others; None where there are none.

    Args:
        link: all weights, a matrix or one by one.
        to: rows that are wanted.
        source: columns that are wanted.
        shape: rows and columns of the whole.
    """
    if (len(to), len(source)) == shape:
        return link
    if link.kind == "dense":
        some = np.ix_(to, source)
        return _drop_empty(Link("dense", link.weights[some], link.real[some], NONE, NONE))
    row, column = (_places(some, size) for some, size in zip((to, source), shape, strict=True))
    kept = (row[link.rows] >= 0) & (column[link.columns] >= 0)
    rows, columns = row[link.rows[kept]], column[link.columns[kept]]
    return _drop_empty(Link("sparse", link.weights[kept], link.real[kept], rows, columns))


def _drop_empty(link: Link) -> Link | None:
    return link if np.any(link.weights) or np.any(link.real) else None


def _places(some: Integers, size: int) -> Integers:
    """The place of each of `size` neurons among some of them; -1 if it has none."""
    found: Values = np.full(size, -1, dtype=np.int64)
    found[some] = np.arange(len(some))
    return found
