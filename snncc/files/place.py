"""Whether a folder may be written at a path: looks, and writes nothing.

Whether one that exists is an older bundle, which may be replaced: `snncc/bundle/write.py`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from snncc.ir import UsageError

SEALED = "manifest.json", "network.snn"
"""Files by which a folder is known to be complete, so that nothing more belongs in it."""

Foreign = Callable[[Path], str | None]
"""Folder → why it is not one that snncc may replace, as the end of a sentence; None if it is."""


def refuse_folder(path: Path, foreign: Foreign) -> None:
    """Refuses a place where a folder would harm what is there.

    Args:
        path: of the folder that will be written.
        foreign: asked about the folder that is there, if one is.

    Raises:
        UsageError: says what is there, and touches nothing.
    """
    try:
        why = _find_obstacle(path, foreign)
    except OSError as error:
        why = f"cannot be looked at ({error.strerror})"
    if why is not None:
        raise UsageError(f"'{path}' {why}; nothing was changed: choose another name")


def real(path: Path) -> Path:
    """An absolute path whose folders are not links; its last part may be one."""
    if path.name in ("", ".."):
        return Path(os.path.realpath(path))
    return Path(os.path.realpath(path.parent)) / path.name


def _find_obstacle(path: Path, foreign: Foreign) -> str | None:
    place = real(path)
    try:
        found = os.lstat(place)
    except FileNotFoundError:
        return explain_no_room(place)
    except NotADirectoryError:
        return "lies below a file"
    if stat.S_ISLNK(found.st_mode):
        return "is a link"
    if not stat.S_ISDIR(found.st_mode):
        return "is a file" if stat.S_ISREG(found.st_mode) else "is a device, a pipe or a socket"
    return (
        _explain_reserved(place)
        or foreign(place)
        or explain_no_room(place)
        or _explain_locked(place)
    )


def _explain_reserved(place: Path) -> str | None:
    """Why an existing folder is never replaced, whatever it contains."""
    if place == place.parent:
        return "is the root of the file system"
    if os.path.ismount(place):
        return "is where another file system is mounted"
    try:
        here = Path(os.path.realpath(Path.cwd()))
    except FileNotFoundError:  # it was deleted
        here = None
    if here is not None and here.is_relative_to(place):
        return "is the working folder" if here == place else "contains the working folder"
    home = os.path.realpath(os.path.expanduser("~"))  # noqa: PTH111 - Path.home fails without one
    return "is the home folder, or contains it" if Path(home).is_relative_to(place) else None


def explain_no_room(place: Path) -> str | None:
    """Why nothing new can be made at a path: in its folder, or the nearest above that exists."""
    parent = place.parent
    for folder in place.parents:
        if all((folder / name).is_file() for name in SEALED):
            return f"lies in the bundle {folder}, which would be none any more"
    while not parent.exists() and parent != parent.parent:
        parent = parent.parent
    if not parent.is_dir():
        return "lies below a file"
    if not os.access(parent, os.W_OK | os.X_OK):
        return f"cannot be written: no permission to write in {parent}"
    return None


def _explain_locked(place: Path) -> str | None:
    for folder in (place, *(p for p in place.rglob("*") if p.is_dir())):
        if not os.access(folder, os.W_OK | os.X_OK) and folder.exists():
            return f"cannot be replaced: no permission to write in {folder}"
    return None
