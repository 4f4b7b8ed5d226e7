"""HDF5 files of data: x and labels, columns of events, or the vlen spikes of SHD and SSC.

What a dataset must be called is in `accepted_names.py`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snncc.frontends.whole_hdf5 import demand_sound_heaps
from snncc.ir import UsageError, reading
from snncc.ir.untrusted import limits

from .accepted_names import find_labels, find_signal, say_unread
from .data_options import DataOptions
from .event_columns import read_columns
from .event_counts import Events, are_events, bin_events
from .hdf5_members import Members
from .join_arrays import choose_inputs, join_arrays
from .recorded import Recorded

MICROSECONDS = 1e6


def read_hdf5(path: Path, options: DataOptions) -> Recorded:
    """The signals and classes of a file.

    Raises:
        UsageError: it holds nothing of this kind; says what it holds.
        ModuleNotFoundError: h5py is not installed.
    """
    import h5py

    with reading(f"{path} is not a readable HDF5 file, or damaged"):
        demand_sound_heaps(path)
        with h5py.File(path, "r") as file:
            return _read_members(path, Members(path, file), options)


def _read_members(path: Path, file: Members, options: DataOptions) -> Recorded:
    spikes = file.enter("spikes")
    if spikes is not None and {"times", "units"} <= {*spikes}:
        return _read_units(path, file, spikes, options)
    group = file.enter("events") or file
    if are_events(group) and group.find_array("x").ndim == 1:
        columns = {name: group.read(name) for name in group.datasets}
        top = [] if group is file else file.datasets
        return read_columns(path, columns, options, {n: partial(file.read, n) for n in top})
    name = None if options.inputs is not None else find_signal(file.datasets)
    if name is None and (joined := _read_several(path, file, options)) is not None:
        return joined
    if name is None:
        raise UsageError(
            f"{path} has no dataset x [samples, ticks, *shape], no events t, x, y, p and no "
            f"spikes/times and spikes/units (has: {', '.join(file) or 'nothing'})"
        )
    called, labels = _find_labels(path, file, options, name) or (None, None)
    unread = [each for each in file if each not in (name, called)]
    notes = say_unread(unread, called, "entries")
    return Recorded(file.map(name), labels, notes, called=called or "y")


def _read_several(path: Path, file: Members, options: DataOptions) -> Recorded | None:
    """The inputs of a model that has several, a dataset each; None where there are none."""
    arrays = {name: file.find_array(name) for name in file.datasets}
    shapes = {name: tuple(a.shape) for name, a in arrays.items() if a.dtype.kind in "fiub"}
    names = choose_inputs(shapes, options)
    if missing := [each for each in names if each not in shapes]:
        raise UsageError(
            f"{path} has no dataset {missing[0]} of numbers, which is an input of the model (has: "
            f"{', '.join(file)})"
        )
    if not names:
        return None
    others = [each for each in file.datasets if each not in names]
    called = find_labels(str(path), others, options.classes)
    labels = None if called is None else file.read(called)
    notes = say_unread([each for each in file if each not in (*names, called)], called, "entries")
    joined = join_arrays(str(path), names, file.read, options)
    return replace(joined, labels=labels, notes=notes, called=called or "y")


def _find_labels(
    path: Path, file: Members, options: DataOptions, signal: str = ""
) -> tuple[str, npt.NDArray[Any]] | None:
    """What the labels are called, and one a sample."""
    names = [name for name in file.datasets if name != signal]
    called = find_labels(str(path), names, options.classes)
    return None if called is None else (called, file.read(called))


def _read_units(path: Path, file: Members, spikes: Members, options: DataOptions) -> Recorded:
    """Times in seconds and units of each sample (Cramer et al. 2020, the files of SHD)."""
    times, units = spikes.find_array("times"), spikes.find_array("units")
    if times.ndim != 1 or times.shape != units.shape or len(times) > limits.COMPARED:
        raise UsageError(
            f"{path}: spikes/times {list(times.shape)} and spikes/units {list(units.shape)}; "
            f"expected a list of each for at most {limits.COMPARED:,} samples"
        )

    def load(index: int) -> Events:
        moments = np.asarray(times[index], dtype=np.float64) * MICROSECONDS
        return Events(moments, (np.asarray(units[index], dtype=np.int64),))

    signal, notes = bin_events(str(path), load, len(times), options)
    called, labels = _find_labels(path, file, options) or (None, None)
    unread = say_unread([name for name in file.datasets if name != called], called, "entries")
    return Recorded(signal, labels, (*notes, *unread), timed=True, called=called or "y")
