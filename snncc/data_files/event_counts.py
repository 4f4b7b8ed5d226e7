"""Events (x, y, t, p) → counts per tick: bins of a stated length, from the sample's first event.

The axes are those of Tonic's ToFrame (tonic 1.6, tonic/transforms.py): polarity, y, x.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import ceil, prod

import numpy as np
import numpy.typing as npt

from snncc.ir import UsageError, Values

from .data_options import DataOptions
from .recorded import allocate

FIELDS = ("p", "y", "x")  # the axes of a tick
COUNT = np.uint16
TIME, X = "t", "x"


@dataclass(frozen=True)
class Events:
    """The events of one sample.

    Attributes:
        times: microseconds, float64 `[events]`.
        places: one integer array `[events]` for each axis of a tick, in order.
    """

    times: npt.NDArray[np.float64]
    places: tuple[npt.NDArray[np.int64], ...]


def are_events(names: Iterable[str]) -> bool:
    """Whether fields or columns of these names are events: a time, an address and a polarity."""
    return {TIME, X, "p"} <= set(names)


def collect_events(path: str, columns: Mapping[str, npt.NDArray[np.generic]]) -> Events:
    """Events of columns t, x, p, which is above zero or not, and perhaps y.

    Raises:
        UsageError: an address is below zero, or the columns differ in length.
    """
    lengths = {name: len(columns[name]) for name in (TIME, *FIELDS) if name in columns}
    if len(set(lengths.values())) > 1:
        raise UsageError(f"{path}: columns of events have several lengths ({lengths})")
    places: list[npt.NDArray[np.int64]] = []
    for name in FIELDS:
        if name not in columns:
            continue
        values = np.asarray(columns[name]).astype(np.int64)
        places.append((values > 0).astype(np.int64) if name == "p" else values)
        if places[-1].size and places[-1].min() < 0:
            raise UsageError(f"{path}: an event has {name}={places[-1].min()}; expected 0 or more")
    return Events(np.asarray(columns[TIME]).astype(np.float64), tuple(places))


def bin_events(
    path: str, load: Callable[[int], Events], count: int, options: DataOptions
) -> tuple[Values, tuple[str, ...]]:
    """Counts uint16 `[samples, ticks, *shape]`, and notes.

    Args:
        path: for messages.
        load: gives a sample's events, as often as it is asked.
        count: how many samples there are.
        options: the length of a tick; perhaps ticks, and the shape.

    Raises:
        UsageError: the length is not stated, or events lie outside the shape.
    """
    spans, largest = np.zeros(count), np.zeros(0, dtype=np.int64)
    for index in range(count):
        events = load(index)
        if events.times.size:
            spans[index] = np.ptp(events.times)
            most = np.asarray([place.max() for place in events.places])
            largest = most if not largest.size else np.maximum(largest, most)
    if options.bin is None:
        raise UsageError(
            f"{path} holds events; say how long a tick is with --option bin=MICROSECONDS (samples "
            f"last up to {spans.max(initial=0):,.0f}: bin={spans.max(initial=0) / 100 or 1:.0f} "
            "makes about a hundred ticks)"
        )
    if not largest.size:
        raise UsageError(f"{path} holds no event")
    ticks = options.ticks or ceil((spans.max() + 1) / options.bin)
    grid = _choose_grid(path, largest, options)
    signal = allocate(path, (count, ticks, *grid), COUNT)
    cut = 0
    for index in range(count):
        cut += _fill(path, signal[index], load(index), options.bin)
    shape = options.shape or grid
    notes = [f"events are counted in {ticks} ticks of {options.bin:g} microseconds, as {[*shape]}"]
    if cut:
        notes.append(f"warning: {cut:,} events come after tick {ticks} and are left out")
    return signal.reshape(count, ticks, *shape), tuple(notes)


def _choose_grid(
    path: str, largest: npt.NDArray[np.int64], options: DataOptions
) -> tuple[int, ...]:
    """The axes of a tick: the shape that the user states, or else the least that holds all."""
    least = tuple(int(n) + 1 for n in largest)
    if len(least) > 1:
        least = (2, *least[1:])  # a polarity that never comes is an axis, too
    stated = options.shape
    if stated is None or (len(stated) != len(least) and prod(stated) == prod(least)):
        return least
    if len(stated) != len(least) or any(s < n for s, n in zip(stated, least, strict=True)):
        raise UsageError(
            f"{path}: events reach {[*least]}, option shape is {[*stated]}; leave it out, or make "
            "it larger"
        )
    return stated


def _fill(path: str, sample: Values, events: Events, length: float) -> int:
    """Counts events in a sample `[ticks, *shape]`; how many come too late."""
    if not events.times.size:
        return 0
    tick = np.floor((events.times - events.times.min()) / length).astype(np.int64)
    inside = tick < sample.shape[0]
    places = (tick[inside], *(place[inside] for place in events.places))
    flat = sample.reshape(-1)
    counts = np.bincount(np.ravel_multi_index(places, sample.shape), minlength=flat.size)
    if counts.max(initial=0) > np.iinfo(COUNT).max:
        raise UsageError(f"{path}: {counts.max():,} events in one tick of one place; shorten bin")
    flat[:] = counts
    return int(np.count_nonzero(~inside))
