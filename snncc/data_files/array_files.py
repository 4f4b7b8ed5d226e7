"""Arrays of NumPy: .npz and .npy, plain or of events; what is large stays on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snncc.ir import UsageError, open_arrays, reading
from snncc.ir.untrusted import limits

from .data_options import DataOptions
from .event_counts import Events, are_events, bin_events, collect_events
from .recorded import Recorded

LABELS = ("labels", "label", "targets", "target")


def read_npz(path: Path, options: DataOptions) -> Recorded:
    """Of an .npz: `x` and `y`; or columns of events t, x, y, p with `starts` and `labels`.

    Raises:
        UsageError: no such file, or no .npz with these arrays.
    """
    with open_arrays(path, limits.DATA_BYTES) as file:
        if "x" not in file.names:
            known = ", ".join(file.names) or "none"
            raise UsageError(f"{path} has no array x [samples, ticks, *shape] (has: {known})")
        if are_events(file.names) and len(file.entry("x").shape) == 1:
            columns = {name: file.read(name) for name in file.names}
            return read_columns(path, columns, options)
        described = file.entry("x")
        if not described.numeric or len(described.shape) < 2 or 0 in described.shape:
            raise UsageError(
                f"{path}: x is {described.dtype}{list(described.shape)}, expected numbers "
                "[samples, ticks, *shape], none of them 0"
            )
        labels = None
        if "y" in file.names:
            stated = file.entry("y")
            if not stated.numeric:
                raise UsageError(
                    f"{path}: y is {stated.dtype} and contains no classes; expected integers from "
                    f"0 to {limits.LARGEST_LABEL} (leave y out where there are none)"
                )
            labels = file.read("y")
        return Recorded(file.read("x"), labels)


def read_columns(
    path: Path, columns: dict[str, npt.NDArray[Any]], options: DataOptions
) -> Recorded:
    """Events of all samples, one after the other: `starts` says where each begins.

    Raises:
        UsageError: the columns do not fit each other.
    """
    whole = len(columns["t"])
    starts = np.asarray(columns.get("starts", [0])).astype(np.int64)
    if not starts.size or starts[0] or np.any(np.diff(starts) < 0) or starts[-1] > whole:
        raise UsageError(f"{path}: starts are not ascending places within {whole} events, from 0")
    ends = [*starts[1:], whole]
    if len(ends) > 1 and starts[-1] == whole:
        starts, ends = starts[:-1], ends[:-1]

    def load(index: int) -> Events:
        part = slice(int(starts[index]), int(ends[index]))
        return collect_events(str(path), {k: columns[k][part] for k in "txyp" if k in columns})

    signal, notes = bin_events(str(path), load, len(starts), options)
    labels = next((columns[name] for name in LABELS if name in columns), None)
    return Recorded(signal, labels, notes, timed=True)


def read_npy(path: Path, options: DataOptions) -> Recorded:
    """Of an .npy: values, which stay on the disk, or events; classes are in the file beside it.

    That one has `y` where the name of this has `x`: `test_x.npy`, `test_y.npy`.

    Raises:
        UsageError: no such file, or none of plain numbers or events.
    """
    array = open_npy(path)
    labels = None
    twin = path.with_name("_".join("y" if part == "x" else part for part in path.stem.split("_")))
    beside = twin.with_suffix(".npy")
    if beside != path and beside.is_file():
        labels = np.asarray(open_npy(beside))
    if array.dtype.names is None:
        return Recorded(array, labels)
    columns = {name: array[name] for name in array.dtype.names}
    if not are_events(columns):
        raise UsageError(f"{path} has the fields {', '.join(columns)}; events have t, x, y and p")
    if "sample" in columns:
        first = np.flatnonzero(np.diff(columns["sample"], prepend=columns["sample"][:1] - 1))
        columns["starts"] = first
    found = read_columns(path, columns, options)
    return Recorded(found.signal, labels, found.notes, timed=True)


def open_npy(path: Path) -> npt.NDArray[Any]:
    """An array that stays on the disk until it is read.

    Raises:
        UsageError: it is not a readable .npy of numbers or fields of them.
    """
    with reading(f"{path} is not a readable .npy file of numbers, or damaged"):
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        return array
