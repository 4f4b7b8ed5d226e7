"""SpikingJelly 0.0.0.0.14 as well: the same tests once more, with that release in front."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
OLDER = ROOT / "build" / "spikingjelly014"
SAME = ("test_calls.py", "test_networks.py", "test_neurons.py", "test_refused.py")


def test_the_older_release_passes_the_same_tests() -> None:
    if not (OLDER / "spikingjelly").is_dir():
        pytest.skip("SpikingJelly 0.0.0.0.14 is not in build/spikingjelly014: run make setup")
    environment = {**os.environ, "PYTHONPATH": str(OLDER), "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    asked = "from importlib.metadata import version; print(version('spikingjelly'))"
    version = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert version == "0.0.0.0.14"
    files = [f"tests/frontends/spikingjelly/{name}" for name in SAME]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *files],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert " passed" in done.stdout and "skipped" not in done.stdout
