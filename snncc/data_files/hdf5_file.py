"""HDF5 files of data: x and labels, columns of events, or the vlen spikes of SHD and SSC.

What a dataset must be called is in `accepted_names.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snncc.ir import UsageError, reading
from snncc.ir.untrusted import limits

from .accepted_names import find_labels, find_signal, say_unread
from .data_options import DataOptions
from .event_columns import read_columns
from .event_counts import Events, are_events, bin_events
from .recorded import Recorded

MICROSECONDS = 1e6


def read_hdf5(path: Path, options: DataOptions) -> Recorded:
    """The signals and classes of a file.

    Raises:
        UsageError: it holds nothing of this kind; says what it holds.
        ModuleNotFoundError: h5py is not installed.
    """
    import h5py

    with (
        reading(f"{path} is not a readable HDF5 file, or damaged"),
        h5py.File(path, "r") as file,
    ):
        if "spikes" in file and {"times", "units"} <= set(file["spikes"]):
            return _read_units(path, file, options)
        group = file.get("events", file)
        if isinstance(group, h5py.Group) and are_events(group) and group["x"].ndim == 1:
            columns = {name: group[name][()] for name in _datasets(group)}
            top = [] if group is file else _datasets(file)
            beside = {name: partial(_read_dataset, file[name]) for name in top}
            return read_columns(path, columns, options, beside)
        name = find_signal(_datasets(file))
        if name is None:
            raise UsageError(
                f"{path} has no dataset x [samples, ticks, *shape], no events t, x, y, p and no "
                f"spikes/times and spikes/units (has: {', '.join(file) or 'nothing'})"
            )
        called, labels = _find_labels(path, file, options, name) or (None, None)
        unread = [each for each in file if each not in (name, called)]
        notes = say_unread(unread, called, "entries")
        return Recorded(_open_values(path, file[name]), labels, notes, called=called or "y")


def _datasets(file: Mapping[str, Any]) -> list[str]:
    """The names of the arrays at the top of a file."""
    return [name for name in file if hasattr(file[name], "shape")]


def _find_labels(
    path: Path, file: Mapping[str, Any], options: DataOptions, signal: str = ""
) -> tuple[str, npt.NDArray[Any]] | None:
    """What the labels are called, and one a sample."""
    names = [name for name in _datasets(file) if name != signal]
    called = find_labels(str(path), names, options.classes)
    return None if called is None else (called, _read_dataset(file[called]))


def _read_dataset(dataset: Any) -> npt.NDArray[Any]:
    return np.asarray(dataset[()])


def _open_values(path: Path, dataset: Any) -> npt.NDArray[Any]:
    """A dataset, which stays on the disk where it lies there in one piece."""
    offset = dataset.id.get_offset()
    if offset is not None and dataset.dtype.kind in "fiub":
        return np.memmap(path, dataset.dtype, "r", offset, dataset.shape)
    if dataset.size * dataset.dtype.itemsize > limits.DATA_BYTES:
        raise UsageError(
            f"{path}: {dataset.name} {list(dataset.shape)} is packed, and larger than is unpacked "
            "at once; write it without chunks and compression"
        )
    return np.asarray(dataset[()])


def _read_units(path: Path, file: Mapping[str, Any], options: DataOptions) -> Recorded:
    """Times in seconds and units of each sample (Cramer et al. 2020, the files of SHD)."""
    times, units = file["spikes"]["times"], file["spikes"]["units"]

    def load(index: int) -> Events:
        moments = np.asarray(times[index], dtype=np.float64) * MICROSECONDS
        return Events(moments, (np.asarray(units[index], dtype=np.int64),))

    signal, notes = bin_events(str(path), load, len(times), options)
    called, labels = _find_labels(path, file, options) or (None, None)
    unread = say_unread([name for name in _datasets(file) if name != called], called, "entries")
    return Recorded(signal, labels, (*notes, *unread), timed=True, called=called or "y")
