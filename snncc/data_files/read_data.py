"""read_data: which reader takes a path, by its suffix or its first bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np

from snncc.ir import UsageError, reading

from .arrange import arrange
from .array_files import open_npy, read_npy, read_npz
from .csv_file import read_csv
from .data_options import DataOptions
from .event_counts import Events, are_events, bin_events, collect_events
from .hdf5_file import read_hdf5
from .recorded import Recorded, allocate
from .user_dataset import is_factory, read_dataset

Reader: TypeAlias = Callable[[Path, DataOptions], Recorded]

SUFFIXES: Mapping[str, Reader] = {
    ".npz": read_npz,
    ".npy": read_npy,
    **dict.fromkeys((".h5", ".hdf5", ".hdf"), read_hdf5),
    **dict.fromkeys((".csv", ".tsv"), read_csv),
}
BEGINNINGS: Mapping[bytes, Reader] = {
    b"PK": read_npz,
    b"\x93NUMPY": read_npy,
    b"\x89HDF": read_hdf5,
}
"""How files begin that have another suffix."""


def read_data(path: Path, options: DataOptions) -> Recorded:
    """Samples `[samples, ticks, *shape]`, and classes where they are known.

    Args:
        path: of a file, of a folder with a folder of .npy files for each class, or
            `file.py:factory`, whose code runs.
        options: of the user.

    Raises:
        UsageError: there is nothing of this kind, or it is damaged; says what to do.
    """
    read = _choose_reader(path)
    if read is read_dataset:  # code of the user's, whose failures are shown as they are
        return arrange(str(path), read(path, options), options)
    with reading(f"{path} is not data that can be read, or damaged"):
        return arrange(str(path), read(path, options), options)


def _choose_reader(path: Path) -> Reader:
    if is_factory(path):
        return read_dataset
    if path.is_dir():
        return _read_folder
    if (known := SUFFIXES.get(path.suffix.lower())) is not None:
        return known
    if not path.is_file():
        raise UsageError(f"no file {path}")
    with path.open("rb") as file:
        head = file.read(8)
    for begins, reader in BEGINNINGS.items():
        if head.startswith(begins):
            return reader
    raise UsageError(
        f"{path} is not data that can be read; expected .npz, .npy, HDF5, .csv with a column of "
        "time, a folder with one folder of .npy files a class, or file.py:factory for a Dataset"
    )


def _read_folder(path: Path, options: DataOptions) -> Recorded:
    """One sample a file; the folders, in the order of their names, are the classes."""
    folders = sorted((each for each in path.iterdir() if each.is_dir()), key=_order)
    files = [
        (file, index)
        for index, folder in enumerate(folders)
        for file in sorted(folder.glob("*.npy"))
    ]
    if not files:
        raise UsageError(f"{path} has no folders with .npy files; expected one folder a class")
    labels = np.asarray([index for _, index in files])
    classes = f"classes are the folders {', '.join(f.name for f in folders[:8])}"
    notes = (classes + (" and more" if len(folders) > 8 else ""),)
    first = open_npy(files[0][0])
    if first.dtype.names is not None and are_events(first.dtype.names):

        def load(index: int) -> Events:
            found = open_npy(files[index][0])
            return collect_events(
                str(path), {name: found[name] for name in found.dtype.names or ()}
            )

        signal, said = bin_events(str(path), load, len(files), options)
        return Recorded(signal, labels, (*notes, *said), timed=True)
    signal = allocate(str(path), (len(files), *first.shape), first.dtype)
    for index, (file, _) in enumerate(files):
        found = open_npy(file)
        if found.shape != first.shape:
            raise UsageError(
                f"{file} is {list(found.shape)}, {files[0][0]} is {list(first.shape)}; cut or fill "
                "them to one shape"
            )
        signal[index] = found
    return Recorded(signal, labels, notes)


def _order(folder: Path) -> tuple[int, str]:
    """By number where names are numbers, else by name."""
    return (int(folder.name) if folder.name.isdigit() else -1, folder.name)
