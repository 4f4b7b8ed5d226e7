"""Events (x, y, t, p) → counts per tick: bins of a stated length, from the sample's first event.

The axes are those of Tonic's ToFrame (tonic 1.6, tonic/transforms.py): polarity, y, x.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import ceil, prod
from typing import Any

import numpy as np
import numpy.typing as npt

from snncc.ir import UsageError, Values
from snncc.ir.untrusted import limits

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


def check_column(path: str, name: str, column: npt.NDArray[np.generic]) -> None:
    """Refuses a column of events that is not one number an event.

    Raises:
        UsageError: says what it is.
    """
    if column.ndim != 1 or column.dtype.kind not in "fiub":
        raise UsageError(
            f"{path}: {name} is {column.dtype}{list(column.shape)}, expected one number an event"
        )


def collect_events(path: str, columns: Mapping[str, npt.NDArray[np.generic]]) -> Events:
    """Events of columns t, x, p, which is above zero or not, and perhaps y.

    Raises:
        UsageError: a column is not one number an event, or they differ in length.
    """
    for name in (TIME, *FIELDS):
        if name in columns:
            check_column(path, name, columns[name])
    lengths = {name: len(columns[name]) for name in (TIME, *FIELDS) if name in columns}
    if len(set(lengths.values())) > 1:
        raise UsageError(f"{path}: columns of events have several lengths ({lengths})")
    places: list[npt.NDArray[np.int64]] = []
    for name in FIELDS:
        if name not in columns:
            continue
        values: npt.NDArray[Any] = np.asarray(columns[name])
        places.append((values > 0 if name == "p" else values).astype(np.int64))
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
            _refuse_strange(path, events)
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
    ticks = options.ticks or _count_ticks(path, float(spans.max()), options.bin)
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


def _refuse_strange(path: str, events: Events) -> None:
    """Refuses times and addresses that no sensor gives."""
    if {place.shape for place in events.places} != {events.times.shape}:
        raise UsageError(f"{path}: an event is not one time and one address")
    if not np.all(np.isfinite(events.times)):
        raise UsageError(f"{path}: the time of an event is not a finite number")
    for name, place in zip(FIELDS[-len(events.places) :], events.places, strict=True):
        least, most = int(place.min()), int(place.max())
        if least < 0 or most >= limits.EXTENT:
            wrong = least if least < 0 else most
            raise UsageError(
                f"{path}: an event has {name}={wrong}; expected 0 to {limits.EXTENT - 1:,}"
            )


def _count_ticks(path: str, span: float, length: float) -> int:
    """How many ticks a sample needs that lasts so many microseconds."""
    found = (span + 1) / length
    if found >= limits.EXTENT:
        raise UsageError(
            f"{path}: samples last up to {span:g} microseconds, which are {found:g} ticks of "
            f"{length:g}; give longer ticks with --option bin"
        )
    return ceil(found)


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
    where, counts = np.unique(np.ravel_multi_index(places, sample.shape), return_counts=True)
    if counts.max(initial=0) > np.iinfo(COUNT).max:
        raise UsageError(f"{path}: {counts.max():,} events in one tick of one place; shorten bin")
    flat[where] = counts
    return int(np.count_nonzero(~inside))
