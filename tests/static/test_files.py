"""What every file owes its reader: a sentence at the top, a size one can hold, an honest face."""

import ast
import importlib
import subprocess
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_opens_with_a_sentence_and_stays_short(path: Path) -> None:
    text = path.read_text()
    sentence = ast.get_docstring(ast.parse(text))
    assert sentence, "no module docstring: say what lives here and what may not"
    assert sentence.splitlines()[0].endswith("."), "the first line of the docstring is a sentence"
    assert len(text.splitlines()) <= LONGEST


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
