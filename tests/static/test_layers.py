"""Arrows point downward: what each folder of snncc may import, read from the source."""

import ast
import re
from pathlib import Path

from .sources import PACKAGE, ROOT, SOURCES, Import, dotted, imports, parse_file

# Folder → what of snncc it may import, from the face. A longer prefix wins.
ALLOWED = {
    "snncc.ir": set(),
    "snncc.frontends": {
        "snncc.ir",
        "snncc.frontends.recognition",
        "snncc.frontends.whole_hdf5",
    },
    "snncc.files": {"snncc.ir"},
    "snncc.backends": {"snncc.ir", "snncc.files", "snncc.boards", "snncc.projects"},
    # Its own kernel runs the C that c99 writes; no other backend knows another.
    "snncc.backends.spinnaker2": {
        "snncc.ir",
        "snncc.files",
        "snncc.boards",
        "snncc.backends",
        "snncc.backends.c99",
    },
    "snncc.boards": {"snncc.ir"},
    "snncc.projects": {"snncc.ir"},
    # Its models describe their own neurons, as anyone's do.
    "snncc.zoo": {"snncc.ir", "snncc.files", "snncc.frontends"},
}
# Too large, or not there: only inside functions, or in modules that are loaded lazily themselves.
HEAVY = {
    "torch",
    "snntorch",
    "unicorn",
    "ziglang",
    "elftools",
    "capstone",
    "lava",
    "spinnaker2",
    "tensorflow",
}
LIGHT = ("snncc.cli", "snncc.ir", "snncc.boards", "snncc.backends")


def home(module: str) -> str:
    """The unit a module belongs to: a backend or frontend of its own, a folder, or the driver."""
    parts = module.split(".")
    deep = len(parts) > 2 and parts[1] in {"backends", "frontends"}
    for length in (3, 2) if deep else (2,):
        if (PACKAGE / Path(*parts[1:length])).is_dir() and len(parts) >= length:
            return ".".join(parts[:length])
    return "snncc"


def allowed(unit: str) -> set[str] | None:
    for prefix in (unit, unit.rpartition(".")[0]):
        if prefix in ALLOWED:
            return ALLOWED[prefix] | ({prefix} if prefix != unit else set())
    return None


def test_there_are_sources() -> None:
    assert len(SOURCES) > 5


def said(path: Path, found: Import) -> str:
    return f"{path.relative_to(ROOT)}:{found.line} imports {found.module}"


def of_snncc(found: Import) -> bool:
    return found.module.partition(".")[0] == "snncc"


def test_imports_point_downward() -> None:
    assert [
        said(path, found)
        for path in SOURCES
        if (may := allowed(unit := home(dotted(path)))) is not None
        for found in imports(path)
        if of_snncc(found) and home(found.module) not in {unit, *may}
    ] == []


def test_a_relative_import_stays_at_home() -> None:
    assert [
        said(path, found)
        for path in SOURCES
        for found in imports(path)
        if found.relative and home(found.module) != home(dotted(path))
    ] == []


def test_borders_are_crossed_at_the_face() -> None:
    assert [
        f"{said(path, found)} instead of {home(found.module)}"
        for path in SOURCES
        for found in imports(path)
        if of_snncc(found)
        and home(found.module) not in {home(dotted(path)), "snncc"}
        and not (ROOT / Path(*found.module.split("."))).is_dir()  # a package is its own face
    ] == []


def strings(path: Path) -> list[str]:
    """What a module has in quotes that is not prose: no docstring, no part of a message."""
    tree = parse_file(path)
    prose = {
        id(each.value)
        for each in ast.walk(tree)
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
    }
    found = (n for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in prose)
    return [str(each.value) for each in found if isinstance(each.value, str)]


BELOW = {"ir", "frontends"}
UNITS = {p.stem for p in PACKAGE.iterdir() if p.stem.isidentifier() and p.stem not in BELOW}
UPPER = re.compile(rf"\bzoo\b|snncc\.({'|'.join(UNITS)})\b")


def below(*packages: str) -> list[Path]:
    return [path for path in SOURCES if dotted(path).startswith(packages)]


def test_no_frontend_reaches_the_zoo_or_the_driver_by_a_string() -> None:
    assert [
        f"{path.relative_to(ROOT)}: {text}"
        for path in below("snncc.frontends")
        for text in strings(path)
        if UPPER.search(text)
    ] == []


def heavy(found: Import) -> bool:
    return found.module.partition(".")[0] in HEAVY


def test_nothing_heavy_is_imported_at_load() -> None:
    assert [
        said(path, found)
        for path in below(*LIGHT)
        for found in imports(path)
        if found.at_load and heavy(found)
    ] == []


def test_the_language_knows_no_torch_at_all() -> None:
    assert [
        said(path, found) for path in below("snncc.ir") for found in imports(path) if heavy(found)
    ] == []
