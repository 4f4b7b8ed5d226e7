"""The docstring of a folder is a table of contents: which file it has, and what each decides."""

import ast
import re
from pathlib import Path

import pytest

from .sources import PACKAGE, ROOT

PEERS = {"cli", "zoo/models"}  # a command a file, a family of models a file: named as a kind
QUOTED = re.compile(r"`([^`\n]+)`")
FOLDERS = sorted(path.parent for path in PACKAGE.rglob("__init__.py"))


def modules(folder: Path) -> set[str]:
    """What a folder consists of: `file.py`, and `folder/` for each package in it."""
    files = {path.name for path in folder.glob("*.py") if not path.name.startswith("__")}
    return files | {f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}


def listed(folder: Path) -> dict[str, str]:
    """What its docstring lists → what it says of it: `* `file.py`: what is decided there`."""
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?=\* |\n)", text):
        names, colon, said = entry.removeprefix("* ").partition(":")
        if entry.startswith("* ") and colon:
            found |= dict.fromkeys(QUOTED.findall(names), said.strip())
    return found


def faults(folder: Path, root: Path, peers: bool = False) -> list[str]:
    """Sentences on what the docstring of a folder does not list, or lists in vain."""
    place = f"{folder.relative_to(root)}/__init__.py"
    there, said = modules(folder), listed(folder)
    lacking = [] if peers else sorted(there - said.keys())
    return [
        *(
            f"the docstring of {place} does not list `{name}`; add to it the line "
            f"'* `{name}`: what is decided there, or what one would add there'"
            for name in lacking
        ),
        *(
            f"the docstring of {place} lists `{name}`, which is not there; take its line out"
            for name in sorted(said.keys() - there)
        ),
        *(
            f"the docstring of {place} says nothing of `{name}`; say what is decided there"
            for name in sorted(said)
            if not said[name]
        ),
    ]


def test_a_folder_says_what_is_decided_in_which_file() -> None:
    found = [
        fault
        for folder in FOLDERS
        for fault in faults(folder, ROOT, str(folder.relative_to(PACKAGE)) in PEERS)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("docstring", "peers", "message"),
    [
        ("Parts.", False, "the docstring of parts/__init__.py does not list `a.py`; add to it"),
        ("Parts, as `a.py`.", False, "does not list `a.py`"),  # named, but not what it decides
        ("Parts.\n\n* `a.py`:", False, "says nothing of `a.py`"),
        ("Parts.\n\n* `a.py`: one\n* `b.py`: two", False, "lists `b.py`, which is not there"),
        ("Parts.\n\n* `b.py`: two", True, "lists `b.py`, which is not there"),
    ],
)
def test_what_a_folder_does_not_say_is_found(
    docstring: str, peers: bool, message: str, tmp_path: Path
) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "a.py").touch()
    (folder / "__init__.py").write_text(f'"""{docstring}\n"""\n')
    assert any(message in each for each in faults(folder, tmp_path, peers))


def test_a_folder_that_lists_its_files_has_no_fault(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    for name in ("a.py", "b.py", "__main__.py", "inner/__init__.py"):
        (tmp_path / name).touch()
    lines = "* `a.py`, `b.py`: one\n  and two\n* `inner/`: the rest\n\nMore: `c.py`."
    (tmp_path / "__init__.py").write_text(f'"""All.\n\n{lines}\n"""\n')
    assert faults(tmp_path, tmp_path) == []
