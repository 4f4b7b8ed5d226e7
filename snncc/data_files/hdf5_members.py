"""What lies in an HDF5 file itself, counted before it is read; knows no name of a dataset."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snncc.frontends.whole_hdf5 import find_own_member
from snncc.ir import Budget, UsageError, file_bytes
from snncc.ir.untrusted import limits

# Filters of HDF5 2.0 (H5Zpublic.h) and of h5py 3 (lzf); each unfolds by a bounded factor but
# deflate, which is tried first.
DEFLATE, SHUFFLE, FLETCHER32, LZF = 1, 2, 3, 32000
MOST_CHUNKS = 1 << 20


class Members:
    """A group of a file, as far as it lies in the file: no link is followed.

    Args:
        path: of the file.
        group: of h5py.
        budget: for all that is read; a new one if left out.
    """

    def __init__(self, path: Path, group: Any, budget: Budget | None = None) -> None:
        self._path, self._group = path, group
        self._size = file_bytes(path)
        self._budget = budget or Budget(str(path), self._size, limits.DATA_BYTES)

    def __contains__(self, name: str) -> bool:
        return name in [*self._group]

    def __iter__(self) -> Iterator[str]:
        return iter(self._group)

    @property
    def datasets(self) -> list[str]:
        """The names of the arrays here."""
        return [name for name in self._group if hasattr(self._find(name), "shape")]

    def enter(self, name: str) -> Members | None:
        """A group inside; None where no group has that name."""
        import h5py

        found = self._find(name) if name in self else None
        return Members(self._path, found, self._budget) if isinstance(found, h5py.Group) else None

    def read(self, name: str) -> npt.NDArray[Any]:
        """A dataset in memory.

        Raises:
            UsageError: it takes more than may be unfolded of the file, or is packed in an unknown
                way.
        """
        dataset = self.find_array(name)
        self._budget.take(int(dataset.size or 0) * int(dataset.dtype.itemsize), f"dataset {name}")
        return np.asarray(dataset[()])

    def find_array(self, name: str) -> Any:
        """A dataset of h5py, of which every part can be read.

        Raises:
            UsageError: it is packed in an unknown way, or unfolds to more than it says.
        """
        dataset = self._find(name)
        if not hasattr(dataset, "shape") or dataset.shape is None:
            raise UsageError(f"{self._path}: {name} is not an array")
        if dataset.chunks is not None:
            self._check_chunks(name, dataset)
        return dataset

    def map(self, name: str) -> npt.NDArray[Any]:
        """A dataset, which stays on the disk where it lies there in one piece.

        Raises:
            UsageError: as `read`.
        """
        dataset = self.find_array(name)
        offset = dataset.id.get_offset()
        if offset is not None and dataset.dtype.kind in "fiub":
            return np.memmap(self._path, dataset.dtype, "r", offset, dataset.shape)
        return self.read(name)

    def _find(self, name: str) -> Any:
        """A member that lies here: neither a link nor data of another file."""
        found = find_own_member(self._group, name)
        if found is None:
            raise UsageError(
                f"{self._path}: {name} is a link, or data of another file, and only the file "
                "itself is read; write the data into it (h5repack, or h5py's copy with "
                "expand_external and expand_soft)"
            )
        return found

    def _check_chunks(self, name: str, dataset: Any) -> None:
        plan, shape = dataset.id.get_create_plist(), dataset.chunks
        filters = [int(plan.get_filter(k)[0]) for k in range(plan.get_nfilters())]
        packed = prod(shape) * int(dataset.id.get_type().get_size())
        count = prod(-(-whole // part) for whole, part in zip(dataset.shape, shape, strict=True))
        known = {DEFLATE, SHUFFLE, FLETCHER32, LZF}
        if not {*filters} <= known or packed > limits.DATA_BYTES or count > MOST_CHUNKS:
            raise UsageError(
                f"{self._path}: {name} is stored in {count:,} chunks of {packed:,} bytes with the "
                f"filters {filters}; expected gzip ({DEFLATE}), shuffle ({SHUFFLE}), fletcher32 "
                f"({FLETCHER32}) or lzf ({LZF}), at most {MOST_CHUNKS:,} chunks and "
                f"{limits.DATA_BYTES:,} bytes; write it without chunks and compression"
            )
        if DEFLATE in filters:
            _unfold(f"{self._path}: {name}", dataset, self._size, filters.index(DEFLATE), packed)


def _unfold(what: str, dataset: Any, size: int, place: int, packed: int) -> None:
    """Refuses chunks that unfold to more than they are: HDF5 itself unfolds without a limit."""
    stored: list[tuple[tuple[int, ...], int, int]] = []

    def store(at: Any) -> None:
        stored.append((at.chunk_offset, at.size, at.filter_mask))

    dataset.id.chunk_iter(store)
    for offset, count, mask in stored:
        if count > size:
            raise UsageError(f"{what} has a chunk of {count:,} bytes, more than the file")
        if mask >> place & 1:
            continue
        _, content = dataset.id.read_direct_chunk(offset)
        if len(zlib.decompressobj().decompress(content, packed + 1)) > packed:
            raise UsageError(f"{what} has a chunk that unfolds to more than its {packed:,} bytes")
