"""Arrays of NumPy: .npz and .npy, plain or of events; what is large stays on the disk.

What an array must be called is in `accepted_names.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snncc.ir import ArrayFile, UsageError, Values, open_arrays, reading
from snncc.ir.untrusted import limits

from .accepted_names import LABELS, SIGNALS, find_labels, find_signal, say_unread
from .data_options import DataOptions
from .event_columns import COLUMNS, read_columns
from .event_counts import are_events
from .join_arrays import choose_inputs, join_arrays
from .recorded import Recorded


def read_npz(path: Path, options: DataOptions) -> Recorded:
    """Of an .npz: samples and labels; or columns of events t, x, y, p with `starts` and labels.

    Raises:
        UsageError: no such file, or no .npz with these arrays.
    """
    with open_arrays(path, limits.DATA_BYTES) as file:
        if are_events(file.names) and len(file.entry("x").shape) == 1:
            texts = [n for n in file.names if n not in COLUMNS and not file.entry(n).numeric]
            columns = {name: file.read(name) for name in file.names if name not in texts}
            beside = {name: partial(_read_numbers, path, file, name) for name in texts}
            return read_columns(path, columns, options, beside)
        name = None if options.inputs is not None else find_signal(file.names)
        if name is None and (joined := _read_several(path, file, options)) is not None:
            return joined
        if name is None:
            known = ", ".join(file.names) or "none"
            raise UsageError(
                f"{path} has no array x [samples, ticks, *shape], nor one called "
                f"{' or '.join(SIGNALS[1:])} (has: {known})"
            )
        described = file.entry(name)
        if not described.numeric or len(described.shape) < 2 or 0 in described.shape:
            raise UsageError(
                f"{path}: {name} is {described.dtype}{list(described.shape)}, expected numbers "
                "[samples, ticks, *shape], none of them 0"
            )
        others = [each for each in file.names if each != name]
        called = find_labels(str(path), others, options.classes)
        labels = None if called is None else _read_numbers(path, file, called)
        unread = [each for each in others if each != called]
        notes = say_unread(unread, called, "arrays")
        return Recorded(file.read(name), labels, notes, called=called or "y")


def _read_several(path: Path, file: ArrayFile, options: DataOptions) -> Recorded | None:
    """The inputs of a model that has several, an array each; None where there are none."""
    shapes = {each: file.entry(each).shape for each in file.names if file.entry(each).numeric}
    names = choose_inputs(shapes, options)
    if missing := [each for each in names if each not in shapes]:
        raise UsageError(
            f"{path} has no array {missing[0]} of numbers, which is an input of the model (has: "
            f"{', '.join(file.names)})"
        )
    if not names:
        return None
    others = [each for each in file.names if each not in names]
    called = find_labels(str(path), others, options.classes)
    labels = None if called is None else _read_numbers(path, file, called)
    notes = say_unread([each for each in others if each != called], called, "arrays")
    joined = join_arrays(str(path), names, file.read, options)
    return replace(joined, labels=labels, notes=notes, called=called or "y")


def _read_numbers(path: Path, file: ArrayFile, name: str) -> Values:
    stated = file.entry(name)
    if not stated.numeric:
        raise UsageError(
            f"{path}: {name} is {stated.dtype} and contains no classes; expected integers from "
            f"0 to {limits.LARGEST_LABEL} (--option classes=none where there are none)"
        )
    return file.read(name)


def read_npy(path: Path, options: DataOptions) -> Recorded:
    """Of an .npy: values, which stay on the disk, or events; classes are in the file beside it.

    That one's name has a name of labels where that of this has one of samples: `test_x.npy` and
    `test_y.npy`, or `images.npy` and `labels.npy`.

    Raises:
        UsageError: no such file, or none of plain numbers or events.
    """
    array = open_npy(path)
    beside = _find_twins(path)
    if array.dtype.names is None:
        called = find_labels(str(path), beside, options.classes)
        labels = None if called is None else np.asarray(beside[called]())
        return Recorded(array, labels, called=called or "y")
    columns = {name: array[name] for name in array.dtype.names}
    if not are_events(columns):
        raise UsageError(f"{path} has the fields {', '.join(columns)}; events have t, x, y and p")
    return read_columns(path, columns, options, beside)


def _find_twins(path: Path) -> dict[str, Callable[[], Values]]:
    """The files of labels beside one of samples, by the name of labels that each has."""
    parts = path.stem.split("_")
    found: dict[str, Callable[[], Values]] = {}
    for name in LABELS:
        for spelt in (name.upper(), name.capitalize(), name):
            swapped = "_".join(spelt if part.lower() in SIGNALS else part for part in parts)
            if swapped != path.stem and (file := path.with_name(swapped + ".npy")).is_file():
                found[name] = partial(open_npy, file)
    return found


def open_npy(path: Path) -> npt.NDArray[Any]:
    """An array that stays on the disk until it is read.

    Raises:
        UsageError: it is not a readable .npy of numbers or fields of them.
    """
    with reading(f"{path} is not a readable .npy file of numbers, or damaged"):
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        return array
