"""Folders whose files are listed: what else is in them, or is not as it was listed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath


def list_strangers(folder: Path, listed: Collection[str]) -> Iterator[str]:
    """What is in a folder and not listed: files, links, pipes, folders without a listed file.

    Args:
        folder: is walked without following a link or opening a file.
        listed: paths of regular files, from the folder on, with `/` between their parts.
    """
    folders = {str(parent) for name in listed for parent in PurePosixPath(name).parents}
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        with os.scandir(folder / inside) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                name = f"{inside}/{entry.name}" if inside else entry.name
                if entry.is_dir(follow_symlinks=False) and name in folders:
                    waiting.append(name)
                elif not (entry.is_file(follow_symlinks=False) and name in listed):
                    yield name


def find_changed(folder: Path, digests: Mapping[str, str]) -> Iterator[str]:
    """The listed files that are there, but not with the SHA-256 that they are listed with."""
    for name, sha256 in digests.items():
        if (folder / name).exists() and digest(folder / name) != sha256:
            yield name


def digest(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
