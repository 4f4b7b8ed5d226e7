"""Which bundles were built here, by this user; knows nothing of what is in them.

A bundle names the model that it was built from, which may be a Python file. Whoever writes a bundle
would choose the code that runs when it is verified, if verify ran what it names. So the code that
a bundle names is run only where this user has run it before, to build the very same bundle.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def note_built(manifest: bytes) -> None:
    """Remembers a manifest as one that was built here; where nothing can be kept, it is not."""
    try:
        folder = _folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid == os.getuid():
            (folder / _name(manifest)).touch()
    except OSError:
        return


def is_built_here(manifest: bytes) -> bool:
    """Whether a manifest is one that `note_built` was given by this user."""
    try:
        folder = _folder()
        return folder.stat().st_uid == os.getuid() and (folder / _name(manifest)).is_file()
    except OSError:
        return False


def _folder() -> Path:
    state = os.environ.get("XDG_STATE_HOME", "")
    home = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    return home / "snncc" / "built"


def _name(manifest: bytes) -> str:
    return hashlib.sha256(manifest).hexdigest()
