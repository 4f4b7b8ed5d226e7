"""Columns of events, whatever file they are from: which sample each is of, and its class.

How events become ticks is in `event_counts.py`; what columns are called, in `accepted_names.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from snncc.ir import UsageError, Values

from .accepted_names import find_labels, find_recordings, say_unread
from .data_options import DataOptions
from .event_counts import Events, bin_events, check_column, collect_events
from .recorded import Recorded, label_samples

COLUMNS = ("t", "x", "y", "p", "starts")


def read_columns(
    path: Path,
    columns: Mapping[str, Values],
    options: DataOptions,
    beside: Mapping[str, Callable[[], Values]] = MappingProxyType({}),
) -> Recorded:
    """Events of all samples, one after the other, and the class of each.

    Where a sample begins say `starts`, or a column that names the sample of each event; else they
    are one sample. Labels are one a sample, or one an event that is the same in all of a sample.

    Args:
        path: for messages.
        columns: t, x, p, perhaps y and starts, and what else the file has.
        options: of the user.
        beside: labels that are not among the columns, by name.

    Raises:
        UsageError: the columns do not fit each other.
    """
    for name in COLUMNS:
        if name in columns:
            check_column(str(path), name, columns[name])
    whole = len(columns["t"])
    each = [name for name in columns if columns[name].shape == (whole,)]  # event has one of these
    recordings = [] if "starts" in columns else find_recordings(each)
    if recordings:
        starts = find_starts([columns[name] for name in recordings])
    else:
        starts = np.asarray(columns.get("starts", [0])).astype(np.int64)
    if not starts.size or starts[0] or np.any(np.diff(starts) < 0) or starts[-1] > whole:
        raise UsageError(f"{path}: starts are not ascending places within {whole} events, from 0")
    ends = [*starts[1:], whole]
    if len(ends) > 1 and starts[-1] == whole:
        starts, ends = starts[:-1], ends[:-1]

    def load(index: int) -> Events:
        part = slice(int(starts[index]), int(ends[index]))
        return collect_events(str(path), {k: columns[k][part] for k in "txyp" if k in columns})

    others = [name for name in columns if name not in (*COLUMNS, *recordings)]
    called = find_labels(str(path), [*others, *beside], options.classes)
    labels = None
    if called is not None:
        labels = np.asarray(beside[called]() if called in beside else columns[called])
        if len(starts) < whole == len(labels):
            labels = label_samples(str(path), called, labels, starts)
    signal, notes = bin_events(str(path), load, len(starts), options)
    unread = say_unread([name for name in (*others, *beside) if name != called], called, "columns")
    return Recorded(signal, labels, (*notes, *unread), timed=True, called=called or "y")


def find_starts(recordings: Sequence[Values]) -> npt.NDArray[np.int64]:
    """The rows with which samples begin: where one of the columns changes, the first included."""
    changes = np.zeros(len(recordings[0]), dtype=np.bool_)
    changes[:1] = True
    for column in recordings:
        changes[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(changes)
