"""A text that every installation has, as symbols to be foretold; no models, no torch."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snncc.ir import UsageError, read_text
from snncc.ir.untrusted import limits

from .samples import Samples, Split

PACKAGE = "numpy", "2.4.6"
FILES = "numpy/_core/_add_newdocs.py", "numpy/_core/fromnumeric.py"
SYMBOLS = "\n !\"#$%&'()*+,-./0123456789:;<=>?@[\\]_`abcdefghijklmnopqrstuvwxyz{|}~"
TICKS = 64
STRIDE, TEST_STRIDE = 32, 16
SHARES = 80, 90  # percent: where validation and test begin


def manual(path: Path | None = None) -> Split:
    """NumPy's documentation of its functions, small letters: windows x uint8 `[n, 64, 69]`.

    Each window is one-hot symbols, and its class the symbol that follows. The last tenth of either
    file is for testing, the tenth before for validation. `path` is a folder with the two files.
    Raises: UsageError if they are absent.
    """
    parts: list[list[NDArray[np.int64]]] = [[], [], []]
    for file in FILES:
        codes = _codes(_locate(path, file))
        edges = [0, *(len(codes) * share // 100 for share in SHARES), len(codes)]
        for part, (low, high) in enumerate(pairwise(edges)):
            parts[part].append(_windows(codes[low:high], STRIDE if part == 0 else TEST_STRIDE))
    train, validation, test = (_samples(np.concatenate(part)) for part in parts)
    return Split(train, validation, test)


def _locate(path: Path | None, file: str) -> Path:
    package, version = PACKAGE
    place = None if path is None else path / Path(file).name
    if place is None:
        try:
            place = Path(str(distribution(package).locate_file(file)))
        except PackageNotFoundError as error:  # pragma: no cover - nothing runs without it
            raise UsageError(f"the text comes with {package}, which is not installed") from error
    if not place.is_file():
        raise UsageError(f"no file {place}; expected {file} of {package} {version}")
    return place


def _codes(place: Path) -> NDArray[np.int64]:
    """The symbols of a file by their numbers; one that is not among them counts as a space."""
    text = read_text(place, limits.TEXT_BYTES).lower()
    number = {symbol: code for code, symbol in enumerate(SYMBOLS)}
    codes = np.array([number.get(symbol, number[" "]) for symbol in text], np.int64)
    if len(codes) <= 20 * TICKS:
        raise UsageError(f"{place} has {len(codes)} symbols; too few to be split")
    return codes


def _windows(codes: NDArray[np.int64], stride: int) -> NDArray[np.int64]:
    """Pieces `[n, 65]` of a text, one every `stride` symbols."""
    return np.lib.stride_tricks.sliding_window_view(codes, TICKS + 1)[::stride]


def _samples(windows: NDArray[np.int64]) -> Samples:
    return Samples(np.eye(len(SYMBOLS), dtype=np.uint8)[windows[:, :-1]], windows[:, -1].copy())
