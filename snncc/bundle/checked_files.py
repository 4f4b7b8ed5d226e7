"""A bundle's files, refused where they are links, strangers, or not of the digest that is listed.

A path that leads out of the folder is refused with the manifest that lists it: `is_inside` in
`file_names.py`.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from io import BufferedReader
from pathlib import Path

from snncc.files import list_strangers
from snncc.ir import UsageError
from snncc.ir.untrusted import limits

from .file_names import MANIFEST, UNLISTED
from .schema import Listed


def open_inside(folder: Path, name: str) -> BufferedReader:
    """A file of a folder, open for reading.

    Raises:
        UsageError: it is missing, or is a link, a pipe, a device or a folder.
    """
    try:
        # Without O_NONBLOCK opening a pipe waits until somebody writes into it.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        file = os.fdopen(os.open(folder / name, flags), "rb")
    except OSError as error:
        raise UsageError(f"{folder}: {name} cannot be read ({error.strerror})") from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise UsageError(f"{folder}: {name} is not a file")
    return file


def manifest_text(folder: Path) -> bytes:
    """What a folder's manifest says.

    Raises:
        UsageError: the folder is missing, it has no manifest, or one that is far too large.
    """
    if not folder.is_dir():
        what = "is a file and not a bundle" if folder.exists() else "does not exist"
        raise UsageError(f"{folder} {what}")
    if not os.path.lexists(folder / MANIFEST):
        raise UsageError(f"{folder} is not a bundle: it has no {MANIFEST}")
    with open_inside(folder, MANIFEST) as file:
        text = file.read(limits.TEXT_BYTES + 1)
    if len(text) > limits.TEXT_BYTES:
        raise UsageError(f"{folder / MANIFEST} has more than {limits.TEXT_BYTES:,} bytes")
    return text


def refuse_strangers(folder: Path, listed: Mapping[str, Listed]) -> None:
    """Refuses a folder that contains anything but a bundle's files.

    Raises:
        UsageError: names what is not listed, or is a link, a pipe or a device.
    """
    try:
        for name in list_strangers(folder, listed.keys() | UNLISTED):
            raise UsageError(
                f"{folder}: {name} is not among the files that {MANIFEST} lists, or is a link; "
                "move it away"
            )
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}") from error


def open_listed(folder: Path, name: str, listed: Mapping[str, Listed]) -> BufferedReader:
    """A listed file, open for reading from its start, after its bytes were compared.

    What is read from it is what was compared, whatever becomes of the name in the meantime.

    Raises:
        UsageError: it is missing or was changed.
    """
    stated = listed[name]
    try:
        file = open_inside(folder, name)
    except UsageError as error:
        raise _refuse_changed(folder, name) from error
    same = os.fstat(file.fileno()).st_size == stated.bytes
    if not same or hashlib.file_digest(file, "sha256").hexdigest() != stated.sha256:
        file.close()
        raise _refuse_changed(folder, name)
    file.seek(0)
    return file


def _refuse_changed(folder: Path, name: str) -> UsageError:
    return UsageError(
        f"{folder}: {name} is missing or was changed after the build; remove the bundle and build "
        "it again"
    )
