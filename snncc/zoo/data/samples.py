"""Samples of a data set and their split: values only, whatever data they are."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from snncc.files import MARK, write_file

Part: TypeAlias = Literal["test", "validation", "train", "all"]
PARTS: tuple[Part, ...] = ("test", "validation", "train", "all")


@dataclass(frozen=True, slots=True)
class Samples:
    """Inputs x float32 or uint8 `[samples, ticks, *shape]` and classes y int64 `[samples]`."""

    x: NDArray[np.float32] | NDArray[np.uint8]
    y: NDArray[np.int64]

    def __getitem__(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Samples:
        return Samples(self.x[chosen], self.y[chosen])


@dataclass(frozen=True, slots=True)
class Split:
    """Three disjoint parts of a data set; models are chosen on `validation`, never on `test`."""

    train: Samples
    validation: Samples
    test: Samples

    def part(self, name: Part) -> Samples:
        """One of the parts, or all of them one after the other."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        if name != "all":
            return parts[name]
        x: NDArray[Any] = np.concatenate([each.x for each in parts.values()])
        return Samples(x, np.concatenate([each.y for each in parts.values()]))


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set: what its classes mean, how long a tick is, whom to cite, and its loader."""

    name: str
    classes: tuple[str, ...]
    tick_seconds: float
    file: str
    source: str
    licence: str
    split: Callable[[Path | None], Split]


def hold_back(samples: Samples, every: int, seed: int) -> tuple[Samples, Samples]:
    """Samples and the validation part taken from them: one in `every` of each class, at random."""
    order = np.random.default_rng(seed).permutation(len(samples.y))
    held = np.zeros(len(samples.y), np.bool_)
    for label in np.unique(samples.y):
        held[order[samples.y[order] == label][::every]] = True
    return samples[~held], samples[held]


def write_npz(samples: Samples, out: Path) -> None:
    """Writes x and y in the format that every snncc command reads.

    Raises: UsageError where a file is that snncc did not write.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=samples.x, y=samples.y)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = MARK.encode()
    write_file(out, buffer.getvalue())
