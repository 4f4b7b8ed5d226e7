"""The stranger's package as an installer leaves it, and snncc beside it; no tests."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.commands import Commands, commands

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


def environment(site: Path | None) -> dict[str, str]:
    """Of a process with or without the package."""
    path = [*([str(site)] if site else []), str(ROOT)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


@pytest.fixture(scope="session")
def installed(site: Path) -> Iterator[Commands]:
    """`snncc` where the package is."""
    with commands(environment(site), ["torch"] if find_spec("torch") else []) as ready:
        yield ready


@pytest.fixture(scope="session")
def lacking() -> Iterator[Commands]:
    """`snncc` where the package is not."""
    with commands(environment(None)) as ready:
        yield ready


def python(*words: str, site: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """A Python process of its own, in a folder of the user's, with the package."""
    return subprocess.run(
        [sys.executable, *words],
        env=environment(site),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )


def snncc(*words: str, by: Commands, folder: Path) -> str:
    """What `snncc` says when all goes well."""
    done = by(*words, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(*words: str, by: Commands, folder: Path) -> tuple[int, str]:
    """The exit code and the message of a call that `snncc` refuses."""
    done = by(*words, folder=folder)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr
