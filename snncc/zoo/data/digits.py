"""Handwritten digits out of an installed package that carries them; its code is not imported."""

from __future__ import annotations

import gzip
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snncc.ir import UsageError, file_bytes, reading
from snncc.ir.untrusted import limits

from .samples import Samples, Split, hold_back

PACKAGE = "scikit-learn", "1.9.1"
FILE = "sklearn/datasets/data/digits.csv.gz"
SIDE, GREYS = 8, 16
TICKS = 4


def images(path: Path | None = None, enlarged: int = 2) -> Split:
    """Digits as images: x float32 0 to 1 `[1797, 4, 1, 16, 16]`, each shown for four ticks.

    Every pixel is `enlarged` in height and width: the stages of a stem then leave tokens to attend.
    `path` is `digits.csv.gz`. Raises: UsageError if it is absent.
    """
    values, classes = _read(path)
    large = values.reshape(-1, SIDE, SIDE).repeat(enlarged, 1).repeat(enlarged, 2)
    shown = np.repeat(large[:, None, None], TICKS, axis=1)
    return _parts(Samples(shown, classes))


def pixels(path: Path | None = None) -> Split:
    """Digits as sequences of pixels, row by row: x float32 0 to 1 `[1797, 64, 1]`; as `images`."""
    values, classes = _read(path)
    return _parts(Samples(values[:, :, None], classes))


def _parts(samples: Samples) -> Split:
    rest, test = hold_back(samples, 5, seed=80)
    train, validation = hold_back(rest, 8, seed=1)
    return Split(train, validation, test)


def _read(path: Path | None) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Greys 0 to 1, float32 `[1797, 64]`, and classes int64 `[1797]`."""
    package, version = PACKAGE
    if path is None:
        try:
            path = Path(str(distribution(package).locate_file(FILE)))
        except PackageNotFoundError as error:
            message = (
                f"the digits come with the package {package}, which is not installed: "
                f"run pip install --no-deps {package}=={version}"
            )
            raise UsageError(message) from error
    file_bytes(path)
    with reading(f"{path} is not a table of digits as {FILE}"), gzip.open(path) as file:
        text = file.read(limits.TEXT_BYTES).decode("ascii")
        table = np.loadtxt(text.splitlines(), delimiter=",", dtype=np.float32, ndmin=2)
    if table.shape[1] != SIDE * SIDE + 1:
        raise UsageError(f"{path} has {table.shape[1]} columns; expected 64 greys and a class")
    if not np.all((table >= 0) & (table <= GREYS)) or not np.all(table[:, -1] <= 9):
        raise UsageError(f"{path}: greys go from 0 to {GREYS}, classes from 0 to 9")
    return (table[:, :-1] / GREYS).astype(np.float32), table[:, -1].astype(np.int64)
