"""GCC for a board's core: found by its name, asked what it builds for, given the core.

Sources of the flags: GCC 12 manual, 3.19.5 "ARM Options" and 3.19.46 "RISC-V Options".
"""

import re
import shutil
import subprocess
from collections.abc import Mapping

from snncc.ir import UsageError

from .protocol import Board
from .toolchain import ZIGLANG, ToolchainError

# A bundle may name its compiler, and a bundle is not to be trusted: only what is called gcc, and
# only from the user's own PATH, is ever started.
NAME = re.compile(r"[A-Za-z0-9_.+-]*gcc(-[0-9.]+)?")
ASK_SECONDS = 30
PACKAGES = {"arm": "gcc-arm-none-eabi", "riscv": "gcc-riscv64-unknown-elf"}  # of Debian
HARD = ("-mthumb", "-mfloat-abi=hard")
RV32 = "-mabi=ilp32"
CORES: Mapping[str, tuple[str, ...]] = {
    "Cortex-M0+": ("-mcpu=cortex-m0plus", "-mthumb"),
    "Cortex-M3": ("-mcpu=cortex-m3", "-mthumb"),
    "Cortex-M4": ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", *HARD),
    "Cortex-M7": ("-mcpu=cortex-m7", "-mfpu=fpv5-sp-d16", *HARD),
    "Cortex-M33": ("-mcpu=cortex-m33", "-mfpu=fpv5-sp-d16", *HARD),
    "Cortex-M55": ("-mcpu=cortex-m55", *HARD),
    "RV32IMC": ("-march=rv32imc", RV32),
    "RV32IMAC": ("-march=rv32imac", RV32),
}
"""Core → what tells GCC about it."""


def require_gcc(name: str) -> str:
    """The name, if GCC may be called so or it is empty.

    Raises:
        UsageError: it is a path or another program.
    """
    if name and not NAME.fullmatch(name):
        raise UsageError(
            f"compiler '{name}' is not the name of a GCC, such as arm-none-eabi-gcc; give the name "
            "alone, and put its folder on the PATH"
        )
    return name


def gcc(name: str, board: Board) -> list[str]:
    """Command that compiles and links for the core of `board` with the GCC called `name`.

    Its run-time library takes part, and no other.

    Raises:
        UsageError: GCC is not called so.
        ToolchainError: it is not installed, or builds for another kind of core.
    """
    kind = "riscv" if board.riscv else "arm"
    if shutil.which(require_gcc(name)) is None:
        raise ToolchainError(
            f"{name} is not on the PATH: install it (Debian: apt-get install {PACKAGES[kind]}), or "
            "build the bundle without --option compiler"
        )
    machine = _ask(name, "-dumpmachine")
    if not machine.startswith(kind) or not machine.endswith(("-eabi", "-elf")):
        raise ToolchainError(
            f"{name} builds for {machine}, {board.name} has the core {board.core}: name a GCC for "
            f"that, such as the one of Debian's {PACKAGES[kind]}"
        )
    return [name, *CORES[board.core], "-nostdlib"]


def compiler_version(name: str) -> str:
    """Name and version, such as `arm-none-eabi-gcc 12.2.1`, of a GCC, or of zig where it is empty.

    Raises:
        ToolchainError: it does not answer.
    """
    return f"{name} {_ask(name, '-dumpfullversion')}" if name else ZIGLANG.replace("==", " ")


def _ask(name: str, question: str) -> str:
    try:
        done = subprocess.run(
            [name, question], capture_output=True, text=True, timeout=ASK_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ToolchainError(f"{name} {question} fails: {error}") from error
    return done.stdout.strip()
