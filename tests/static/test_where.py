"""docs/where.md: every path on it exists, and what it names there is defined there."""

import ast
import re
from pathlib import Path

import pytest

from .sources import parse_file

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "where.md").read_text()
QUOTED = re.compile(r"`([^`\n]+)`")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and "`" in line]


def pointers(row: str) -> list[tuple[str, list[str]]]:
    """Paths of the answer, each with the names that follow it."""
    found: list[tuple[str, list[str]]] = []
    for word in QUOTED.findall(row.rsplit(" | ", 1)[-1]):
        if "/" in word:
            found.append((word, []))
        else:
            assert found, f"`{word}` precedes any path"
            found[-1][1].append(word)
    return found


def defined(path: Path) -> set[str]:
    """What a module defines at its top, and `Class.member` for what its classes define."""
    names: set[str] = set()
    for node in parse_file(path).body:
        names |= _names(node)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{inner}" for each in node.body for inner in _names(each)}
    return names


def _names(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Assign(targets=targets):
            return {each.id for each in targets if isinstance(each, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case _:
            return set()


def test_the_page_answers_fifteen_questions() -> None:
    assert len(ROWS) >= 15
    assert all(row.split(" | ")[0].endswith("?") for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:].partition(" | ")[0])
def test_what_a_row_names_is_there(row: str) -> None:
    found = pointers(row)
    assert found
    for path, names in found:
        assert (ROOT / path).is_file(), path
        lacking = set(names) - defined(ROOT / path)
        assert not lacking, f"{path} defines no {', '.join(sorted(lacking))}"
