"""Arrays as .npz files whose bytes depend on the arrays alone; knows no bundle and no target."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import numpy as np

from snncc.ir import Values


def packed(arrays: Mapping[str, Values]) -> bytes:
    """An .npz file of the arrays, in order of their names (np.savez stamps the time)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name in sorted(arrays):
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asarray(arrays[name]), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, content.getvalue())
    return buffer.getvalue()
