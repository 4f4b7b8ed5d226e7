"""`setup` removes nothing but what it made, and keeps what worked until the new one does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from snncc.backends import Runtime
from snncc.ir import DeviceError, UsageError

from .places import PLACES, everything

GOOD = Runtime("kit", "Kit", "", "")


class Failing(Runtime):
    """A kit of which a part cannot be had, which shows when its environment is half made."""

    def _make(self, say: Callable[[str], None]) -> None:
        (self.home / "lib").mkdir(parents=True)
        raise DeviceError(f"setup of {self.name} failed")


BAD = Failing("kit", "Kit", "", "")


@pytest.fixture(autouse=True)
def runtimes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SNNCC_RUNTIMES", str(tmp_path / "runtimes"))
    (tmp_path / "runtimes").mkdir()
    return tmp_path / "runtimes"


@pytest.mark.parametrize("kind", PLACES)
def test_what_setup_did_not_make_stays(kind: str, runtimes: Path, bundle: Path) -> None:
    PLACES[kind](GOOD.home, bundle)
    before = everything(runtimes)
    with pytest.raises(UsageError, match="nothing was changed"):
        GOOD.install(lambda line: None)
    assert everything(runtimes) == before


def half_made(home: Path) -> None:
    """What an environment looks like to `setup`, without the seconds that a real one takes."""
    (home / "bin").mkdir(parents=True)
    (home / "ready").write_text(GOOD.pins)


def test_an_environment_stays_where_the_new_one_fails(runtimes: Path) -> None:
    half_made(GOOD.home)
    before = everything(runtimes)
    with pytest.raises(DeviceError, match="setup of kit failed"):
        BAD.install(lambda line: None)
    assert everything(runtimes) == before


def test_an_environment_comes_back_after_a_kill(runtimes: Path) -> None:
    half_made(GOOD.home)
    before = everything(runtimes)
    work = runtimes / ".kit.snncc"
    work.mkdir()
    (work / "lock").touch()
    (work / "making").touch()
    GOOD.home.rename(work / "old")
    (GOOD.home / "lib").mkdir(parents=True)  # the new one, as far as it had come
    with pytest.raises(DeviceError, match="setup of kit failed"):
        BAD.install(lambda line: None)
    assert everything(runtimes) == before
