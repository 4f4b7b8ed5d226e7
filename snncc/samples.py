"""Test data: from the user's .npz, or from the zoo's own data sets. No model in here."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from snncc.ir import UsageError, Values

ZOO = "zoo:"


@dataclass(frozen=True)
class Samples:
    """Signals `[samples, ticks, *shape]`, and classes int64 `[samples]` where they are known."""

    signal: Values
    labels: Values | None

    def __len__(self) -> int:
        return len(self.signal)

    def first(self, count: int) -> Samples:
        """The first `count` samples."""
        labels = None if self.labels is None else self.labels[:count]
        return Samples(self.signal[:count], labels)

    def refuse_labels_beyond(self, classes: int) -> None:
        """Refuses labels that a model with so many classes can never give.

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
        ticks: with it, x is `[samples, *shape]` and presented at every one of so many ticks.

    Raises:
        UsageError: no such file, no .npz, no `x`, a NaN, or a `y` that is not one class a sample.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files if name in ("x", "y")}
            known = ", ".join(file.files)
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist") from None
    except (ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        # A single array, of an .npy, is no context (TypeError).
        # numpy takes any other file for a pickle, and says how to load that: no advice to repeat.
        raise UsageError(f"{path} is no .npz of plain arrays, or is damaged") from error
    if "x" not in arrays:
        raise UsageError(f"{path} has no array x [samples, ticks, *shape] (has: {known})")
    signal, labels = arrays["x"], arrays.get("y")
    if signal.dtype.kind not in "fiub" or signal.ndim < 2 or not signal.size:
        raise UsageError(
            f"{path}: x is {signal.dtype}{list(signal.shape)}, expected numbers "
            "[samples, ticks, *shape], none of them 0"
        )
    if signal.dtype.kind == "f" and not np.all(np.isfinite(signal)):
        where = [int(i) for i in np.argwhere(~np.isfinite(signal))[0]]
        raise UsageError(f"{path}: x is not finite at {where}")
    if labels is not None and labels.shape != signal.shape[:1]:
        raise UsageError(f"{path}: y is {list(labels.shape)}, expected [{len(signal)}] like x")
    if labels is not None and not _classes(labels):
        raise UsageError(
            f"{path}: y is {labels.dtype} and holds no classes; expected whole numbers from 0 "
            "(leave y out where there are none)"
        )
    if ticks is not None:
        shape = (len(signal), ticks, *signal.shape[1:])
        signal = np.broadcast_to(signal[:, None], shape)
    return Samples(signal, labels)


def _classes(labels: Values) -> bool:
    if labels.dtype.kind not in "fiub":
        return False
    return bool(np.all((labels >= 0) & (labels == np.floor(labels))))


def find_samples(model: str, data: Path | None, options: Mapping[str, str]) -> Samples | None:
    """Test samples for a model: of the file if given, else of the zoo where it is a zoo model.

    Raises:
        UsageError: the file is bad; or a zoo model's data are not here, with where to get them.
    """
    ticks = _ticks(options)
    if model.startswith(ZOO):
        from snncc.zoo import data_set, entry, test_data

        name = model.removeprefix(ZOO)
        if data is None or data.name == data_set(name).file:
            if ticks is not None:
                raise UsageError(f"the data of {model} have ticks already; leave option ticks out")
            signal, labels = test_data(name, data)
            return Samples(signal, labels if entry(name).trained else None)
    return None if data is None else load_samples(data, ticks)


def calibration(model: str, data: Path | None, found: Samples | None, count: int) -> Samples | None:
    """Up to `count` samples to learn rates and ranges from.

    A zoo model's are training data, so that the test split stays unseen; otherwise the user's own
    file serves.
    """
    if model.startswith(ZOO):
        from snncc.zoo import data_set

        sets = data_set(model.removeprefix(ZOO))
        if data is None or data.name == sets.file:
            train = sets.split(data).train
            return Samples(train.x, train.y).first(count)
    return None if found is None else found.first(count)


def tick_option(model: str) -> dict[str, str]:
    """The frontend option that says how long a zoo model's tick is; none for another model."""
    if not model.startswith(ZOO):
        return {}
    from snncc.zoo import data_set

    return {"tick": repr(data_set(model.removeprefix(ZOO)).tick_seconds)}


def _ticks(options: Mapping[str, str]) -> int | None:
    text = options.get("ticks")
    if text is None:
        return None
    if not text.isdigit() or not int(text):
        raise UsageError(f"--option ticks takes a whole number above zero, found '{text}'")
    return int(text)
