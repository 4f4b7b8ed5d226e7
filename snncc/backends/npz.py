"""Arrays as .npz files whose bytes depend on the arrays alone; knows no bundle and no target."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import BinaryIO

import numpy as np

from snncc.files import MARK
from snncc.ir import Tensor, Tensors, Values

LARGE_BYTES = 1 << 20
"""From here on an array is stored as it is: weights hardly get smaller, and it takes its time."""


def pack_npz(arrays: Mapping[str, Values], large_bytes: int = LARGE_BYTES) -> bytes:
    """An .npz file of the arrays, in order of their names (np.savez stamps the time)."""
    buffer = io.BytesIO()
    pack({name: Tensor(values) for name, values in arrays.items()}, buffer, large_bytes)
    return buffer.getvalue()


def pack(tensors: Tensors, file: BinaryIO, large_bytes: int = LARGE_BYTES) -> None:
    """Writes the same file; of large tensors one at a time is in memory.

    Args:
        tensors: by name.
        file: is written to.
        large_bytes: from here on an array is stored as it is.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = MARK.encode()
        for name in sorted(tensors):
            values = tensors[name].values
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            large = values.nbytes >= large_bytes
            info.compress_type = zipfile.ZIP_STORED if large else zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=values.nbytes >= zipfile.ZIP64_LIMIT) as entry:
                np.lib.format.write_array(entry, values, allow_pickle=False)
