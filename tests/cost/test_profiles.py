"""Profiles: those that come with snncc, a user's own, and files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from snncc.boards import boards
from snncc.cost import LayerCounts, find_profile, list_profiles
from snncc.cost.accounting import ACCOUNTING
from snncc.ir import UsageError, plugins

OWN = """
name = "mine"
about = "an accelerator"
fidelity = "model"
accounting = "exact"
sources = ["a bench"]

[[price]]
count = "accumulation"
picojoules = 2.0
low = 1.0
high = 3.0
source = "measured"
"""
POWER = """
[power]
milliamperes = 24.0
volts = 3.3
source = "measured"
"""
DRAWN = (
    """
name = "mine"
about = "a board"
fidelity = "measured"
boards = ["pico"]
sources = ["a bench"]
"""
    + POWER
)
BAD = {
    "not TOML": ("][", "not a profile"),
    "a word more": (OWN + "\nextra = 1\n", "extra"),
    "no such accounting": (OWN.replace('"exact"', '"exactly"'), "did you mean 'exact'"),
    "no such count": (OWN.replace("accumulation", "accumulations"), "did you mean 'accumulation'"),
    "not in its range": (OWN.replace("low = 1.0", "low = 2.5"), "within its own range"),
    "less than nothing": (OWN.replace("2.0", "-2.0"), "price"),
    "endless": (OWN.replace("3.0", "inf"), "price"),
    "neither price": (OWN.replace("picojoules = 2.0", ""), "neither or both"),
    "both prices": (OWN + "by_capacity = [[0, 1.0]]\n", "neither or both"),
    "no memory": (
        OWN.replace("picojoules = 2.0", "by_capacity = [[0, 1.0], [8, 2.0]]"),
        "give rising bytes, for one of access to inputs",
    ),
    "a power beside prices": (OWN + POWER, "this one has both"),
    "a power of nothing": (DRAWN.replace('boards = ["pico"]', ""), "name the boards"),
    "half a current": (DRAWN.replace("volts = 3.3", ""), "milliamperes and volts"),
    "watts and a current": (DRAWN + "watts = 1.0\n", "milliamperes and volts"),
    "a power not in its range": (DRAWN + "low = 25.0\n", "within its own range"),
    "no power": (DRAWN.replace("24.0", "0.0"), "power.milliamperes"),
    "no end of sleep": (DRAWN + "asleep_microamperes = inf\n", "asleep"),
    "another fidelity": (OWN.replace('"model"', '"sure"'), "fidelity"),
}


@pytest.mark.parametrize("name", list_profiles())
def test_each_profile_says_what_it_is_and_is_documented(name: str) -> None:
    profile = find_profile(name)
    assert profile.name == name and profile.sources and profile.leaves_out
    assert bool(profile.price) == bool(profile.accounting) == (profile.power is None)
    counts = ACCOUNTING[profile.accounting](LayerCounts("", "")) if profile.accounting else {}
    assert {each.count for each in profile.price} <= set(counts)
    assert set(profile.boards) <= {each.name for each in boards()}
    assert set(profile.targets) <= set(plugins("snncc.backends"))
    page = (Path(__file__).parents[2] / "docs" / "cost.md").read_text(encoding="utf-8")
    assert f"`{name}`" in page


@pytest.mark.parametrize("name", ACCOUNTING)
def test_nothing_done_counts_nothing(name: str) -> None:
    assert set(ACCOUNTING[name](LayerCounts("", "")).values()) == {0.0}


def test_a_profile_of_the_users(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN)
    layer = LayerCounts("s", "dense", effective=1e6, binary=True)
    found = find_profile(str(path)).price_layer(layer)
    assert (found.value, found.low, found.high) == (2.0, 1.0, 3.0)  # microjoules


@pytest.mark.parametrize(("stored", "price"), [(0, 1.0), (1, 1.5), (2, 2.0), (1_000, 2.0)])
def test_an_access_costs_more_the_larger_the_memory(
    stored: int, price: float, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    text = OWN.replace("exact", "accesses").replace('"accumulation"', '"access to weights"')
    text = text.replace("picojoules = 2.0", "by_capacity = [[0, 1.0], [8, 2.0]]")
    path.write_text(text.replace("low = 1.0\nhigh = 3.0\n", ""))
    layer = LayerCounts("s", "dense", products=1e6, binary=True, weights=stored)
    assert find_profile(str(path)).price_layer(layer).value == pytest.approx(price)


@pytest.mark.parametrize("what", BAD)
def test_what_is_not_a_profile_is_refused_in_a_sentence(what: str, tmp_path: Path) -> None:
    text, said = BAD[what]
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match="(?i)" + said) as refused:
        find_profile(str(path))
    assert str(path) in str(refused.value)


def test_a_missing_file_and_a_wrong_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        find_profile(str(tmp_path / "none.toml"))
    with pytest.raises(UsageError, match="did you mean 'horowitz-45nm'"):
        find_profile("horowitz-45")
