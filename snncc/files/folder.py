"""Folders that take the place of older ones at once or not at all, by one writer at a time.

Everything happens in a work folder `.NAME.snncc` beside the folder NAME:

    lock    locked for as long as its writer lives; the system lets go of it when a process ends
    new     being written; not usable yet
    whole   complete and on the disk, about to trade places with NAME; afterwards the older folder
    old     the older folder, where the file system cannot let two folders trade places, or where
            the newer one can only be made at NAME itself
    making  a file that is there while the newer one is made at NAME itself

A writer that finds a work folder without a living writer ends what that one had begun.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from snncc.ir import UsageError

from .disk import failures, sync, tree_synced
from .exchange import exchange
from .lock import lock_folder, work_folder
from .place import real, refuse_folder


class Kind(Protocol):
    """What sort of folder is written, and how one of the sort is known."""

    def explain_foreign(self, folder: Path) -> str | None:
        """Why a folder may not be replaced, as the end of a sentence; None if it may."""
        ...


@dataclass(frozen=True)
class Replacement:
    """A folder that is being written.

    Attributes:
        path: where it will be.
        new: where it is written; exists, and is empty.
        kind: what the folder at `path` must be to be replaced.
    """

    path: Path
    new: Path
    kind: Kind

    def commit(self) -> None:
        """Puts what was written in its place.

        Raises:
            UsageError: what is there was changed since, and may not be replaced any more.
        """
        refuse_folder(self.path, self.kind.explain_foreign)
        with failures(self.path):
            tree_synced(self.new)
            whole = self.new.rename(self.new.with_name("whole"))
            if not self.path.exists():
                whole.rename(self.path)
            elif not exchange(whole, self.path):
                self.path.rename(whole.with_name("old"))
                whole.rename(self.path)
            sync(self.path.parent)


@contextmanager
def replacing(path: Path, kind: Kind) -> Generator[Replacement]:
    """A folder to write at `path`; it appears with `commit`, and else leaves nothing.

    Raises:
        UsageError: the place is wrong, cannot be written, or another process is writing there.
    """
    refuse_folder(path, kind.explain_foreign)
    place = real(path)
    new = work_folder(place) / "new"
    with _parents(place), lock_folder(work_folder(place), path):
        with failures(path):
            _recover(place, kind)
            new.mkdir()
        try:
            yield Replacement(place, new, kind)
        finally:
            with failures(path):
                _recover(place, kind)


@contextmanager
def remaking(path: Path, kind: Kind) -> Generator[None]:
    """A folder that is made at `path` itself, as it cannot be moved; the older stands aside.

    If the body ends without an error the older one is removed, else the newer.

    Raises:
        UsageError: the place is wrong, cannot be written, or another process is writing there.
    """
    place = real(path)
    work = work_folder(place)
    if not work.exists():
        refuse_folder(path, kind.explain_foreign)
    with _parents(place), lock_folder(work, path):
        with failures(path):
            _recover(place, kind)
            refuse_folder(path, kind.explain_foreign)
            if place.exists():
                place.rename(work / "old")
            (work / "making").touch()
        try:
            yield
            (work / "making").unlink()
        finally:
            with failures(path):
                _recover(place, kind)


def recover(path: Path, kind: Kind) -> None:
    """Ends what a writer that is dead by now had begun at `path`; nothing where nothing was.

    Raises:
        UsageError: another process is writing there.
    """
    place = real(path)
    if work_folder(place).is_dir():
        with lock_folder(work_folder(place), path), failures(path):
            _recover(place, kind)


def _recover(place: Path, kind: Kind) -> None:
    """The older folder or the newer in its place, and nothing beside; under the lock."""
    work = work_folder(place)
    waste, old = work / "new", work / "old"
    if (work / "making").exists():
        shutil.rmtree(place, ignore_errors=True)
        (work / "making").unlink()
    shutil.rmtree(waste, ignore_errors=True)
    if old.exists() and not place.exists():
        old.rename(place)
    for rest in (old, work / "whole"):
        if not rest.exists():
            continue
        if why := kind.explain_foreign(rest):
            raise UsageError(
                f"{rest}, which was replaced by a newer one, {why}; move it away: snncc removes "
                "nothing but what it wrote"
            )
        shutil.rmtree(rest.rename(waste))


@contextmanager
def _parents(place: Path) -> Generator[None]:
    """Makes the folders above that are missing; takes them away again where they stay empty."""
    missing = [folder for folder in place.parents if not folder.exists()]
    with failures(place):
        place.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        with suppress(OSError):  # something is in it
            for folder in missing:
                folder.rmdir()
