"""What every file owes its reader: a sentence at the top, a size one can hold, an honest face."""

import ast
import importlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .sources import parse_file

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path for folder in ("snncc", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")
)
FACES = sorted(
    ".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "snncc").rglob("__init__.py")
)
LONGEST = 500  # lines; no file is excepted
LINKS = {"frontends": "snncc/frontends", "backends": "snncc/backends", "ir": "snncc/ir"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def faults(path: Path) -> Iterator[str]:
    text = path.read_text()
    sentence = ast.get_docstring(parse_file(path))
    if not sentence:
        yield f"{name(path)} has no docstring: say what lives here and what may not"
    elif not sentence.splitlines()[0].endswith("."):
        yield f"{name(path)}: the first line of its docstring is not a sentence"
    if (count := len(text.splitlines())) > LONGEST:
        yield f"{name(path)} has {count} lines; {LONGEST} are the most"


def test_a_file_opens_with_a_sentence_and_stays_short() -> None:
    assert [fault for path in SOURCES for fault in faults(path)] == []


@pytest.mark.parametrize(
    "text", ["x = 1\n", '"""Title"""\n', '"""A sentence."""\n' + "\n" * LONGEST]
)
def test_a_fault_of_a_file_is_found(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    (tmp_path / "module.py").write_text(text)
    assert len(list(faults(tmp_path / "module.py"))) == 1


@pytest.mark.parametrize("package", FACES)
def test_a_face_exports_what_it_says(package: str) -> None:
    face = importlib.import_module(package)
    if groups(package):
        return
    exported = getattr(face, "__all__", ())
    assert exported, "no __all__: say what others may use"
    assert sorted(set(exported)) == sorted(exported), "a name is twice in __all__"
    assert [each for each in exported if not hasattr(face, each)] == []


def groups(package: str) -> bool:
    """Whether the folder only groups modules of a larger package: a sentence and no code."""
    module = ast.parse((ROOT / Path(*package.split("."), "__init__.py")).read_text())
    return package.count(".") > 1 and len(module.body) == 1


@pytest.mark.parametrize(("link", "target"), LINKS.items())
def test_a_link_at_the_root_leads_to_its_package(link: str, target: str) -> None:
    mode, _, _, path = tracked(link).split(maxsplit=3)
    assert (mode, path) == ("120000", link)
    where = ROOT / link
    assert (str(where.readlink()) if where.is_symlink() else where.read_text()) == target


def test_every_package_is_installed_with_its_data() -> None:
    """Whatever git tracks under snncc/ is in the wheel: no file is left out by a pattern."""
    ignored = subprocess.run(
        ["git", "ls-files", "--cached", "--ignored", "--exclude-standard", "snncc"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ignored.stdout == ""


def tracked(path: str) -> str:
    listing = subprocess.run(
        ["git", "ls-files", "--stage", path], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return listing.stdout.strip()
