"""What installed packages offer, and what is said of one that keeps less than it promises."""

from pathlib import Path

import pytest

from snncc.ir import DeviceError, Group, UsageError, op_class, plugin, plugins, requirement

REQUIRES = """Requires-Dist: numpy>=2
Requires-Dist: Chart_Lib>=1 ; extra == 'plots'
Requires-Dist: spare.parts (>=3) ; python_version > "3" and extra == "repair"
Requires-Dist: pyserial ; extra == 'wire'
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, with a package that offers three passes and an op."""
    entries = "ready = shop_ready:Step", "gone = shop_ready:Nothing", "lost = shop_lost:Step"
    entries += "needy = shop_needy:Step", "faulty = shop_faulty:Step"
    install(tmp_path, "shop", "1.5", "\n".join(("[snncc.passes]", *entries)))
    (tmp_path / "shop_ready.py").write_text("class Step:\n    pass\n\nmade = Step()\n")
    (tmp_path / "shop_needy.py").write_text("import spare_parts.small\n")
    (tmp_path / "shop_faulty.py").write_text("raise RuntimeError('out of order')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def install(folder: Path, name: str, version: str, entries: str) -> None:
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (info / "METADATA").write_text(head + REQUIRES)
    (info / "entry_points.txt").write_text(entries + "\n")


@pytest.mark.parametrize(
    ("group", "word"),
    [
        ("snncc.backends", "target"),
        ("snncc.frontends", "frontend"),
        ("snncc.ops", "op"),
        ("snncc.passes", "pass"),
    ],
)
def test_each_group_has_a_word_for_what_it_offers(group: Group, word: str) -> None:
    assert {found.kind for found in plugins(group).values()} == {word}


def test_what_is_installed_later_is_found(site: Path) -> None:
    assert "late" not in plugins("snncc.passes")
    install(site, "market", "2.0", "[snncc.passes]\nlate = shop_ready:Step")
    assert plugins("snncc.passes")["late"].distribution == "market"


def test_a_plug_in_says_who_offers_it(site: Path) -> None:
    found = plugins("snncc.passes")
    assert list(found) == sorted(found)
    ready = found["ready"]
    shown = ready.kind, ready.name, ready.distribution, ready.version, ready.entry.value
    assert shown == ("pass", "ready", "shop", "1.5", "shop_ready:Step")
    assert type(ready.load()).__name__ == "Step"
    assert isinstance(ready.load_named(), type)


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        (
            "gone",
            UsageError,
            "pass 'gone' of shop points to shop_ready:Nothing, which does not exist; "
            "reinstall shop",
        ),
        (
            "lost",
            UsageError,
            "pass 'lost' of shop points to shop_lost:Step, which does not exist; reinstall shop",
        ),
        (
            "needy",
            DeviceError,
            "pass 'needy' needs the module spare_parts, which is not installed; "
            "add it with: pip install 'spare-parts'",
        ),
        (
            "faulty",
            UsageError,
            "pass 'faulty' of shop cannot be imported: RuntimeError: out of order; "
            "mend or uninstall shop",
        ),
    ],
)
def test_what_cannot_be_loaded_says_what_to_do(
    site: Path, name: str, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as refused:
        plugin("snncc.passes", name).load()
    assert str(refused.value) == message


def test_one_name_has_one_owner(site: Path) -> None:
    install(site, "rival", "2.0", "[snncc.passes]\nready = shop_ready:made")
    both = "pass 'ready' is claimed by two installed packages, (shop and rival|rival and shop)"
    with pytest.raises(UsageError, match=f"^{both}; uninstall one of them$"):
        plugins("snncc.passes")


def test_an_unknown_name_is_answered_with_the_nearest(site: Path) -> None:
    with pytest.raises(UsageError, match=r"^unknown pass 'redy'; did you mean 'ready'\? \("):
        plugin("snncc.passes", "redy")


@pytest.mark.parametrize(
    ("module", "found"),
    [
        ("chart_lib.axes", "shop[plots]"),
        ("spare.parts", "spare"),
        ("serial", "shop[wire]"),
        ("numpy", "numpy"),
        ("Some_Thing.part", "some-thing"),
    ],
)
def test_a_missing_module_is_added_by_its_extra(site: Path, module: str, found: str) -> None:
    assert requirement(module, "shop") == found


def test_a_package_that_is_not_installed_has_no_extras() -> None:
    assert requirement("serial.tools", "no-such-package") == "serial"


def test_an_op_bears_the_name_of_its_entry(site: Path) -> None:
    install(site, "ops_of_ours", "0.1", "[snncc.ops]\nodd = snncc.ir.ops:LIF")
    with pytest.raises(UsageError) as refused:
        op_class("odd")
    assert str(refused.value) == (
        "op 'odd' of ops_of_ours points to snncc.ir.ops:LIF, which is not an op of that keyword"
    )
