"""The stranger's package as an installer leaves it, and snncc beside it; no tests."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def install(folder: Path) -> Path:
    """The package in a folder that may stand on the path, with what its distribution offers."""
    shutil.copytree(HERE / "snncc_tired", folder / "snncc_tired")
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    name, version = project["name"], project["version"]
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    groups = (
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in entries.items())
        for group, entries in project["entry-points"].items()
    )
    (info / "entry_points.txt").write_text("\n".join(groups))
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("site"))


def python(*words: str, site: Path | None, folder: Path) -> subprocess.CompletedProcess[str]:
    """A Python process of its own, in a folder of the user's, with or without the package."""
    path = [*([str(site)] if site else []), str(ROOT)]
    return subprocess.run(
        [sys.executable, *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )


def snncc(*words: str, site: Path | None, folder: Path) -> str:
    """What `snncc` says when all goes well."""
    done = python("-m", "snncc", *words, site=site, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(*words: str, site: Path | None, folder: Path) -> tuple[int, str]:
    """The exit code and the message of a call that `snncc` refuses."""
    done = python("-m", "snncc", *words, site=site, folder=folder)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr
