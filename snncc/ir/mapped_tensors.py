"""Memory: files without a name where large tensors live, and what is free; no meaning here."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

LARGE_BYTES = 1 << 20
"""From here on reading a tensor costs more than mapping it: it need not stay in memory."""

FILE_BYTES = 1 << 28
"""A file takes further tensors up to here, so that a process needs few of them at once."""


BLOCK_BYTES = 4 << 20
"""A block past this costs less to map than to keep."""

_M_MMAP_THRESHOLD = -3  # malloc.h of glibc


class _File:
    """A file without a name, which grows; its bytes are freed with the last reference to it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor, self.size = descriptor, 0

    def __del__(self) -> None:
        os.close(self.descriptor)

    def append(self, content: memoryview) -> int:
        """Where the content begins: at a page of its own."""
        start = -(-self.size // mmap.ALLOCATIONGRANULARITY) * mmap.ALLOCATIONGRANULARITY
        self.size = start
        while content:
            written = os.pwrite(self.descriptor, content, self.size)
            content, self.size = content[written:], self.size + written
        return start


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a file."""

    file: _File
    start: int
    length: int

    def map_bytes(self) -> mmap.mmap:
        """The bytes, read-only; in memory are those that were read, until the map is dropped."""
        return mmap.mmap(
            self.file.descriptor, self.length, access=mmap.ACCESS_READ, offset=self.start
        )


_open: list[_File] = []


def store(array: npt.NDArray[Any]) -> Stretch | None:
    """The array's bytes in a file, in the order of its axes; None where there is no room for it."""
    content = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    try:
        if not _open or _open[0].size > FILE_BYTES:
            with tempfile.TemporaryFile(prefix="snncc") as file:
                _open[:] = [_File(os.dup(file.fileno()))]
        return Stretch(_open[0], _open[0].append(content), array.nbytes)
    except OSError:
        _open.clear()
        return None


def blocks(shape: Sequence[int], item_bytes: int) -> Iterator[tuple[slice, ...]]:
    """Parts of an array, one after the other, of about `LARGE_BYTES` each; a small one is whole."""
    if not shape or prod(shape) * item_bytes < LARGE_BYTES:
        yield ()
        return
    step = max(1, LARGE_BYTES // (item_bytes * prod(shape[1:])))
    for start in range(0, shape[0], step):
        yield (slice(start, start + step),)


def give_back() -> None:
    """Gives memory that is free back to the system, where the C library keeps it (glibc does)."""
    _ask_glibc("malloc_trim", 0)


def map_large_blocks() -> None:
    """Has the C library map each block past `BLOCK_BYTES` alone: it goes back when it is freed.

    glibc otherwise learns from large blocks that are freed, up to 32 MiB, to keep them in its heap,
    where what lives on between them holds their room: mallopt(3), M_MMAP_THRESHOLD.
    """
    _ask_glibc("mallopt", _M_MMAP_THRESHOLD, BLOCK_BYTES)


def _ask_glibc(function: str, *values: int) -> None:
    asked = getattr(ctypes.CDLL(None), function, None) if sys.platform == "linux" else None
    if asked is not None:
        asked(*values)
