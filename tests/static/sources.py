"""The sources of snncc as the static tests read them: files, their modules, their imports."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "snncc"
SOURCES = sorted(PACKAGE.rglob("*.py"))


class Import(NamedTuple):
    """One import: the full name of its module, and whether it runs when the file is imported."""

    module: str
    line: int
    at_load: bool
    relative: bool = False
    names: tuple[str, ...] = ()  # taken from the module; some of them may be modules themselves


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def parse_file(path: Path) -> ast.Module:
    """A file as Python reads it."""
    return ast.parse(path.read_text())


@cache
def imports(path: Path) -> tuple[Import, ...]:
    """All imports of a file, those within functions too."""

    def visit(node: ast.AST, at_load: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(each.name, child.lineno, at_load) for each in child.names)
            elif isinstance(child, ast.ImportFrom):
                names = tuple(each.name for each in child.names)
                module, relative = absolute(path, child), bool(child.level)
                yield Import(module, child.lineno, at_load, relative, names)
            else:
                yield from visit(child, at_load and not deferred(child))

    return tuple(visit(parse_file(path), True))


def deferred(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def absolute(path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = path.relative_to(ROOT).parent.parts
    base = package[: len(package) - node.level + 1]
    return ".".join((*base, *((node.module,) if node.module else ())))
