"""A kill at any moment leaves the old bundle or the new one, and the next run leaves no trace."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree

from snncc.bundle import Bundle
from snncc.ir import UsageError

from .kills import kills, without_exchange
from .small import write


def seed_of(path: Path) -> object:
    """The bundle at a path, opened and checked; None where there is none."""
    try:
        return Bundle.open(path).report["seed"]
    except UsageError as error:
        assert "does not exist" in str(error)
        return None


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class Pair:
    """Two bundles that replace each other at one place, as often as one likes."""

    def __init__(self, place: Path) -> None:
        self.place, self.old, self.found = place, 0, list[bool]()
        write(place, seed=0)

    def replace(self) -> None:
        """What is killed."""
        write(self.place, seed=1 - self.old)

    def look(self) -> None:
        """What a kill has left: one of the two; and the next run leaves that alone."""
        seed = seed_of(self.place)
        assert seed in (0, 1)
        self.found.append(seed == self.old)
        self.old = 1 - self.old
        write(self.place, seed=self.old)
        assert names(self.place.parent) == [self.place.name]


def test_a_kill_leaves_the_old_bundle_or_the_new_one(swift: Path) -> None:
    pair = Pair(swift / "net.snnb")
    for _ in kills(pair.replace):
        assert pair.place.is_dir(), "the bundle was away for a moment"
        pair.look()
    assert set(pair.found) == {True, False}
    assert len(pair.found) >= 80


def test_a_kill_where_nothing_was_leaves_nothing_or_the_new_one(swift: Path) -> None:
    place = swift / "deep" / "net.snnb"
    found = []
    for _ in kills(lambda: write(place, seed=1), first=1 / 2):
        found.append(seed_of(place))
        write(place, seed=0)
        assert names(place.parent) == ["net.snnb"]
        rmtree(place.parent)
    assert set(found) == {None, 1}
    assert len(found) >= 30


def test_a_kill_between_two_renames_is_mended_by_the_reader(swift: Path) -> None:
    pair = Pair(swift / "net.snnb")
    away = 0
    with without_exchange():
        for _ in kills(pair.replace, first=1 / 2):
            if not pair.place.exists():
                away += 1
                for _ in kills(lambda: Bundle.open(pair.place)):
                    pass  # the reader may be killed as well
            pair.look()
    assert away, "no kill fell between the two renames"
    assert set(pair.found) == {True, False}
    assert len(pair.found) >= 40
