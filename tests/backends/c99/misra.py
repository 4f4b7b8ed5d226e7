"""What cppcheck's MISRA C:2012 addon says of emitted C; shared by tests, no tests here."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypedDict, cast

CONFIGURATIONS: Mapping[str, tuple[str, ...]] = {
    "plain": (),
    "DSP extension": (
        "-D__GNUC__=12",
        "-D__ARM_FEATURE_SIMD32=1",
        "-D__ARM_FEATURE_DSP=1",
    ),
    "two lanes in a register": (
        "-D__GNUC__=12",
        "-D__BYTE_ORDER__=1234",
        "-D__ORDER_LITTLE_ENDIAN__=1234",
        "-D__SIZEOF_POINTER__=4",
    ),
}
"""The three variants of the kernels, by the macros of the compilers that choose them."""

VERSION = "2.10"  # others know more rules, or less of a rule
ADDONS = ("addons/misra.py", "share/cppcheck/addons/misra.py")
ARRAY = re.compile(rb"(static const \w+ \w+)\[\d+\] = \{\n(.*)\n(?:    .*\n)*\};")

Finding = tuple[str, str]  # rule, such as "10.1", and which of the files


class _Said(TypedDict):
    file: str
    errorId: str


def find_addon() -> Path | None:
    """The addon of the cppcheck that is installed here; None where it is not of this version."""
    found = shutil.which("cppcheck")
    if found is None:
        return None
    said = subprocess.run([found, "--version"], check=True, capture_output=True, text=True)
    if said.stdout.split()[-1] != VERSION:
        return None
    prefix = Path(found).resolve().parent.parent
    places = (place for name in ADDONS for place in (prefix / name, *prefix.glob(f"lib/**/{name}")))
    return next((place for place in places if place.is_file()), None)


def find_broken_rules(
    name: str, files: Mapping[str, bytes], configuration: str, at: Path
) -> set[Finding]:
    """The rules that `NAME.c`, with what it includes, does not keep to, and the file of each.

    Args:
        name: the program's.
        files: name → content, of all that `NAME.c` includes and itself.
        configuration: one of `CONFIGURATIONS`.
        at: folder to write them to.

    The rules of a translation unit are checked first, then those of the whole program.
    """
    for path, content in files.items():
        (at / path).write_bytes(ARRAY.sub(_shorten, content))
    options = ("--quiet", "--std=c99", "--max-configs=1", *CONFIGURATIONS[configuration])
    command = ["cppcheck", "--dump", *options, f"{name}.c"]
    subprocess.run(command, cwd=at, check=True, capture_output=True)
    told = _run_addon(at, f"{name}.c.dump")
    # What the first run leaves for the rules of a program goes into the second.
    told += _run_addon(at, f"{name}.c.ctu-info")
    return set(_read(told, name))


def _run_addon(at: Path, file: str) -> list[str]:
    addon = find_addon()
    assert addon is not None, "cppcheck's addon is not installed"
    command = [sys.executable, str(addon), "--cli", file]
    done = subprocess.run(command, cwd=at, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def _read(lines: list[str], name: str) -> Iterator[Finding]:
    for line in lines:
        said = cast("_Said", json.loads(line))
        rule = said["errorId"].rpartition("-")[2]
        yield rule, Path(said["file"]).name.replace(name, "NAME", 1)


def _shorten(array: re.Match[bytes]) -> bytes:
    """An array of constants with its first line alone: no rule asks how long one is."""
    line = array[2]
    count = 1 if line.lstrip().startswith(b"{") else line.count(b",")
    return array[1] + b"[%d] = {\n%s\n};" % (count, line)
