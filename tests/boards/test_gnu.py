"""Firmware by an installed GCC: it runs like ours on every core, and its absence is a sentence."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from snncc.boards import Board, Build, Image, ToolchainError, board, build, compiler_version, play
from snncc.boards.gnu import CORES
from snncc.ir import UsageError

from .conftest import ACCUMULATE, EMULATED, accumulate

Built = Callable[[Board, bytes], Image]
M4 = board("cortex-m4-emulated")
ARM, RISCV = "arm-none-eabi-gcc", "riscv64-unknown-elf-gcc"
NOTHING = {"main.c": b"int main(void) { return 0; }"}


def gcc_of(core: Board) -> str:
    """Name of the GCC for a core; skips where it is not installed."""
    name = RISCV if core.riscv else ARM
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    return name


def test_gcc_is_told_of_every_core() -> None:
    assert set(CORES) == {known.core for known in EMULATED}


@pytest.mark.parametrize("optimize", ["s", "3"])
def test_a_gnu_firmware_answers_as_ours_does(mapped: Board, built: Built, optimize: str) -> None:
    image = build(mapped, {"main.c": ACCUMULATE}, Build(optimize, compiler=gcc_of(mapped)))
    ours, stimulus = built(mapped, ACCUMULATE), bytes(k * 7 % 256 for k in range(500))
    assert play(mapped, image, stimulus).output == accumulate(stimulus)
    # The compilers pack what they lay out, and GCC's library brings a table of its own.
    assert 0 <= ours.ram_bytes - image.ram_bytes <= 4
    assert image.weight_bytes in (ours.weight_bytes, ours.weight_bytes + 256)


def test_equal_sources_give_equal_bytes() -> None:
    first, second = (build(M4, NOTHING, Build(compiler=gcc_of(M4))) for _ in range(2))
    assert first.elf == second.elf
    assert b"/tmp" not in first.elf and b"GCC:" not in first.elf


@pytest.mark.parametrize(
    "name", ["./gcc", "../arm-none-eabi-gcc", "sh", "gcc;ls", "clang", "-gcc/"]
)
def test_only_a_gcc_of_the_path_is_started(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not the name of a GCC, such as arm-none-eabi-gcc"):
        build(M4, NOTHING, Build(compiler=name))


def test_an_absent_gcc_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolchainError, match="apt-get install gcc-arm-none-eabi"):
        build(M4, NOTHING, Build(compiler=ARM))
    with pytest.raises(ToolchainError, match="apt-get install gcc-riscv64-unknown-elf"):
        build(board("esp32-c3"), NOTHING, Build(compiler=RISCV))


def test_a_gcc_for_another_core_is_refused() -> None:
    with pytest.raises(ToolchainError, match="esp32-c3 has the core RV32IMC"):
        build(board("esp32-c3"), NOTHING, Build(compiler=gcc_of(M4)))
    if shutil.which("gcc") is not None:
        with pytest.raises(ToolchainError, match=r"gcc builds for .*linux.*core Cortex-M4"):
            build(M4, NOTHING, Build(compiler="gcc"))


def test_what_gcc_says_is_told() -> None:
    with pytest.raises(ToolchainError, match=r"main\.c:1:.*undeclared"):
        build(M4, {"main.c": b"int main(void) { return no; }"}, Build(compiler=gcc_of(M4)))
    with pytest.raises(ToolchainError, match="undefined reference to `elsewhere'"):
        source = b"int elsewhere(void); int main(void) { return elsewhere(); }"
        build(M4, {"main.c": source}, Build(compiler=gcc_of(M4)))


def test_versions_have_a_name() -> None:
    assert compiler_version("").startswith("ziglang 0.")
    assert compiler_version(gcc_of(M4)).startswith(f"{ARM} 1")


def test_a_gcc_that_does_not_answer_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ARM).write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / ARM).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolchainError, match="arm-none-eabi-gcc -dumpmachine fails"):
        build(replace(M4, name="m4"), NOTHING, Build(compiler=ARM))
