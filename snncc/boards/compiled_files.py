"""What compilers have made, by content: each file once, the ones not used for long removed."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

MOST_BYTES = 1 << 30  # that are stored; a run of all tests makes a tenth
NAME_DIGITS = 32
OWN = re.compile(rf"[0-9a-f]{{{NAME_DIGITS}}}(\.\w+)?")


def digest(words: Iterable[str], sources: Mapping[str, bytes]) -> str:
    """A name for what a compiler makes of `sources` under these words: its version, its flags."""
    key = hashlib.sha256()
    for word in words:
        key.update(word.encode() + b"\0")
    for path, content in sorted(sources.items()):
        key.update(f"{path}\0{len(content)}\0".encode() + content)
    return key.hexdigest()[:NAME_DIGITS]


def make_once(directory: Path, name: str, make: Callable[[], bytes]) -> Path:
    """The file of that name in a directory, made where it is missing.

    Args:
        directory: of such files; created where missing.
        name: as `digest` makes it; it says all that decides the content.
        make: the content.
    """
    path = directory / name
    with suppress(OSError):  # it is missing
        os.utime(path)  # when it was used last
        return path
    content = make()
    directory.mkdir(exist_ok=True)
    # Another process may be making the same file: the name appears only with its whole content.
    with tempfile.NamedTemporaryFile(dir=directory, delete=False) as partial:
        partial.write(content)
    Path(partial.name).replace(path)
    _sweep(directory)
    return path


def _sweep(directory: Path) -> None:
    """Removes what was not used for the longest time, where all together are too many bytes."""
    found: list[tuple[float, int, Path]] = []
    for path in directory.iterdir():
        if not OWN.fullmatch(path.name):
            continue
        with suppress(OSError):  # another process sweeps as well
            facts = path.stat()
            found.append((facts.st_mtime, facts.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found)[:-1]:  # the newest stays, however large
        if total <= MOST_BYTES:
            break
        with suppress(OSError):
            path.unlink()
        total -= size
