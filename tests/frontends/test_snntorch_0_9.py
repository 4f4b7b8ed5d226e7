"""The neurons of snnTorch 0.9 as well: the same tests once more, with that release in front."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
OLDER = ROOT / "build" / "snntorch09"


def test_the_older_release_passes_the_same_tests() -> None:
    if not (OLDER / "snntorch").is_dir():
        pytest.skip("snnTorch 0.9 is not in build/snntorch09: run make setup")
    environment = {**os.environ, "PYTHONPATH": str(OLDER), "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    version = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlib.metadata import version; print(version('snntorch'))",
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert version.startswith("0.9")
    command = [sys.executable, "-m", "pytest", "-q", "tests/frontends/test_snntorch.py"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert " passed" in done.stdout and "skipped" not in done.stdout
