"""Recorded values → samples first, ticks second, in the model's own numbers; reads no file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snncc.ir import UsageError

from .data_options import DataOptions
from .recorded import Recorded, allocate, check_labels

BYTES_OF_IMAGES = 128  # a byte from here on is a brightness rather than a count


def arrange(path: str, found: Recorded, options: DataOptions) -> Recorded:
    """The same, `[samples, ticks, *shape]`, with labels that have been looked at.

    Raises:
        UsageError: there are no samples, the labels are none, or bytes may be images or counts.
    """
    if found.signal.dtype.kind not in "fiub" or found.signal.ndim < 2 or 0 in found.signal.shape:
        raise UsageError(
            f"{path}: x is {found.signal.dtype}{list(found.signal.shape)}, expected numbers "
            "[samples, ticks, *shape], none of them 0"
        )
    found = _turn(path, found, options)
    if found.labels is not None:
        found = replace(
            found, labels=check_labels(path, found.labels, len(found.signal), found.called)
        )
    _refuse_infinite(path, found)
    found = _scale(path, found, options)
    if options.ticks is not None and not found.timed:
        shape = (len(found.signal), options.ticks, *found.signal.shape[1:])
        signal = np.broadcast_to(found.signal[:, None], shape)
        return replace(found, signal=signal)
    return found


def _turn(path: str, found: Recorded, options: DataOptions) -> Recorded:
    """Samples first: as the user says, or as the number of labels does."""
    first, second = found.signal.shape[:2]
    labels = None if found.labels is None else found.labels.shape
    told = labels == (second,) and first != second
    if options.axes == "ticks-first" or (options.axes is None and told and not found.timed):
        note = f"x is taken as [ticks, samples, …] {[first, second]}, as " + (
            "option axes says" if options.axes else f"{found.called} has {second} labels"
        )
        signal = np.swapaxes(found.signal, 0, 1)
        return replace(found, signal=signal, notes=(*found.notes, note), timed=True)
    return found


def _refuse_infinite(path: str, found: Recorded) -> None:
    if found.signal.dtype.kind != "f":
        return
    for index, sample in enumerate(found.signal):  # one at a time: a mask of all is as large again
        if not np.all(np.isfinite(sample)):
            where = [index, *(int(i) for i in np.argwhere(~np.isfinite(sample))[0])]
            raise UsageError(f"{path}: x is not finite at {where}")


def _scale(path: str, found: Recorded, options: DataOptions) -> Recorded:
    """Divided by what the user says; bytes like those of images are asked about."""
    signal = found.signal
    if options.scale is None:
        if signal.dtype == np.uint8 and any(s.max(initial=0) >= BYTES_OF_IMAGES for s in signal):
            raise UsageError(
                f"{path}: x holds bytes up to {max(int(s.max()) for s in signal)}, as images do; "
                "give --option scale=255 to divide them as ToTensor does, or scale=1 for counts"
            )
        return found
    if options.scale == 1:
        return found
    scaled = allocate(path, signal.shape, np.float32)
    for index, sample in enumerate(signal):
        scaled[index] = sample.astype(np.float32) / np.float32(options.scale)
    return replace(found, signal=scaled)
