"""Tables of text with a column of time: a row is a tick, or an event."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt

from snncc.ir import UsageError, reading

from .array_files import read_columns
from .data_options import DataOptions
from .event_counts import are_events
from .recorded import Recorded

TIMES = ("t", "time", "timestamp", "tick", "ms", "seconds")
SAMPLES = ("sample", "trial", "recording", "id")
CLASSES = ("label", "class", "target", "y")
EVEN = 1e-3  # of a step, by which steps may differ
Columns = Mapping[str, npt.NDArray[np.float64]]


def read_csv(path: Path, options: DataOptions) -> Recorded:
    """The samples of a table: one begins where the column `sample` changes, or time goes back.

    Raises:
        UsageError: it has no header, no column of time, or a cell that is not a number; samples
            differ in length.
    """
    with (
        reading(f"{path} is not a readable table of text"),
        path.open(newline="", encoding="utf-8-sig") as file,
    ):
        columns = _read_columns(path, file)
    time = next((name for name in TIMES if name in columns), None)
    if time is None:
        raise UsageError(
            f"{path} has no column of time (has: {', '.join(columns)}); name it "
            f"{', '.join(TIMES[:3])} or the like"
        )
    starts = _find_starts(columns, columns[time])
    if are_events(columns):
        arrays = {**columns, "t": columns[time], "starts": starts}
        # The column `y` of an event is a place.
        label = next((name for name in CLASSES if name in columns and name != "y"), None)
        if label is not None:
            arrays["labels"] = columns[label][starts]
        return read_columns(path, arrays, options)
    return _read_rows(path, columns, starts, time)


def _read_columns(path: Path, file: TextIO) -> Columns:
    sample = file.read(4096)
    file.seek(0)
    separator = max(",;\t", key=sample.partition("\n")[0].count)
    rows = csv.reader(file, delimiter=separator)
    header = [name.strip().lower() for name in next(rows, [])]
    if not header or len(set(header)) < len(header) or any(_number(n) is not None for n in header):
        raise UsageError(f"{path} has no header: its first line names each column, once")
    values = list(_read_numbers(path, header, rows))
    if not values:
        raise UsageError(f"{path} has no row below its header")
    whole = np.asarray(values)
    return {name: whole[:, index] for index, name in enumerate(header)}


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


def _find_starts(columns: Columns, times: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The rows with which samples begin."""
    key = next((name for name in SAMPLES if name in columns), None)
    if key is None:
        return np.flatnonzero(np.diff(times, prepend=np.inf) < 0).astype(np.int64)
    ids = columns[key]
    return np.flatnonzero(np.diff(ids, prepend=ids[0] - 1)).astype(np.int64)


def _read_rows(path: Path, columns: Columns, starts: npt.NDArray[np.int64], time: str) -> Recorded:
    lengths = np.diff(starts, append=len(columns[time]))
    if len(set(lengths.tolist())) > 1:
        raise UsageError(
            f"{path}: its samples have {lengths.min()} to {lengths.max()} rows; cut or fill them "
            "to one length"
        )
    label = next((name for name in CLASSES if name in columns), None)
    left = [name for name in columns if name not in (time, label, *SAMPLES)]
    if not left:
        raise UsageError(f"{path} has no column beside those of time, samples and classes")
    signal = np.stack([columns[name] for name in left], axis=-1)
    labels = None if label is None else columns[label][starts]
    ticks = int(lengths[0])
    steps = np.diff(columns[time].reshape(-1, ticks), axis=1)
    notes = [f"columns {', '.join(left)} are taken as [samples, ticks, features], a row a tick"]
    if steps.size and np.ptp(steps) > EVEN * abs(float(np.mean(steps))):
        notes.append(
            f"warning: the times are not even ({steps.min():g} to {steps.max():g} apart); each row "
            "is one tick all the same"
        )
    shaped = signal.reshape(len(starts), ticks, len(left))
    return Recorded(shaped, labels, tuple(notes), timed=True)
