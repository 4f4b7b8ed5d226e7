"""Writing a bundle: which folder may be replaced by one, and its files; the only writer of them."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import msgspec

from snncc.backends import Json
from snncc.files import (
    Content,
    Replacement,
    digest,
    failures,
    fill,
    find_changed,
    list_strangers,
    replacing,
)
from snncc.ir import UsageError

from .checked_files import manifest_text
from .file_names import LOG, MANIFEST, SIGNATURE, UNLISTED
from .manifest import Unfinished
from .origin import note_built
from .schema import Listed, list_digests
from .signature import SigningKey

ROLES = frozenset({"target", "check", "source", "firmware"})
"""Folders of a bundle that say what their files are for."""


class BundleKind:
    """How a bundle is known: its manifest lists every file in it, and each is as it was written."""

    def explain_foreign(self, folder: Path) -> str | None:
        while folder.exists():
            text = _manifest(folder)
            try:
                why = _explain_foreign(folder, text)
            except FileNotFoundError:
                why = "is being changed"
            if why is None or _manifest(folder) == text:
                return why
            # Another process put a newer bundle there while this one was looked at.
        return None


def _manifest(folder: Path) -> bytes:
    try:
        return manifest_text(folder)
    except UsageError:
        return b""


def _explain_foreign(folder: Path, manifest: bytes) -> str | None:
    listed = list_digests(manifest)
    if listed is None:
        return f"is a folder and not a bundle: it has no {MANIFEST} of snncc"
    for name in list_strangers(folder, listed.keys() | UNLISTED):
        return f"contains {name}, which is not of the bundle"
    for name in find_changed(folder, listed):
        return f"contains {name}, which was changed after the build"
    return None


@dataclass(frozen=True)
class BundleWriter:
    """A bundle that is being written; nothing has its name before `write` has ended."""

    place: Replacement
    key: SigningKey | None = None

    def write(
        self, manifest: Unfinished, files: Mapping[str, Content], log: Mapping[str, Json]
    ) -> None:
        """Writes all of the bundle, and puts it in its place.

        Args:
            manifest: is given the list of files.
            files: path within the bundle → content, one in memory at a time where functions write.
            log: times and facts about this machine; written beside, not hashed.

        Raises:
            UsageError: it cannot be written.
        """
        listed: dict[str, Listed] = {}
        with failures(self.place.path):
            for name, content in sorted(files.items()):
                file = self.place.new / name
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("xb") as out:
                    fill(out, content)
                listed[name] = Listed(digest(file), file.stat().st_size, _role(name))
            text = dump(msgspec.to_builtins(manifest(listed)))
            (self.place.new / MANIFEST).write_bytes(text)
            (self.place.new / LOG).write_bytes(dump(log))
            if self.key is not None:
                (self.place.new / SIGNATURE).write_bytes(self.key.sign(text))
        self.place.commit()
        note_built(text)


def _role(name: str) -> str:
    """What a file is for: the folder's name, or the file's without what it is written in."""
    first, _, rest = name.partition("/")
    if rest:
        return first if first in ROLES else "data"
    return {"tensors": "network"}.get(PurePosixPath(name).stem, PurePosixPath(name).stem)


@contextmanager
def writing(path: Path, sign: Path | None = None) -> Generator[BundleWriter]:
    """A bundle to write at `path`; a bundle that is there is replaced, all else is left alone.

    Args:
        path: of its folder.
        sign: file of the private key that signs it.

    Raises:
        UsageError: the place is wrong, cannot be written, or another process is writing there; the
            key is not valid.
    """
    key = None if sign is None else SigningKey(sign)
    with replacing(path, BundleKind()) as place:
        yield BundleWriter(place, key)


def dump(value: Mapping[str, Json]) -> bytes:
    """JSON text that depends on the value alone."""
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
