"""Two folders trading places in one step, where the system can."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # renameat2(2); linux/fcntl.h and linux/fs.h
RENAME_SWAP = 2  # renamex_np(2), macOS: sys/stdio.h
UNABLE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


def exchange(left: Path, right: Path) -> bool:
    """Lets two folders of one file system trade places; False where that cannot be done.

    Raises:
        OSError: it can be done, but not with these two.
    """
    call = _call()
    if call is None or call(os.fsencode(left), os.fsencode(right)) == 0:
        return call is not None
    code = ctypes.get_errno()
    if code in UNABLE:
        return False
    raise OSError(code, os.strerror(code), str(right))


def _call() -> Callable[[bytes, bytes], int] | None:
    library = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "darwin":
        swap = getattr(library, "renamex_np", None)
        return swap and (lambda left, right: int(swap(left, right, ctypes.c_uint(RENAME_SWAP))))
    rename = getattr(library, "renameat2", None)
    return rename and (
        lambda left, right: int(
            rename(AT_FDCWD, left, AT_FDCWD, right, ctypes.c_uint(RENAME_EXCHANGE))
        )
    )
