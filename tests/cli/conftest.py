"""The command line as a user meets it: one process a call."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Snncc = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def snncc(tmp_path: Path) -> Snncc:
    """`snncc(*arguments)` in an empty folder; gives exit code, stdout and stderr."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "snncc", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )

    return call
