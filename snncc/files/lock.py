"""A work folder that belongs to one living process; never what is done in it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from snncc.ir import UsageError

from .disk import failures

PARTS = frozenset({"lock", "new", "whole", "old", "making"})
"""What a work folder may have in it; `lock` is the lock."""


def work_folder(place: Path) -> Path:
    """The folder in which the file or folder `place` is written."""
    return place.with_name(f".{place.name}.snncc")


@contextmanager
def lock_folder(work: Path, path: Path) -> Generator[None]:
    """Makes a work folder or takes one over that a dead process left; removes it at the end.

    The lock is flock(2): it ends with its process, however that ends.

    Args:
        work: the folder.
        path: what is written, for the messages.

    Raises:
        UsageError: a living process has it, it is not a work folder, or locks are not to be had.
    """
    with failures(path):
        descriptor = _acquire(work, path)
    try:
        yield
    finally:
        with suppress(OSError):
            (work / "lock").unlink()
            work.rmdir()
        os.close(descriptor)


def _acquire(work: Path, path: Path) -> int:
    while True:
        work.mkdir(exist_ok=True)
        try:
            _refuse_strange(work)
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
            descriptor = os.open(work / "lock", flags, 0o666)
        except FileNotFoundError:
            continue  # its writer was just about to remove it
        if _is_taken(descriptor, work / "lock", path):
            return descriptor
        os.close(descriptor)


def _is_taken(descriptor: int, lock: Path, path: Path) -> bool:
    """Whether the lock is ours now; not where its folder was removed in the meantime."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise UsageError(f"another snncc is writing {path}; wait, or choose another name") from None
    except OSError as error:
        os.close(descriptor)
        raise UsageError(
            f"the file system of {path} gives no locks ({error.strerror}), so two writers could "
            "not be told apart; write on another one"
        ) from error
    try:
        return os.path.samestat(os.fstat(descriptor), lock.stat())
    except FileNotFoundError:
        return False


def _refuse_strange(work: Path) -> None:
    if work.is_symlink() or not set(os.listdir(work)) <= PARTS:  # noqa: PTH208 - names only
        raise UsageError(f"{work} is in the way, and is not snncc's; move it")
