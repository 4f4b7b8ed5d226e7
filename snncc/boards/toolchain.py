"""Which C compiler builds, with which flags: zig's, with a cache; knows no board's memory map.

The flags of every build are here; those of one board's core, `image.py` adds.

Source of every flag: clang 22 command-line reference, as bundled by ziglang 0.17.0.
"""

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from snncc.ir import DeviceError

from .compiled_files import digest, make_once

ZIGLANG = "ziglang==0.17.0"
COMPILE_SECONDS = 300  # a first build compiles the compiler's own run-time library: ten seconds
SHOWN_LINES = 6
PLAIN = (
    "-std=c99",
    "-fno-ident",  # no compiler version in the result
    "-fno-sanitize=all",  # zig's default adds code and traps
    "-fno-stack-protector",
    "-fomit-frame-pointer",  # zig's default keeps one, which costs a register
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    "-ffp-contract=off",  # no fused multiply-add: floats round alike on every core
)


class ToolchainError(DeviceError):
    """The C compiler is missing or refused its input."""


def find_zig() -> list[str]:
    """Command that starts zig.

    Raises:
        ToolchainError: zig is not installed in this Python.
    """
    module = find_spec("ziglang")
    if module is None or module.origin is None:
        raise ToolchainError(f"no c compiler here: run `pip install {ZIGLANG}`")
    # The module does no more than start the program beside it, but in a Python of its own.
    program = Path(module.origin).with_name("zig")
    return [str(program)] if program.is_file() else [sys.executable, "-m", "ziglang"]


def cache_directory() -> Path:
    """Writable directory of this user for what can be made again, created where missing.

    `$XDG_CACHE_HOME/snncc`, else `~/.cache/snncc`, else one beside the temporary files.
    """
    home = os.environ.get("XDG_CACHE_HOME", "")
    preferred = Path(home) if Path(home).is_absolute() else Path.home() / ".cache"
    fallback = Path(tempfile.gettempdir()) / f"snncc-{os.getuid()}"
    for directory in (preferred / "snncc", fallback):
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        # A directory that someone else made could feed us their binaries.
        if os.access(directory, os.W_OK) and directory.stat().st_uid == os.getuid():
            return directory
    raise ToolchainError(
        f"neither {preferred} nor {fallback} can be written: set XDG_CACHE_HOME to a directory "
        "that can"
    )


def optimization(level: str) -> tuple[str, ...]:
    """Flags for the optimization `level` 0, 1, 2, 3, s or z, with the symbols kept.

    zig turns -O1, -O2 and -O3 all into -O2, -Oz into -Os, and strips what -Os makes unless there is
    debug information; so the level goes past it to clang, last.
    """
    mode = "-Os" if level in ("s", "z") else "-O2"
    return mode, "-g", "-Xclang", f"-O{level}"


def compile_c(
    sources: Mapping[str, bytes],
    flags: Sequence[str],
    output: str = "out",
    compiler: Sequence[str] = (),
) -> bytes:
    """The file that a compiler makes of `sources`; headers are found beside them.

    What zig makes is stored by its content (`compiled_files.py`), and made once.

    Args:
        sources: name → content.
        flags: beside those that hold for every build.
        output: name of the file.
        compiler: command that starts a compiler with GCC's options; empty: zig's.

    Raises:
        ToolchainError: the compiler is missing, refused the sources, or did not end.
    """
    if compiler:
        return _compile([*compiler], sources, flags, output)
    return _compile_once(sources, flags, output).read_bytes()


def build_shared_library(sources: Mapping[str, bytes], flags: Sequence[str] = ()) -> Path:
    """Shared library made of `sources` for this machine's processor; made once per content.

    Raises:
        ToolchainError: as `compile_c`.
    """
    flags = (*optimization("3"), "-Wl,--strip-debug", "-march=native", "-fPIC", "-shared", *flags)
    return _compile_once(sources, flags, "out.so")


def _compile_once(sources: Mapping[str, bytes], flags: Sequence[str], output: str) -> Path:
    """The file that zig makes of `sources`, made once per content on this processor."""
    command = [*find_zig(), "cc"]
    name = digest((ZIGLANG, _processor(), output, *PLAIN, *flags), sources) + Path(output).suffix
    return make_once(
        cache_directory() / "compiled", name, lambda: _compile(command, sources, flags, output)
    )


def _compile(
    command: Sequence[str], sources: Mapping[str, bytes], flags: Sequence[str], output: str
) -> bytes:
    with tempfile.TemporaryDirectory(prefix="snncc-cc-") as name:
        directory = Path(name)
        for path, content in sources.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_bytes(content)
        units = sorted(path for path in sources if path.endswith(".c"))
        # Run inside the directory: relative names keep its random path out of the result.
        _run([*command, *PLAIN, *units, "-o", output, *flags], directory)
        return (directory / output).read_bytes()


@cache
def _processor() -> str:
    """What tells one processor's instruction set from another's."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    features = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return f"{platform.machine()} {platform.processor()} {features}"


def _run(command: list[str], directory: Path) -> None:
    zig_cache = str(cache_directory() / "zig")
    environment = os.environ | {"ZIG_GLOBAL_CACHE_DIR": zig_cache, "ZIG_LOCAL_CACHE_DIR": zig_cache}
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=COMPILE_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise ToolchainError(f"the c compiler did not end within {COMPILE_SECONDS} s") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
        told = "\n  ".join(lines[:SHOWN_LINES])
        raise ToolchainError(
            f"the c compiler refused the sources (exit {done.returncode}):\n  {told}"
        )
