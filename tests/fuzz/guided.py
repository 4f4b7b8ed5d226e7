"""Damages a file by what its reader does: coverage-guided, for as long as one is asked to.

`python -m tests.fuzz.guided cell.onnx --seconds 60`, in an environment that has atheris as well.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import os
import sys
import tempfile
from pathlib import Path

from .attempt import Outcome, exit_code
from .files import arguments, prepare, whole_files

MEMORY_MIB, SECONDS, LONGEST_BYTES = 2048, 10, 1 << 16
ABSENT = "atheris is not installed here; it is on the package index, for Linux"


class FaultFound(Exception):
    """A reader answered a file as none may."""


def is_there() -> bool:
    """Whether atheris can be imported; it is asked of nobody who only runs the tests."""
    return importlib.util.find_spec("atheris") is not None


def read_in_process(name: str, content: bytes) -> Outcome:
    """What comes of a file in the folder where this process is, which holds what belongs to it."""
    Path(name).write_bytes(content)
    told, nowhere = io.StringIO(), io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(nowhere):
        code = exit_code(arguments(name))
    return Outcome(code, told.getvalue(), "", 0.0)


def demand_answer(name: str, content: bytes) -> None:
    """Reads a file.

    Raises:
        FaultFound: it was answered by anything but a network or a sentence.
    """
    outcome = read_in_process(name, content)
    if outcome.fault:
        raise FaultFound(f"{name}: {outcome.fault}: {outcome.told[-2000:]}")


def main() -> int:
    """Lets atheris try files until the time is up; it leaves what failed in `build/fuzz`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(whole_files()), help="of the whole file")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"), help="the file at fault")
    told = parser.parse_args()
    if not is_there():
        sys.stderr.write(f"{ABSENT}\n")
        return 4
    import atheris

    told.keep.mkdir(parents=True, exist_ok=True)
    kept = told.keep.resolve()
    whole = whole_files()
    with tempfile.TemporaryDirectory() as place:
        folder, seeds = Path(place) / "folder", Path(place) / "seeds"
        for each in (folder, seeds):
            each.mkdir()
        prepare(folder, whole)
        suffix = Path(told.name).suffix
        for name in (name for name in whole if Path(name).suffix == suffix):
            (seeds / name).write_bytes(whole[name])
        os.chdir(folder)
        with atheris.instrument_imports(include=["snncc"]):
            demand_answer(told.name, whole[told.name])
        options = [
            f"-max_total_time={told.seconds}",
            f"-rss_limit_mb={MEMORY_MIB}",
            f"-timeout={SECONDS}",
            f"-max_len={LONGEST_BYTES}",
            f"-artifact_prefix={kept}/{Path(told.name).stem}-",
        ]
        atheris.Setup(
            [sys.argv[0], *options, str(seeds)], lambda data: demand_answer(told.name, data)
        )
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
