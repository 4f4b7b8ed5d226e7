"""The command line as a user meets it, and a user's folder with a model that it builds."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from snncc.cli import main
from tests.commands import Commands, commands

from .models import write_all

Snncc = Callable[..., subprocess.CompletedProcess[str]]
GOOD = ["good.py:build", "--weights", "good.safetensors", "--data", "good.npz"]


class Done(NamedTuple):
    """What a call of the command line left."""

    code: object
    out: str
    err: str


def call(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> Done:
    """The command line in this process, which loads PyTorch only once."""
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    shown = capsys.readouterr()
    return Done(leaving.value.code, shown.out, shown.err)


@pytest.fixture(scope="session")
def server() -> Iterator[Commands]:
    with commands() as ready:
        yield ready


@pytest.fixture
def snncc(server: Commands, tmp_path: Path) -> Snncc:
    """`snncc(*arguments)` in a process and an empty folder; gives exit code, stdout, stderr."""
    return partial(server, folder=tmp_path)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder: models, weights and data, good and bad."""
    where = tmp_path_factory.mktemp("user")
    write_all(where)
    return where


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder, entered."""
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def bundle(folder: Path) -> Path:
    """The bundle of the good model, built for the emulated board; outside the user's folder."""
    path = folder.parent / "kept.snnb"
    build = ["build", "--target", "c99", "--board", "cortex-m4-emulated", *GOOD, "-o", str(path)]
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as leaving:
        patch.chdir(folder)
        main(build)
    assert leaving.value.code == 0
    return path
