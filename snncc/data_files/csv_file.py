"""Tables of text with a column of time: a row is a tick, or an event.

What a column must be called is in `accepted_names.py`.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt

from snncc.ir import UsageError, file_bytes, reading
from snncc.ir.untrusted import limits

from .accepted_names import NO_LABELS, TIMES, find_labels, find_recordings, find_time
from .data_options import DataOptions
from .event_columns import find_starts, read_columns
from .event_counts import are_events
from .recorded import Recorded, label_samples

MOST_BYTES = 128 * limits.MIB
MOST_CHARACTERS = 1 << 20  # of a line
EVEN = 1e-3  # of a step, by which steps may differ
Columns = Mapping[str, npt.NDArray[np.float64]]


def read_csv(path: Path, options: DataOptions) -> Recorded:
    """The samples of a table: one begins where the column `sample` changes, or time goes back.

    Raises:
        UsageError: it has no header, no column of time, or a cell that is not a number; samples
            differ in length.
    """
    if (size := file_bytes(path)) > MOST_BYTES:
        raise UsageError(
            f"{path} has {limits.show_bytes(size)}, and of a table of text at most "
            f"{limits.show_bytes(MOST_BYTES)} are read; write it as .npz, or cut it"
        )
    with (
        reading(f"{path} is not a readable table of text"),
        path.open(newline="", encoding="utf-8-sig") as file,
    ):
        columns = _read_columns(path, file)
    time = find_time(columns)
    if time is None:
        raise UsageError(
            f"{path} has no column of time (has: {', '.join(columns)}); name it "
            f"{', '.join(TIMES[:3])} or the like"
        )
    if not np.all(finite := np.isfinite(columns[time])):
        raise UsageError(f"{path}: {time} is not finite in row {int(np.argmin(finite))}, from 0")
    starts = _find_samples(columns, columns[time])
    if are_events({**columns, "t": None}):
        taken = (time, *find_recordings(columns))
        arrays = {name: values for name, values in columns.items() if name not in taken}
        return read_columns(path, {**arrays, "t": columns[time], "starts": starts}, options)
    return _read_rows(path, columns, starts, (time, _find_labels(path, columns, time, options)))


def _find_labels(path: Path, columns: Columns, time: str, options: DataOptions) -> str | None:
    """The column of classes; `y` beside `x` is a coordinate where it can be nothing else."""
    names = [name for name in columns if name != time]
    if "x" not in names or "y" not in names or options.classes is not None:
        return find_labels(str(path), names, options.classes)
    others = find_labels(str(path), names, None, ("y",))
    if others is None and "z" not in names:
        raise UsageError(
            f"{path}: y may be the class or, beside x, a coordinate; say which with --option "
            f"classes=y or classes={NO_LABELS}"
        )
    return others


def _read_columns(path: Path, file: TextIO) -> Columns:
    sample = file.read(4096)
    file.seek(0)
    separator = max(",;\t", key=sample.partition("\n")[0].count)
    rows = csv.reader(_read_lines(path, file), delimiter=separator)
    header = [name.strip().lower() for name in next(rows, [])]
    if not header or len(set(header)) < len(header) or any(_number(n) is not None for n in header):
        raise UsageError(f"{path} has no header: its first line names each column, once")
    values = array("d")  # a list would take eight times as much
    for row in _read_numbers(path, header, rows):
        values.extend(row)
    if not values:
        raise UsageError(f"{path} has no row below its header")
    whole = np.frombuffer(values).reshape(-1, len(header))
    return {name: whole[:, index] for index, name in enumerate(header)}


def _read_lines(path: Path, file: TextIO) -> Iterator[str]:
    """One line after the other, of which none is taken for a file of its own."""
    number = 0
    while line := file.readline(MOST_CHARACTERS + 1):
        number += 1
        if len(line) > MOST_CHARACTERS:
            raise UsageError(
                f"{path}, line {number}: more than {MOST_CHARACTERS:,} characters; a line is a "
                "tick, or an event"
            )
        yield line


def _read_numbers(
    path: Path, header: list[str], rows: Iterator[list[str]]
) -> Iterator[list[float]]:
    for number, row in enumerate(rows, 2):
        if not row:
            continue
        if len(row) != len(header):
            raise UsageError(f"{path}, line {number}: {len(row)} cells under {len(header)} columns")
        found = [_number(cell) for cell in row]
        if None in found:
            at = found.index(None)
            raise UsageError(
                f"{path}, line {number}: '{row[at]}' in column {header[at]} is not a number"
            )
        yield [value for value in found if value is not None]


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _find_samples(columns: Columns, times: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The rows with which samples begin."""
    if recordings := find_recordings(columns):
        return find_starts([columns[name] for name in recordings])
    return np.flatnonzero(np.diff(times, prepend=np.inf) < 0).astype(np.int64)


def _read_rows(
    path: Path,
    columns: Columns,
    starts: npt.NDArray[np.int64],
    named: tuple[str, str | None],
) -> Recorded:
    """A row a tick; `named` are the columns of time and of classes."""
    time, called = named
    lengths = np.diff(starts, append=len(columns[time]))
    if len(set(lengths.tolist())) > 1:
        raise UsageError(
            f"{path}: its samples have {lengths.min()} to {lengths.max()} rows; cut or fill them "
            "to one length"
        )
    left = [name for name in columns if name not in (*named, *find_recordings(columns))]
    if not left:
        raise UsageError(f"{path} has no column beside those of time, samples and classes")
    signal = np.stack([columns[name] for name in left], axis=-1)
    ticks = int(lengths[0])
    steps = np.diff(columns[time].reshape(-1, ticks), axis=1)
    classes = "none as the classes" if called is None else f"{called} as the classes"
    notes = [
        f"columns {', '.join(left)} are taken as [samples, ticks, features], a row a tick; "
        f"{classes}"
    ]
    if steps.size and np.ptp(steps) > EVEN * abs(float(np.mean(steps))):
        notes.append(
            f"warning: the times are not even ({steps.min():g} to {steps.max():g} apart); each row "
            "is one tick all the same"
        )
    shaped = signal.reshape(len(starts), ticks, len(left))
    labels = None
    if called is not None:
        labels = label_samples(str(path), called, columns[called], starts)
    return Recorded(shaped, labels, tuple(notes), timed=True, called=called or "y")
