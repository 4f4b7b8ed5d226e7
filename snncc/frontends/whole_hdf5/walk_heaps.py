"""demand_sound_heaps: the heaps of texts of an HDF5 file, looked at before its library walks them.

The library steps from object to object by the sizes that the file states, and a size of zero keeps
it where it is for ever: no limit of memory ends that.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

SIGNATURE = b"GCOL\x01\x00\x00\x00"
"""A global heap collection, version 1 (HDF5 File Format Specification 3.0, III.E)."""
COLLECTION = struct.Struct("<8sQ")  # signature and version, bytes with this header
OBJECT = struct.Struct("<HHIQ")  # number, references, reserved, bytes
ALIGNED = 8


def demand_sound_heaps(path: Path) -> None:
    """Refuses a file with a heap in which no next object can be found.

    Raises:
        ValueError: an object of a heap is of no size, or reaches beyond its heap.
        OSError: the file cannot be read.
    """
    if not path.stat().st_size:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at = content.find(SIGNATURE)
        while at >= 0:
            _walk(content, at)
            at = content.find(SIGNATURE, at + 1)


def _walk(content: mmap.mmap, start: int) -> None:
    if start + COLLECTION.size > len(content):
        return
    end = start + COLLECTION.unpack_from(content, start)[1]
    at = start + COLLECTION.size
    while at + OBJECT.size <= min(end, len(content)):
        number, _, _, size = OBJECT.unpack_from(content, at)
        # What is free has the number zero, and its size is with this header.
        step = size if number == 0 else OBJECT.size + -(-size // ALIGNED) * ALIGNED
        if step < OBJECT.size or at + step > end:
            raise ValueError(f"an object of its heap of texts states {size:,} bytes")
        at += step
