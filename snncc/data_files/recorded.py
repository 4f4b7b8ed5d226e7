"""Recorded: what a file of data holds, and arrays for it that may be larger than memory."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from snncc.ir import UsageError, Values
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
    """

    signal: Values
    labels: Values | None = None
    notes: tuple[str, ...] = ()
    timed: bool = False


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
            f"{path} becomes {size / (1 << 30):,.0f} GiB of values {list(shape)}; give fewer "
            "samples, or longer ticks"
        )
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, dtype, "w+", shape=shape)


def check_labels(path: str, labels: Values, samples: int) -> Values:
    """Classes int64 `[samples]`.

    Raises:
        UsageError: they are not one class a sample.
    """
    found = ""
    if labels.dtype.kind in "fiub":
        if labels.shape != (samples,):
            raise UsageError(f"{path}: y is {list(labels.shape)}, expected [{samples}] like x")
        # A NaN is unequal to whatever it is compared with.
        fine = (labels >= 0) & (labels <= limits.LARGEST_LABEL) & (labels == np.floor(labels))
        if np.all(fine):
            return labels.astype(np.int64)
        first = int(np.argmin(fine))
        found = f" ({labels[first]} at {[first]})"
    raise UsageError(
        f"{path}: y is {labels.dtype} and contains no classes{found}; expected integers from "
        f"0 to {limits.LARGEST_LABEL} (leave y out where there are none)"
    )
