"""HDF5 files of data: x and y, columns of events, or the vlen spikes of SHD and SSC."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snncc.ir import UsageError, reading
from snncc.ir.untrusted import limits

from .array_files import LABELS, read_columns
from .data_options import DataOptions
from .event_counts import Events, are_events, bin_events
from .recorded import Recorded

SIGNALS = ("x", "data", "inputs", "images")
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
            columns = {k: group[k][()] for k in ("t", "x", "y", "p", "starts") if k in group}
            known = {k: file[k][()] for k in LABELS if k in file}
            return read_columns(path, {**columns, **known}, options)
        name = next((each for each in SIGNALS if each in file), None)
        if name is None:
            raise UsageError(
                f"{path} has no dataset x [samples, ticks, *shape], no events t, x, y, p and no "
                f"spikes/times and spikes/units (has: {', '.join(file) or 'nothing'})"
            )
        key = next((each for each in ("y", *LABELS) if each in file), None)
        labels = None if key is None else np.asarray(file[key][()])
        return Recorded(_open_values(path, file[name]), labels)


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
    labels = np.asarray(file["labels"][()]) if "labels" in file else None
    return Recorded(signal, labels, notes, timed=True)
