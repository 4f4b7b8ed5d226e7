"""Test data: the user's own, or of the zoo's data sets. No model in here.

The zoo's own data are in `snncc/zoo/data`; how a user's file is read is in `snncc/data_files`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from snncc.data_files import DataOptions, read_data
from snncc.ir import Shape, UsageError, Values

ZOO = "zoo:"


@dataclass(frozen=True)
class Samples:
    """Signals `[samples, ticks, *shape]`, and classes int64 `[samples]` where they are known.

    Attributes:
        notes: how they were read, a sentence each.
        timed: whether the file itself says which axis is time.
        parts: of several inputs, one after the other on the last axis: name → shape at a tick.
    """

    signal: Values
    labels: Values | None
    notes: tuple[str, ...] = ()
    timed: bool = False
    parts: Mapping[str, Shape] = field(default_factory=dict[str, Shape])

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

    def select(self, chosen: Values) -> Samples:
        """Some of the samples: bool `[samples]`."""
        labels = None if self.labels is None else self.labels[chosen]
        return Samples(self.signal[chosen], labels)

    def spread(self, count: int) -> Samples:
        """At most that many of the samples, evenly spread."""
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
    if data is None:
        return None
    found = read_data(data, DataOptions.parse(options, ticks))
    return Samples(found.signal, found.labels, found.notes, found.timed, found.parts)


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
    """What a zoo model's classes are called, in order; nothing where that is not known."""
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
