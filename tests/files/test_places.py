"""Nothing of a user's is deleted: wrong places for an output are refused, and stay to the byte."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snncc import BuildRequest, compile_model
from snncc.cli import main
from snncc.files import GradualFolder, refuse_folder, write_file
from snncc.ir import UsageError

from .places import PLACES, everything


def build(model: Path, *arguments: str) -> int:
    with pytest.raises(SystemExit) as leaving:
        main(["build", str(model), "--target", "c99", *arguments])
    assert isinstance(leaving.value.code, int)
    return leaving.value.code


def test_there_are_twelve_kinds_of_wrong_place_and_more() -> None:
    assert len(PLACES) >= 12


WRONG = [(kind, option) for kind in PLACES for option in ("-o", "--dump")]
WRONG.remove(("an empty folder", "--dump"))  # what is empty may be filled


@pytest.mark.parametrize(("kind", "option"), WRONG)
def test_a_wrong_place_is_refused_and_stays_as_it_was(
    kind: str,
    option: str,
    model: Path,
    bundle: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = tmp_path / "deep" / "place"
    place.parent.mkdir()
    PLACES[kind](place, bundle)
    before = everything(tmp_path)
    assert build(model, option, str(place)) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert shown.err.startswith("error: '")
    assert "nothing was changed: choose another name" in shown.err
    assert everything(tmp_path) == before


@pytest.fixture
def work(tmp_path: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a home, a bundle and notes in it, entered."""
    shutil.copytree(bundle, tmp_path / "good.snnb")
    (tmp_path / "home/deep").mkdir(parents=True)
    (tmp_path / "home/notes.txt").write_text("my notes\n")
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    monkeypatch.setenv("XDG_CACHE_HOME", cache)  # the compiler's stays where it is
    monkeypatch.setenv("HOME", str(tmp_path / "home/deep"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


RESERVED = {
    "nothing": ("", "is the working folder"),
    "the working folder": (".", "is the working folder"),
    "the folder above": ("..", "contains the working folder"),
    "the working folder by a detour": ("home/..", "is the working folder"),
    "the root": ("/", "is the root"),
    "a mount": ("/proc", "is where another file system is mounted"),
    "the home folder": ("home/deep", "is the home folder, or contains it"),
    "a folder that holds the home folder": ("home", "is the home folder, or contains it"),
    "below a file": ("home/notes.txt/new.snnb", "lies below a file"),
    "in a bundle": ("good.snnb/new", "lies in the bundle"),
    "in a bundle's folder": ("good.snnb/target/new", "lies in the bundle"),
    "a bundle's folder": ("good.snnb/target", "not a bundle"),
}


@pytest.mark.parametrize(("place", "says"), RESERVED.values(), ids=RESERVED)
def test_reserved_places_are_refused(
    place: str, says: str, work: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(work)
    assert build(model, "-o", place) == 2
    assert says in capsys.readouterr().err
    assert everything(work) == before


def test_the_folder_one_works_in_is_refused_though_it_is_a_bundle(
    work: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(work)
    for inside in ("good.snnb", "good.snnb/target"):
        monkeypatch.chdir(work / inside)
        assert build(model, "-o", str(work / "good.snnb")) == 2
    assert everything(work) == before


@pytest.fixture
def anybody() -> Iterator[Callable[[Callable[[], object]], object]]:
    """Calls in a process that may not write where it is not allowed to, and gives the failure."""

    def call(what: Callable[[], object]) -> object:
        reading, writing = os.pipe()
        if not (child := os.fork()):
            if not os.getuid():
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            try:
                what()
            except UsageError as failure:
                os.write(writing, str(failure).encode())
            os._exit(0)
        os.close(writing)
        os.waitpid(child, 0)
        with os.fdopen(reading, "rb") as told:
            return told.read().decode()

    yield call


def test_a_place_without_permission_is_refused(
    bundle: Path,
    tmp_path_factory: pytest.TempPathFactory,
    anybody: Callable[[Callable[[], object]], str],
) -> None:
    root = tmp_path_factory.mktemp("open")
    for folder in (root, *root.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    (root / "closed").mkdir(0o555)
    shutil.copytree(bundle, root / "kept.snnb")
    (root / "kept.snnb/target").chmod(0o555)
    before = everything(root)
    for place in ("closed/new.snnb", "closed/deep/new.snnb", "kept.snnb"):
        told = anybody(lambda place=place: refuse_folder(root / place, lambda _: None))
        assert "no permission to write in" in told
    assert everything(root) == before
    (root / "kept.snnb/target").chmod(0o755)


def test_a_bundle_is_replaced_and_what_lies_beside_it_stays(work: Path, model: Path) -> None:
    old = everything(work)
    assert build(model, "-o", "good.snnb", "--state-bits", "16") == 0
    new = everything(work)
    assert new.keys() == old.keys()
    assert new["good.snnb/network.snn"] != old["good.snnb/network.snn"]
    assert new["home/notes.txt"] == old["home/notes.txt"]


def test_a_failing_build_leaves_no_folder_behind(work: Path, model: Path) -> None:
    before = everything(work)
    assert build(model, "-o", "a/b/new.snnb", "--passes", "quantize{bits=4}") == 2
    assert everything(work) == before


FILES = {
    "text": b"my notes\n",
    "an array file": b"PK\x05\x06" + bytes(18),
    "the mark in mid text": b"x" * 5000 + b"written by snncc" + b"x" * 5000,
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
@pytest.mark.parametrize("command", ["inspect", "run", "zoo"])
def test_a_file_is_not_overwritten(
    content: bytes, command: str, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "mine").write_bytes(content)
    arguments = {
        "inspect": ["inspect", "good.snnb", "-o", "mine"],
        "run": ["run", "good.snnb", "--data", "mine", "-o", "mine"],
        "zoo": ["zoo", "data", "l2mu-motions", "-o", "mine"],
    }[command]
    before = everything(work)
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    assert leaving.value.code == 2
    assert "is a file that snncc did not write" in capsys.readouterr().err
    assert everything(work) == before


@pytest.mark.parametrize("form", ["text", "json", "html", "onnx", "dot", "nir"])
def test_a_report_is_known_again_and_replaced(form: str, work: Path) -> None:
    for _ in range(2):
        with pytest.raises(SystemExit) as leaving:
            main(["inspect", "good.snnb", "--as", form, "-o", "report"])
        assert leaving.value.code == 0


def test_an_output_in_a_bundle_is_refused(work: Path) -> None:
    before = everything(work)
    with pytest.raises(UsageError, match="lies in the bundle"):
        write_file(work / "good.snnb/target/report.html", b"")
    assert everything(work) == before


def test_a_dump_is_replaced_unless_it_was_edited(tmp_path: Path) -> None:
    place = tmp_path / "dump"
    for name in ("first.snn", "second.snn"):
        GradualFolder(place).write(name, b"network\n")
    assert {path.name for path in place.iterdir()} == {"second.snn", "written-by-snncc.txt"}
    (place / "second.snn").write_text("edited\n")
    before = everything(tmp_path)
    with pytest.raises(UsageError, match=r"second\.snn, which was changed since"):
        GradualFolder(place)
    assert everything(tmp_path) == before


def test_compile_model_refuses_before_it_looks_at_the_model(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a bundle"):
        compile_model(BuildRequest("nowhere.py:build", "c99", output=Path(sys.prefix)))
    assert not list(tmp_path.iterdir())
