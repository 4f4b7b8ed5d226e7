"""Numbers of an HDF5 dataset, unpacked here: HDF5's own filters unfold without a limit.

Its deflate filter doubles a buffer until the stream ends (HDF5 2.0, H5Zdeflate.c), whatever size
the chunk is said to have, so that a file of 10 MiB could take 10 GiB.
"""

from __future__ import annotations

import zlib
from math import prod
from typing import Any, TypeAlias

import numpy as np

from snncc.ir import ImportRefused, Values
from snncc.ir.untrusted import limits

Dataset: TypeAlias = Any  # of h5py, which publishes no types
DEFLATE, SHUFFLE = 1, 2  # H5Zpublic.h: H5Z_FILTER_DEFLATE, H5Z_FILTER_SHUFFLE


def read_numbers(dataset: Dataset, size: int, what: str) -> Values:
    """The numbers of a dataset, whose own size has been checked.

    Args:
        dataset: of integers, floats or flags.
        size: of the file, in bytes.
        what: for messages.

    Raises:
        ImportRefused: it is packed otherwise than by gzip, or its chunks do not hold what they say.
    """
    if dataset.chunks is None:
        return np.asarray(dataset[()])
    plan = dataset.id.get_create_plist()
    filters = [int(plan.get_filter(k)[0]) for k in range(plan.get_nfilters())]
    packed = prod(dataset.chunks) * int(dataset.dtype.itemsize)
    if not {*filters} <= {DEFLATE, SHUFFLE} or packed > limits.MODEL_BYTES:
        raise ImportRefused(
            f"{what} is stored in chunks of {packed:,} bytes with the filters {filters}; expected "
            f"gzip ({DEFLATE}) and shuffle ({SHUFFLE}) alone, and {limits.MODEL_BYTES:,} bytes"
        )
    return _Chunks(dataset, filters, size, what).read() if filters else np.asarray(dataset[()])


class _Chunks:
    """The chunks of one dataset, put in their places one by one."""

    def __init__(self, dataset: Dataset, filters: list[int], size: int, what: str) -> None:
        import h5py

        stored = dataset.id.get_type()
        if not stored.equal(h5py.h5t.py_create(dataset.dtype, logical=True)):
            raise ImportRefused(f"{what} contains numbers of an unusual layout")
        self._dataset, self._filters, self._size, self._what = dataset, filters, size, what
        self._shape: tuple[int, ...] = dataset.chunks
        self._bytes = prod(self._shape) * int(dataset.dtype.itemsize)

    def read(self) -> Values:
        whole = np.full(self._dataset.shape, self._dataset.fillvalue, self._dataset.dtype)
        places: list[tuple[tuple[int, ...], int]] = []

        def note(info: Any) -> None:
            places.append((info.chunk_offset, info.size))

        self._dataset.id.chunk_iter(note)
        for place, stored in places:
            if stored > self._size:
                raise self._refuse(f"has a chunk of {stored:,} bytes, more than the file")
            mask, content = self._dataset.id.read_direct_chunk(place)
            chunk = np.frombuffer(self._unpack(content, mask), self._dataset.dtype)
            room = whole[tuple(slice(at, at + n) for at, n in zip(place, self._shape, strict=True))]
            room[...] = chunk.reshape(self._shape)[tuple(slice(n) for n in room.shape)]
        return whole.astype(whole.dtype.newbyteorder("="), copy=False)

    def _unpack(self, content: bytes, mask: int) -> bytes:
        """A chunk without its filters; a bit of the mask says which of them was not applied."""
        for index, method in reversed([*enumerate(self._filters)]):
            if mask >> index & 1:
                continue
            if method == DEFLATE:
                unfolding = zlib.decompressobj()
                content = unfolding.decompress(content, self._bytes + 1)
            elif len(content) == self._bytes:
                width = int(self._dataset.dtype.itemsize)
                columns = np.frombuffer(content, np.uint8).reshape(width, -1)
                content = np.ascontiguousarray(columns.T).tobytes()
        if len(content) != self._bytes:
            raise self._refuse(f"has a chunk that does not unfold to its {self._bytes:,} bytes")
        return content

    def _refuse(self, found: str) -> ImportRefused:
        return ImportRefused(f"{self._what} {found}")
