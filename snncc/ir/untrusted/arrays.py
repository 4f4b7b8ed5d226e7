"""Archives of arrays (.npz) that may lie: nothing is unfolded before its size is known."""

from __future__ import annotations

import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from .limits import MEMBERS, MODEL_BYTES, Budget
from .reading import file_bytes, reading

Array = npt.NDArray[Any]
SUFFIX = ".npy"
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # all that NumPy writes
ENCRYPTED = 0x1  # flag bit 0: section 4.4.4 of PKWARE's APPNOTE.TXT
WIDEST_BYTES = 8  # of a number


@dataclass(frozen=True)
class Entry:
    """An array in an archive, as its header tells of it.

    Attributes:
        header_bytes: size of what precedes the numbers.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    header_bytes: int

    @property
    def numeric(self) -> bool:
        """Whether it contains real numbers: integers, or floats of 64 bits at most."""
        return self.dtype.kind in "fiub" and self.dtype.itemsize <= WIDEST_BYTES

    @property
    def size_bytes(self) -> int:
        """Of its numbers."""
        return prod(self.shape) * self.dtype.itemsize

    def __str__(self) -> str:
        return f"{self.name} {self.dtype}{list(self.shape)}"


class ArrayFile:
    """An open .npz: its content, and its arrays one at a time, each counted before it is read."""

    def __init__(self, archive: zipfile.ZipFile, path: Path, budget: Budget) -> None:
        self._archive, self._path, self._budget = archive, path, budget
        infos = [each for each in archive.infolist() if each.filename.endswith(SUFFIX)]
        self._infos = {each.filename.removesuffix(SUFFIX): each for each in infos}
        if len(infos) > MEMBERS or len(self._infos) < len(infos):
            raise UsageError(
                f"{path} contains more than {MEMBERS:,} arrays, or two of the same name"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Of its arrays."""
        return tuple(self._infos)

    def entry(self, name: str) -> Entry:
        """What the header of an array tells.

        Raises:
            UsageError: it is damaged, encrypted, or packed in a way that NumPy does not know.
        """
        info = self._infos[name]
        if info.flag_bits & ENCRYPTED or info.compress_type not in METHODS:
            raise UsageError(
                f"{self._path}: {name} is encrypted, or packed by other than deflate; write the "
                "file with numpy.savez"
            )
        with reading(f"{self._path} is damaged in {name}"), self._archive.open(info) as member:
            entry = _entry(name, member)
            if any(n < 0 for n in entry.shape) or (
                entry.numeric and entry.header_bytes + entry.size_bytes != info.file_size
            ):
                raise ValueError(f"its size is {info.file_size} bytes, which is not {entry}")
        return entry

    def read(self, name: str) -> Array:
        """An array of real numbers, in the byte order of this machine.

        Raises:
            UsageError: it is not an array, is damaged, or all that were read are too large.
        """
        entry = self.entry(name)
        if not entry.numeric:
            raise UsageError(
                f"{self._path}: {name} contains {entry.dtype}, expected integers, or floats of "
                f"{8 * WIDEST_BYTES} bits at most"
            )
        self._budget.take(entry.size_bytes, str(entry))
        with (
            reading(f"{self._path} is damaged in {name}"),
            self._archive.open(self._infos[name]) as member,
        ):
            array = np.lib.format.read_array(member, allow_pickle=False)
            member.read(1)  # past the end, where the checksum is compared
        return array.astype(array.dtype.newbyteorder("="), copy=False)


def _entry(name: str, member: IO[bytes]) -> Entry:
    """What the header of an array says (NumPy's NEP 1, "Format Specification")."""
    version = np.lib.format.read_magic(member)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:  # the third is for names of fields, which numbers have not
        raise ValueError(f"version {version} of the format is not supported")
    shape, _, dtype = readers[version](member)
    return Entry(name, shape, dtype, member.tell())


@contextmanager
def open_arrays(path: Path, beyond: int = MODEL_BYTES) -> Generator[ArrayFile]:
    """The arrays of an .npz file.

    Args:
        path: of the file.
        beyond: bytes that they may take, on top of `GROWTH` times the file's own.

    Raises:
        UsageError: no such file, or no .npz of plain arrays.
    """
    size = file_bytes(path)
    with reading(f"{path} is not a readable .npz file: no .npz of plain arrays, or damaged"):
        archive = zipfile.ZipFile(path)
    with archive:
        yield ArrayFile(archive, path, Budget(str(path), size, beyond))
