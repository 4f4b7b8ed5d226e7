"""Folders whose files come one by one and stay, even if what writes them fails; each is listed."""

from __future__ import annotations

import re
from pathlib import Path

from .disk import Content, failures
from .lists import digest, find_changed, list_strangers
from .place import refuse_folder
from .single import MARK, write_file

LIST = "written-by-snncc.txt"
"""Below a first line the SHA-256 and the name of each file, as sha256sum(1) prints them."""

_LINE = re.compile(r"([0-9a-f]{64})  ([^/\0]+)")


class GradualFolder:
    """A folder that is filled file by file; one that was filled so before is emptied first."""

    def __init__(self, path: Path) -> None:
        """Makes or empties the folder.

        Raises:
            UsageError: a folder is there that has no list, or a file that is not in it or is
                changed; the place is wrong or cannot be written.
        """
        refuse_folder(path, _explain_foreign)
        self._path = path
        self._lines = [f"# {MARK}"]
        with failures(path):
            path.mkdir(parents=True, exist_ok=True)
            for name in _read_list(path) or ():
                (path / name).unlink(missing_ok=True)
        self._list()

    def write(self, name: str, content: Content) -> None:
        """Adds a file.

        Raises:
            UsageError: it cannot be written.
        """

        def list_file(file: Path) -> None:
            self._lines.append(f"{digest(file)}  {name}")
            self._list()

        # Listed before it is there, so that a kill leaves no file that is not known again.
        write_file(self._path / name, content, list_file)

    def _list(self) -> None:
        write_file(self._path / LIST, "".join(f"{line}\n" for line in self._lines).encode())


def _read_list(folder: Path) -> dict[str, str] | None:
    place = folder / LIST
    if place.is_symlink() or not place.is_file():
        return None
    first, *lines = place.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    if first != f"# {MARK}":
        return None
    found = (match for line in lines if (match := _LINE.fullmatch(line)))
    return {match[2]: match[1] for match in found}


def _explain_foreign(folder: Path) -> str | None:
    listed = _read_list(folder)
    if listed is None:
        return "is a folder that snncc did not fill" if any(folder.iterdir()) else None
    for name in list_strangers(folder, listed.keys() | {LIST}):
        return f"contains {name}, which snncc did not write"
    for name in find_changed(folder, listed):
        return f"contains {name}, which was changed since snncc wrote it"
    return None
