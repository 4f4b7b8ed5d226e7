"""Writing a bundle: which folder may be replaced by one, and its files; the only writer of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from snncc.backends import Json, pack
from snncc.files import Content, Replacement, changed, digest, failures, fill, replacing, strangers
from snncc.ir import Network, show

from .schema import LOG, MANIFEST, UNLISTED, listed_files


class BundleKind:
    """How a bundle is known: its manifest lists every file in it, and each is as it was written."""

    def foreign(self, folder: Path) -> str | None:
        listed = listed_files(folder)
        if listed is None:
            return f"is a folder and not a bundle: it has no {MANIFEST} of snncc"
        for name in strangers(folder, listed.keys() | UNLISTED):
            return f"holds {name}, which is not of the bundle"
        for name in changed(folder, listed):
            return f"holds {name}, which was changed after the build"
        return None


@dataclass(frozen=True)
class BundleWriter:
    """A bundle that is being written; nothing stands under its name before `write` has ended."""

    place: Replacement

    def write(
        self,
        manifest: Mapping[str, Json],
        files: Mapping[str, Content],
        roles: Mapping[str, str],
        log: Mapping[str, Json],
    ) -> None:
        """Writes all of the bundle, and puts it in its place.

        Args:
            manifest: without its list of files, which is added here.
            files: path within the bundle → content, one in memory at a time where functions write.
            roles: path or first part of it → what the file is for.
            log: times and facts about this machine; written beside, not hashed.

        Raises:
            UsageError: it cannot be written.
        """
        listed: dict[str, Json] = {}
        with failures(self.place.path):
            for name, content in sorted(files.items()):
                file = self.place.new / name
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("xb") as out:
                    fill(out, content)
                role = roles.get(name, roles.get(PurePosixPath(name).parts[0], "data"))
                size = file.stat().st_size
                listed[name] = {"sha256": digest(file), "bytes": size, "role": role}
            (self.place.new / MANIFEST).write_bytes(dump({**manifest, "files": listed}))
            (self.place.new / LOG).write_bytes(dump(log))
        self.place.commit()


@contextmanager
def writing(path: Path) -> Iterator[BundleWriter]:
    """A bundle to write at `path`; a bundle that is there is replaced, all else is left alone.

    Raises:
        UsageError: the place is wrong, cannot be written, or another process is writing there.
    """
    with replacing(path, BundleKind()) as place:
        yield BundleWriter(place)


def network_files(network: Network, text: str, tensors: str) -> dict[str, Content]:
    """A network as its two files."""
    return {text: show(network).encode(), tensors: partial(pack, network.tensors)}


def dump(value: Mapping[str, Json]) -> bytes:
    """JSON text that depends on the value alone."""
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
