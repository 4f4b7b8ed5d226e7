"""What a bundle consists of: the names of its files, and the list that its manifest holds."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from typing import cast

from snncc.backends import Json

FORMAT_VERSION = 1
MANIFEST, NETWORK, TENSORS = "manifest.json", "network.snn", "tensors.npz"
CHECK, REPORT, LOG = "check/check.npz", "report.json", "log.json"
FLOAT = "source/network.snn", "source/tensors.npz"  # the imported network, before any pass
UNLISTED = frozenset({MANIFEST, LOG})
"""Files of a bundle that its manifest does not list."""

MANIFEST_BYTES_MAX = 64 << 20


def listed_files(folder: Path) -> dict[str, str] | None:
    """File → SHA-256, as a bundle's manifest lists them; None where there is no such manifest.

    The list has been the same in every format version, so that older bundles are known, too.
    """
    place = folder / MANIFEST
    if place.is_symlink() or not place.is_file() or place.stat().st_size > MANIFEST_BYTES_MAX:
        return None
    try:
        manifest = json.loads(place.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(manifest, dict):
        return None
    stated = cast("dict[str, Json]", manifest)
    files = stated.get("files")
    if not isinstance(stated.get("format_version"), int) or not isinstance(
        stated.get("snncc"), str
    ):
        return None
    if not isinstance(files, dict) or not files:
        return None
    found = {name: _sha256(entry) for name, entry in files.items() if is_inside(name)}
    return found if len(found) == len(files) and all(found.values()) else None


def is_inside(name: str) -> bool:
    """Whether a name is that of a file below a folder: no step up, no drive, no odd letter."""
    parts = PurePosixPath(name).parts
    plain = str(PurePosixPath(*parts)) == name and name.isprintable() and "\\" not in name
    return bool(parts) and plain and not name.startswith("/") and ".." not in parts


def _sha256(entry: Json) -> str:
    text = entry.get("sha256") if isinstance(entry, dict) else None
    return text if isinstance(text, str) and re.fullmatch(r"[0-9a-f]{64}", text) else ""
