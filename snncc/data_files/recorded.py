"""Recorded: what a file of data holds, and arrays for it that may be larger than memory."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

import numpy as np
import numpy.typing as npt

from snncc.ir import Shape, UsageError, Values
from snncc.ir.untrusted import limits

IN_MEMORY_BYTES = 1 << 28  # of an array; a larger one lies in a file without a name
ON_DISK_BYTES = 1 << 38


@dataclass(frozen=True)
class Recorded:
    """Values `[samples, *shape]` or `[samples, ticks, *shape]`, and classes where they are known.

    Attributes:
        labels: int64 `[samples]`.
        notes: what the user should know, a sentence each.
        timed: whether the second axis is known to be time.
        called: what the file calls the labels.
        parts: of several inputs, one after the other on the last axis: name → shape at a tick.
    """

    signal: Values
    labels: Values | None = None
    notes: tuple[str, ...] = ()
    timed: bool = False
    called: str = "y"
    parts: Mapping[str, Shape] = field(default_factory=dict[str, Shape])


def allocate(path: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Values:
    """Zeros: in memory, or where they are many in a file that goes with the array.

    Raises:
        UsageError: they are more than any data set's.
    """
    size = prod(shape) * np.dtype(dtype).itemsize
    if size <= IN_MEMORY_BYTES:
        return np.zeros(shape, dtype)
    if size > ON_DISK_BYTES:
        raise UsageError(
            f"{path} becomes {limits.show_bytes(size)} of values {list(shape)}; give fewer "
            "samples, or longer ticks"
        )
    try:
        with tempfile.TemporaryFile() as file:
            return np.memmap(file, dtype, "w+", shape=shape)
    except OSError as error:
        raise UsageError(
            f"{path} becomes {limits.show_bytes(size)} of values {list(shape)}, for which this "
            f"machine has no room ({error.strerror}); give fewer samples, or longer ticks"
        ) from error


def label_samples(
    path: str, called: str, rows: npt.NDArray[np.generic], starts: npt.NDArray[np.int64]
) -> npt.NDArray[np.generic]:
    """The label of each sample, from those of its rows, of which `starts` says the first.

    Raises:
        UsageError: it changes within a sample.
    """
    labels = rows[starts]
    lengths = np.diff(starts, append=len(rows))
    changed = np.flatnonzero(rows != np.repeat(labels, lengths))
    if changed.size:
        row = int(changed[0])
        sample = int(np.searchsorted(starts, row, side="right")) - 1
        raise UsageError(
            f"{path}: {called} changes within sample {sample} ({labels[sample]:g}, then "
            f"{rows[row]:g} at row {row}, counted from 0); a sample has one class: give each a "
            "number in a column sample, or say --option classes=none"
        )
    return labels


def check_labels(path: str, labels: Values, samples: int, called: str) -> Values:
    """Classes int64 `[samples]`.

    Raises:
        UsageError: they are not one class a sample.
    """
    found = ""
    if labels.dtype.kind in "fiub":
        if labels.shape != (samples,):
            raise UsageError(
                f"{path}: {called} is {list(labels.shape)}, expected [{samples}], one a sample"
            )
        # A NaN is unequal to whatever it is compared with.
        fine = (labels >= 0) & (labels <= limits.LARGEST_LABEL) & (labels == np.floor(labels))
        if np.all(fine):
            return labels.astype(np.int64)
        first = int(np.argmin(fine))
        found = f" ({labels[first]} at {[first]})"
    raise UsageError(
        f"{path}: {called} is {labels.dtype} and contains no classes{found}; expected integers "
        f"from 0 to {limits.LARGEST_LABEL} (--option classes=none where there are none)"
    )
