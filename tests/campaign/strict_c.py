"""Emitted C, compiled by a compiler that may not say a word, and run under sanitizers."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from snncc.boards.toolchain import cache_directory, optimization
from tests.backends.c99.strict import LANGUAGES, STRICT, ZIG

FIRMWARE = Path(__file__).parents[2] / "snncc" / "boards" / "firmware"
SECONDS = 120
LEVELS = ("0", "0", "1", "1", "s", "s", "2", "2", "3")  # the last takes the longest
# What every sanitizer of a compiler finds ends the run. Zig brings none for addresses.
SANITIZERS: Mapping[str, tuple[str, ...]] = {
    "gcc": ("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
    "clang": ("-fsanitize=undefined", "-fno-sanitize-recover=all"),
}
HOST = """/* board.c: the stimulus is what comes in, the output is what goes out. */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>

uint32_t board_read(void *to, uint32_t bytes)
{
    return (uint32_t)fread(to, 1u, bytes, stdin);
}

void board_write(const void *from, uint32_t bytes)
{
    if (fwrite(from, 1u, bytes, stdout) != bytes)
        abort();
}

void board_mark(uint32_t id)
{
    (void)id;
}
"""


class Warned(Exception):
    """A compiler had something to say."""


class Sanitized(Exception):
    """A sanitizer found something, or the program ended otherwise than it should."""


@dataclass(frozen=True)
class Way:
    """How C is compiled: a compiler, a language, a level of optimization."""

    compiler: str
    language: str
    level: str

    @classmethod
    def drawn(cls, rng: Random) -> Way:
        found = [name for name in SANITIZERS if name != "gcc" or shutil.which("gcc")]
        return cls(rng.choice(found), rng.choice(sorted(LANGUAGES)), rng.choice(LEVELS))

    def __str__(self) -> str:
        return f"{self.compiler} {self.language} -O{self.level}"

    def command(self) -> tuple[str, ...]:
        gcc = self.compiler == "gcc"
        start, level = (("gcc",), (f"-O{self.level}",)) if gcc else (ZIG, optimization(self.level))
        flags = (*STRICT, *SANITIZERS[self.compiler], *level)
        return (*start, *LANGUAGES[self.language], *flags)


def run_sanitized(sources: Mapping[str, bytes], stimulus: bytes, way: Way, folder: Path) -> bytes:
    """What a firmware answers to a stimulus, as a program of this machine.

    Raises:
        Warned: the compiler did not take it without a word.
        Sanitized: it did not end in order.
    """
    for name, content in sources.items():
        (folder / name).write_bytes(content)
    (folder / "board.h").write_bytes((FIRMWARE / "board.h").read_bytes())
    (folder / "board.c").write_text(HOST)
    units = sorted({*(name for name in sources if name.endswith(".c")), "board.c"})
    done = _run([*way.command(), *units, "-o", "program"], folder, b"")
    if done.returncode or done.stderr:
        raise Warned(f"{way}: {_words(done.stderr)}")
    ran = _run(["./program"], folder, stimulus)
    if ran.returncode or ran.stderr:
        raise Sanitized(f"{way}: exit {ran.returncode}: {_words(ran.stderr)}")
    return ran.stdout


def _run(command: Sequence[str], folder: Path, given: bytes) -> subprocess.CompletedProcess[bytes]:
    zig = str(cache_directory() / "zig")
    environment = os.environ | {"ZIG_GLOBAL_CACHE_DIR": zig, "ZIG_LOCAL_CACHE_DIR": zig}
    return subprocess.run(
        command, cwd=folder, env=environment, input=given, capture_output=True, timeout=SECONDS
    )


def _words(stderr: bytes) -> str:
    return stderr.decode("utf-8", "replace").strip()[:1500]
