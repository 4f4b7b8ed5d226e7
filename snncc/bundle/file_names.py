"""The names of a bundle's files, and which names its manifest may list: none outside its folder.

How the files are opened, and when one is refused, is in `checked_files.py`.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath

MANIFEST, NETWORK, TENSORS = "manifest.json", "network.snn", "tensors.npz"
CHECK, REPORT, LOG = "check/check.npz", "report.json", "log.json"
FLOAT = "source/network.snn", "source/tensors.npz"  # the imported network, before any pass
RANGES = "source/ranges.npz"  # what calibration saw
SIGNATURE = "manifest.sig"
UNLISTED = frozenset({MANIFEST, LOG, SIGNATURE})
"""Files of a bundle that its manifest does not list."""

REQUIRED = (NETWORK, TENSORS, *FLOAT, RANGES, CHECK, REPORT)
"""Files that every bundle has."""


def is_inside(name: str) -> bool:
    """Whether a name is that of a file below a folder: no step up, no drive, no odd letter."""
    parts = PurePosixPath(name).parts
    plain = bool(parts) and str(PurePosixPath(*parts)) == name and name.isprintable()
    return plain and not name.startswith("/") and ".." not in parts and "\\" not in name


def find_namesakes(names: Iterable[str]) -> tuple[str, str] | None:
    """Two names that are one file where a file system does not tell capitals from small letters."""
    seen = {name.casefold(): name for name in UNLISTED}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            return other, name
    return None
