"""Compilers that may say nothing at all about emitted C; shared by tests, no tests here."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from snncc.boards import find_zig

STRICT = ("-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-pedantic", "-Werror")
M4 = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
ZIG = (*find_zig(), "cc", "-Wno-unused-command-line-argument")
COMPILERS: Mapping[str, tuple[str, ...]] = {
    "gcc": ("gcc",),
    "gcc m4": ("arm-none-eabi-gcc", *M4),
    "gcc m0+": ("arm-none-eabi-gcc", "-mcpu=cortex-m0plus", "-mthumb"),
    "gcc m55": ("arm-none-eabi-gcc", "-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard"),
    "gcc rv32": ("riscv64-unknown-elf-gcc", "-march=rv32imac", "-mabi=ilp32", "-ffreestanding"),
    "clang": ZIG,
    "clang m4": (*ZIG, "-target", "thumb-freestanding-eabihf", "-mcpu=cortex_m4"),
    "clang rv32": (*ZIG, "-target", "riscv32-freestanding-none", "-mcpu=generic_rv32+m+c"),
}
LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "c99": ("-std=c99", "-x", "c"),
    "c++11": ("-std=c++11", "-x", "c++"),
}

READ_ONLY: Mapping[str, tuple[str, ...]] = {
    "gcc": ("-fsyntax-only",),
    "clang": ("-O1", "-emit-llvm", "-Xclang", "-disable-llvm-passes"),  # zig wants a file
}
"""Options with which a compiler only reads: all that Clang warns of is found so, and all that is
C++. Some of what GCC warns of it finds as it optimizes, alike in both languages."""


def installed() -> tuple[str, ...]:
    """Names of the compilers that this machine has."""
    return tuple(name for name, command in COMPILERS.items() if shutil.which(command[0]))


def said(compiler: str, language: str, optimize: str, files: Mapping[str, bytes], at: Path) -> str:
    """What a compiler says of emitted C, its observer included; nothing where it is content.

    Args:
        compiler: one of `COMPILERS`.
        language: one of `LANGUAGES`.
        optimize: flag, for GCC and C; what C++ and Clang say does not depend on it.
        files: name → content.
        at: folder to write them to.
    """
    for path, content in files.items():
        (at / path).write_bytes(content)
    units = [path for path in files if path.endswith(".c")]
    assert units, "nothing to compile"
    maker = compiler.partition(" ")[0]
    depends = maker == "gcc" and language == "c99"
    options = (optimize,) if depends else READ_ONLY[maker]
    command = [*COMPILERS[compiler], *LANGUAGES[language], *STRICT, *options, "-c", *units]
    done = subprocess.run(command, cwd=at, capture_output=True, text=True)
    assert done.returncode != 0 or not done.stderr, done.stderr
    return done.stderr if done.returncode else ""
