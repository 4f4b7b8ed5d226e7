"""The older releases of SpikingJelly as well: tests once more, with that release in front."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDER = Path(__file__).parent.relative_to(ROOT)
SAME = ("test_calls.py", "test_networks.py", "test_neurons.py", "test_refused.py")
RELEASES = {"0.0.0.0.12": ("clock_driven/checks.py",), "0.0.0.0.14": SAME}
"""Release → the files that are run with it; 0.0.0.0.12 names its modules otherwise."""


@pytest.mark.parametrize("release", RELEASES)
def test_an_older_release_passes_the_tests(release: str) -> None:
    folder = ROOT / "build" / f"spikingjelly{release.replace('.', '')[3:]}"
    if not (folder / "spikingjelly").is_dir():
        pytest.skip(f"SpikingJelly {release} is not in build/{folder.name}: run make setup")
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    asked = "from importlib.metadata import version; print(version('spikingjelly'))"
    version = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert version == release
    files = [str(FOLDER / name) for name in RELEASES[release]]
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
