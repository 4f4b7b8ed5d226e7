"""Bytes on their way to a disk, and what can go wrong there; knows no names and no places."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias

from snncc.ir import UsageError

Content: TypeAlias = bytes | Callable[[BinaryIO], object]
"""A file's bytes, or what writes them to it."""

SIDE_BY_SIDE = 16


@contextmanager
def failures(path: Path) -> Generator[None]:
    """Turns what the system says while `path` is written into one sentence.

    Raises:
        UsageError: for every OSError.
    """
    try:
        yield
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error


def fill(out: BinaryIO, content: Content) -> None:
    """Writes a content into an open file."""
    if isinstance(content, bytes):
        out.write(content)
    else:
        content(out)


def tree_synced(folder: Path) -> None:
    """Waits until all of a folder would outlast a loss of power."""
    below = sorted(folder.rglob("*"))
    # Side by side, as the disk is waited for once then: 5 ms instead of 90 ms for twelve files.
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        list(threads.map(sync, below))
    sync(folder)


def sync(path: Path) -> None:
    """Waits until a file, or the names in a folder, would outlast a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
