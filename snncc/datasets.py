"""Test data: from the user's .npz, or from the zoo's own data sets. No model in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from snncc.ir import ArrayFile, UsageError, Values, open_arrays
from snncc.ir.untrusted import limits

ZOO = "zoo:"


@dataclass(frozen=True)
class Samples:
    """Signals `[samples, ticks, *shape]`, and classes int64 `[samples]` where they are known."""

    signal: Values
    labels: Values | None

    def __len__(self) -> int:
        return len(self.signal)

    @property
    def held(self) -> bool:
        """Whether every sample shows the same values at all of its ticks, as a still image does."""
        if self.signal.shape[1] == 1 or self.signal.strides[1] == 0:
            return True
        return all(bool(np.all(sample == sample[:1])) for sample in self.signal)

    def first(self, count: int) -> Samples:
        """The first `count` samples."""
        labels = None if self.labels is None else self.labels[:count]
        return Samples(self.signal[:count], labels)

    def spread(self, count: int) -> Samples:
        """So many of the samples at most, evenly spread."""
        if count >= len(self):
            return self
        chosen = np.unique(np.linspace(0, len(self) - 1, count).astype(np.int64))
        return Samples(self.signal[chosen], None if self.labels is None else self.labels[chosen])

    def refuse_labels_beyond(self, classes: int) -> None:
        """Refuses labels that a model with that many classes can never give.

        Raises:
            UsageError: a label is too large, as it is where they count from 1.
        """
        if self.labels is not None and (largest := int(self.labels.max())) >= classes:
            raise UsageError(
                f"y goes up to {largest}, the model has {classes} classes; expected 0 to "
                f"{classes - 1}"
            )


def load_samples(path: Path, ticks: int | None = None) -> Samples:
    """The samples of an .npz with `x` and, if there, `y`.

    Args:
        path: the file.
        ticks: with it, x is `[samples, *shape]` and presented at each of that many ticks.

    Raises:
        UsageError: no such file, no .npz, no `x`, a NaN, or a `y` that is not one class a sample.
    """
    with open_arrays(path, limits.DATA_BYTES) as file:
        if "x" not in file.names:
            known = ", ".join(file.names) or "none"
            raise UsageError(f"{path} has no array x [samples, ticks, *shape] (has: {known})")
        described = file.entry("x")
        if not described.numeric or len(described.shape) < 2 or 0 in described.shape:
            raise UsageError(
                f"{path}: x is {described.dtype}{list(described.shape)}, expected numbers "
                "[samples, ticks, *shape], none of them 0"
            )
        signal = file.read("x")
        labels = _labels(file, path, len(signal)) if "y" in file.names else None
    _refuse_infinite(path, signal)
    if ticks is not None:
        shape = (len(signal), ticks, *signal.shape[1:])
        signal = np.broadcast_to(signal[:, None], shape)
    return Samples(signal, labels)


def _labels(file: ArrayFile, path: Path, samples: int) -> Values:
    """Classes int64 `[samples]`."""
    described, found = file.entry("y"), ""
    if described.numeric:
        if described.shape != (samples,):
            raise UsageError(f"{path}: y is {list(described.shape)}, expected [{samples}] like x")
        labels = file.read("y")
        # A NaN is unequal to whatever it is compared with.
        fine = (labels >= 0) & (labels <= limits.LARGEST_LABEL) & (labels == np.floor(labels))
        if np.all(fine):
            return labels.astype(np.int64)
        first = int(np.argmin(fine))
        found = f" ({labels[first]} at {[first]})"
    raise UsageError(
        f"{path}: y is {described.dtype} and contains no classes{found}; expected integers from "
        f"0 to {limits.LARGEST_LABEL} (leave y out where there are none)"
    )


def _refuse_infinite(path: Path, signal: Values) -> None:
    if signal.dtype.kind != "f":
        return
    for index, sample in enumerate(signal):  # one at a time: a mask of all is as large again
        if not np.all(np.isfinite(sample)):
            where = [index, *(int(i) for i in np.argwhere(~np.isfinite(sample))[0])]
            raise UsageError(f"{path}: x is not finite at {where}")


def find_samples(model: str, data: Path | None, options: Mapping[str, str]) -> Samples | None:
    """Test samples for a model: of the file if given, else of the zoo where it is a zoo model.

    Raises:
        UsageError: the file is bad; or a zoo model's data are not here, with where to get them.
    """
    ticks = read_ticks(options)
    if model.startswith(ZOO):
        from snncc.zoo import data_set, entry, test_data

        name = model.removeprefix(ZOO)
        if data is None or data.name == data_set(name).file:
            if ticks is not None:
                raise UsageError(f"the data of {model} has ticks already; leave out option ticks")
            signal, labels = test_data(name, data)
            return Samples(signal, labels if entry(name).trained else None)
    return None if data is None else load_samples(data, ticks)


def calibration(model: str, data: Path | None, found: Samples | None, count: int) -> Samples | None:
    """The samples to learn rates and ranges from.

    Of a zoo model the first `count` of its training data, so that the test split stays unseen;
    otherwise all of the user's own file.
    """
    if model.startswith(ZOO):
        from snncc.zoo import data_set

        sets = data_set(model.removeprefix(ZOO))
        if data is None or data.name == sets.file:
            train = sets.split(data).train
            return Samples(train.x, train.y).first(count)
    return found


def class_names(model: str, classes: int) -> tuple[str, ...]:
    """What a zoo model's classes are called, in order; nothing where nobody has said."""
    if not model.startswith(ZOO):
        return ()
    from snncc.zoo import data_set

    named = data_set(model.removeprefix(ZOO)).classes
    return named if len(named) == classes else ()


def tick_seconds(model: str) -> float | None:
    """How long a tick of a zoo model is; None for another model."""
    if not model.startswith(ZOO):
        return None
    from snncc.zoo import data_set

    return data_set(model.removeprefix(ZOO)).tick_seconds


def read_ticks(options: Mapping[str, str]) -> int | None:
    """How many ticks the user wants; None where that is not said.

    Raises:
        UsageError: it is not an integer above zero.
    """
    text = options.get("ticks")
    if text is None:
        return None
    if not text.isdigit() or not int(text):
        raise UsageError(f"--option ticks takes an integer above zero, found '{text}'")
    return int(text)
