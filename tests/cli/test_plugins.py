"""Plug-ins of real distributions, written to a folder on the path: loading, clashes, absences."""

import sys
from pathlib import Path

import pytest

from snncc.backend_and_frontend import backend, frontend
from snncc.ir import DeviceError, UsageError, plugin, plugins

BACKENDS = "snncc.backends"


class Site:
    """A folder on the path into which distributions are installed by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, entries: str, requires: str = "", **modules: str) -> None:
        info = self.folder / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}"
        )
        (info / "entry_points.txt").write_text(f"[{BACKENDS}]\n{entries}\n")
        for module, text in modules.items():
            (self.folder / f"{module}.py").write_text(text)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.syspath_prepend(str(tmp_path))
    return Site(tmp_path)


def test_built_ins_come_through_the_same_door() -> None:
    assert "c99" in plugins(BACKENDS)
    assert "torch" in plugins("snncc.frontends")


def test_a_stranger_is_loaded_when_asked_and_not_before(site: Site) -> None:
    site.install("toy", "toy = toy_target:Toy", toy_target="class Toy:\n    name = 'toy'\n")
    found = plugin(BACKENDS, "toy")
    assert "toy_target" not in sys.modules
    assert getattr(found.load(), "name", None) == "toy"
    del sys.modules["toy_target"]


def test_an_unknown_name_lists_the_known_and_the_nearest() -> None:
    with pytest.raises(
        UsageError, match=r"unknown target 'c9'; did you mean 'c99'\? \(known: .*c99"
    ):
        plugin(BACKENDS, "c9")


def test_two_claimants_are_both_named(site: Site) -> None:
    site.install("first", "chip = first_chip:Chip")
    site.install("second", "chip = second_chip:Chip")
    both = r"'chip' is claimed by .* (first and second|second and first)"
    with pytest.raises(UsageError, match=both):
        plugins(BACKENDS)


def test_a_missing_extra_is_named_with_the_command_that_adds_it(site: Site) -> None:
    site.install(
        "toy",
        "toy = toy_needy:Toy",
        "Provides-Extra: chip\nRequires-Dist: absent-sdk>=2; extra == 'chip'\n",
        toy_needy="import absent_sdk.core\n",
    )
    with pytest.raises(
        DeviceError, match=r"needs the module absent_sdk, .*pip install 'toy\[chip\]'"
    ):
        plugin(BACKENDS, "toy").load()


@pytest.mark.parametrize("entry", ["toy_gone:Toy", "toy_empty:Toy"])
def test_an_entry_that_leads_nowhere_names_its_distribution(site: Site, entry: str) -> None:
    site.install("toy", f"toy = {entry}", toy_empty='"""Nothing."""\n')
    with pytest.raises(UsageError, match="does not exist; reinstall toy"):
        plugin(BACKENDS, "toy").load()


def test_what_is_no_backend_is_refused_with_what_it_lacks(site: Site) -> None:
    site.install("toy", "toy = toy_part:Toy", toy_part="class Toy:\n    name = 'toy'\n")
    with pytest.raises(UsageError, match=r"target 'toy' of toy lacks .*emit, lower.*simulate"):
        backend("toy")


def test_a_source_of_no_known_kind_is_refused_with_the_kinds() -> None:
    with pytest.raises(UsageError, match=r"'model\.xyz' is not a model .* zoo:NAME"):
        frontend("model.xyz")
