"""Small bundles that are written from memory, in a folder that costs no disk where there is one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def swift(tmp_path: Path) -> Iterator[Path]:
    """An empty folder in memory, as a disk takes some milliseconds to say that it has written."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="snncc-test-", dir=memory))
    yield folder
    shutil.rmtree(folder)
