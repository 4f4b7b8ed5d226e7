"""Single files: written whole or not at all, and never over somebody else's."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from snncc.ir import UsageError

from .disk import Content, failures, fill, sync
from .lock import lock_folder, work_folder
from .place import explain_no_room, real

MARK = "written by snncc"
"""By this snncc knows a file of its own again; it is in the first or the last bytes."""

LOOKED_BYTES = 2048


def refuse_file(path: Path, mark: str = MARK) -> None:
    """Refuses a place where a file would harm what is there.

    A file is replaced only if it is empty, or snncc's own by its mark.

    Raises:
        UsageError: says what is there, and touches nothing.
    """
    try:
        why = _find_obstacle(real(path), mark)
    except OSError as error:
        why = f"cannot be looked at ({error.strerror})"
    if why is not None:
        raise UsageError(f"'{path}' {why}; nothing was changed: choose another name")


def write_file(
    path: Path,
    content: Content,
    ready: Callable[[Path], object] = lambda file: None,
    mark: str = MARK,
) -> None:
    """Writes a file: all of it, or nothing.

    Args:
        path: its name.
        content: what goes into it.
        ready: called with the file when it is complete, before it has its name.
        mark: what a file has near its beginning or end that may be replaced.

    Raises:
        UsageError: the place is wrong (`refuse_file`), cannot be written, or another process is
            writing there.
    """
    refuse_file(path, mark)
    place = real(path)
    new = work_folder(place) / "new"
    with lock_folder(work_folder(place), path), failures(path):
        new.unlink(missing_ok=True)  # of a writer that is dead by now
        try:
            with new.open("xb") as out:
                fill(out, content)
                out.flush()
                os.fsync(out.fileno())
            ready(new)
            refuse_file(path, mark)  # as somebody else may have come between
            new.replace(place)
        finally:
            new.unlink(missing_ok=True)
        sync(place.parent)


def _find_obstacle(place: Path, mark: str) -> str | None:
    try:
        found = os.lstat(place)
    except FileNotFoundError:
        return explain_no_room(place)
    except NotADirectoryError:
        return "lies below a file"
    if stat.S_ISLNK(found.st_mode):
        return "is a link"
    if not stat.S_ISREG(found.st_mode):
        return "is a folder" if stat.S_ISDIR(found.st_mode) else "is a device, a pipe or a socket"
    if found.st_size and not _is_own(place, mark):
        return "is a file that snncc did not write"
    return explain_no_room(place)


def _is_own(file: Path, mark: str) -> bool:
    with file.open("rb") as content:
        first = content.read(LOOKED_BYTES)
        content.seek(-min(LOOKED_BYTES, file.stat().st_size), os.SEEK_END)
        return any(mark.encode() in part for part in (first, content.read()))
