"""C compiled for this machine: callable, made once, whole even when several ask at a time."""

import ctypes
import multiprocessing
import os
import sys
import time
from pathlib import Path

import pytest

from snncc.boards import ToolchainError, build_shared_library, compiled_files
from snncc.boards.compiled_files import digest, make_once
from snncc.boards.toolchain import cache_directory, compile_c

SOURCES = {
    "sum.h": b"int sum(const signed char *values, int count);",
    "sum.c": b"""
        #include "sum.h"
        int sum(const signed char *values, int count)
        {
            int total = 0;
            for (int i = 0; i < count; i++)
                total += values[i];
            return total;
        }
    """,
}


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache directory of the test's own, but for what zig keeps."""
    directory = tmp_path_factory.mktemp("cache")
    (cache_directory() / "zig").mkdir(exist_ok=True)
    (directory / "snncc").mkdir()
    (directory / "snncc" / "zig").symlink_to(cache_directory() / "zig")
    monkeypatch.setenv("XDG_CACHE_HOME", str(directory))
    return directory


def call(library: Path, values: bytes) -> int:
    return int(ctypes.CDLL(str(library)).sum(values, len(values)))


def make(_: int) -> tuple[str, int]:
    library = build_shared_library(SOURCES)
    return str(library), call(library, b"\x01\xff\x05")


def test_library_computes_and_is_made_once(cache: Path) -> None:
    library = build_shared_library(SOURCES)
    assert call(library, bytes(range(100)) * 3) == 14850
    made = library.stat().st_ino
    assert build_shared_library(SOURCES) == library
    assert library.stat().st_ino == made
    assert cache in library.parents


def test_other_content_is_another_library() -> None:
    library = build_shared_library(SOURCES)
    changed = SOURCES | {"sum.c": SOURCES["sum.c"].replace(b"total = 0", b"total = 1")}
    flagged = build_shared_library(SOURCES, ("-DUNUSED=1",))
    assert len({library, build_shared_library(changed), flagged}) == 3
    assert call(build_shared_library(changed), b"") == 1


def test_several_processes_make_the_same_whole_library(cache: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        made = pool.map(make, range(4))
    assert len(set(made)) == 1
    assert made[0][1] == 5
    assert len(list((cache / "snncc" / "compiled").iterdir())) == 1


def test_refused_sources_leave_nothing(cache: Path) -> None:
    with pytest.raises(ToolchainError, match="expected"):
        build_shared_library({"broken.c": b"int broken(void) { return"})
    assert list(cache.rglob("*.so")) == []


def test_what_was_not_used_for_long_is_removed(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = cache / "files"
    monkeypatch.setattr(compiled_files, "MOST_BYTES", 25)
    names = [digest([word], {}) for word in "abc"]
    made = [make_once(directory, name, lambda: bytes(10)) for name in names[:2]]
    (directory / "mine").write_bytes(bytes(100))  # whoever put it there
    for path, age in zip(made, (100, 200), strict=True):
        os.utime(path, (time.time() - age,) * 2)
    assert make_once(directory, names[1], lambda: bytes(11)) == made[1]  # is there, and used now
    make_once(directory, names[2], lambda: bytes(10))
    assert {path.name for path in directory.iterdir()} == {*names[1:], "mine"}
    assert made[1].read_bytes() == bytes(10)


def test_a_firmware_is_made_once_and_not_without_its_compiler(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = {"main.c": b"int main(void) { return 7; }"}
    flags = ("-shared", "-fPIC", "-nostdlib")
    first = compile_c(sources, flags)
    (path,) = (cache / "snncc" / "compiled").iterdir()
    path.write_bytes(b"stored")
    assert compile_c(sources, flags) == b"stored" != first
    assert compile_c(sources, (*flags, "-DX=1")) != b"stored"
    monkeypatch.setitem(sys.modules, "ziglang", None)
    with pytest.raises(ToolchainError, match="no c compiler here"):
        compile_c(sources, flags)
