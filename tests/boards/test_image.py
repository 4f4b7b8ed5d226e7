"""From sources to an image: sizes, capacity, equal bytes, and what is said when it cannot be."""

import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snncc.boards import (
    Board,
    Build,
    Image,
    ToolchainError,
    board,
    boards,
    build,
    driver,
    load_image,
    play,
)
from snncc.boards.toolchain import cache_directory
from snncc.ir import CapacityError, DeviceError, UsageError
from tests.fuzz.mutations import mutated

from .conftest import ACCUMULATE

Built = Callable[[Board, bytes], Image]
M4 = board("cortex-m4-emulated")
NOTHING = b"int main(void) { return 0; }"


def test_names_are_unique_and_unknown_ones_are_answered() -> None:
    names = [board.name for board in boards()]
    assert len(set(names)) == len(names) >= 8
    assert [board(name).name for name in names] == names
    with pytest.raises(UsageError, match="did you mean 'cortex-m4-emulated'"):
        board("cortex-m4-emulate")


def test_every_board_says_where_its_facts_are_from() -> None:
    for known in boards():
        assert known.description and known.source
        assert known.flash_bytes > 0 and known.ram_bytes > 0
        flash = range(known.flash_origin, known.flash_origin + known.flash_bytes)
        ram = range(known.ram_origin, known.ram_origin + known.ram_bytes)
        assert flash.stop <= ram.start or ram.stop <= flash.start


def test_dsp_is_what_the_compiler_sees(reachable: Board, built: Built) -> None:
    source = b"""
    int main(void)
    {
    #ifdef __ARM_FEATURE_DSP
        return 1;
    #else
        return 0;
    #endif
    }
    """
    assert play(reachable, built(reachable, source), b"").code == reachable.dsp


def test_sizes_add_up(reachable: Board) -> None:
    source = b"""
    #include "board.h"
    static const uint8_t weights[1000] = {1, 2, 3};
    static uint32_t potential[25];
    static uint32_t preset[3] = {7, 8, 9};
    int main(void)
    {
        board_read(potential, sizeof potential);
        board_write(weights, sizeof weights);
        board_write(preset, sizeof preset);
        board_read(preset, sizeof preset);
        return (int)potential[3];
    }
    """
    empty = build(reachable, {"main.c": NOTHING}, Build(stack_bytes=512))
    image = build(reachable, {"main.c": source}, Build(stack_bytes=512))
    assert image.weight_bytes == 1000
    assert image.flash_bytes == image.code_bytes + image.weight_bytes
    assert image.ram_bytes == 100 + 12
    assert image.stack_bytes == empty.stack_bytes == 512
    assert (empty.weight_bytes, empty.ram_bytes) == (0, 0)
    assert empty.code_bytes < 512
    assert sum(len(content) for _, content in image.segments) <= image.flash_bytes


def test_equal_sources_give_equal_bytes_from_an_empty_cache(
    built: Built, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = built(M4, ACCUMULATE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("another-cache")))
    again = build(M4, {"main.c": ACCUMULATE})
    assert again.elf == image.elf
    assert again == image == load_image(M4, image.elf)
    assert b"/tmp" not in image.elf and b"clang" not in image.elf


@pytest.mark.parametrize(
    ("memory", "variable", "excess"),
    [
        ("flash", b"const volatile char big[600000] = {1};", "75,[0-9]{3}"),
        ("RAM", b"volatile char big[140000];", "10,976"),
    ],
)
def test_overflow_names_the_bytes(memory: str, variable: bytes, excess: str) -> None:
    expected = f"bytes of {memory}, {M4.name} has [0-9,]*: {excess} bytes too many"
    with pytest.raises(CapacityError, match=expected) as caught:
        build(M4, {"main.c": variable + b"int main(void) { return big[3]; }"})
    assert caught.value.exit_code == 1


def test_small_board_takes_what_fits_to_the_byte() -> None:
    needed = build(M4, {"main.c": NOTHING}).flash_bytes
    build(replace(M4, flash_bytes=needed), {"main.c": NOTHING})
    with pytest.raises(CapacityError, match=r": 1 bytes too many"):
        build(replace(M4, flash_bytes=needed - 1), {"main.c": NOTHING})


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"int main(void) { return missing; }", r"main\.c:1:.*undeclared"),
        (b"int main(void) { return", r"main\.c:1:"),
        (b"int mane(void) { return 0; }", "undefined symbol: main"),
        (b'#include "absent.h"\nint main(void) { return 0; }', r"absent\.h"),
        (b"int elsewhere(void); int main(void) { return elsewhere(); }", "elsewhere"),
    ],
)
def test_compiler_errors_are_told(source: bytes, said: str) -> None:
    with pytest.raises(ToolchainError, match=said) as caught:
        build(M4, {"main.c": source})
    assert caught.value.exit_code == 4
    assert len(str(caught.value).splitlines()) < 10


def test_definitions_reach_the_compiler() -> None:
    image = build(
        M4, {"main.c": b"int main(void) { return ANSWER; }"}, Build(defines=("ANSWER=42",))
    )
    assert play(M4, image, b"").code == 42


def test_headers_of_the_sources_are_found() -> None:
    sources = {
        "main.c": b'#include "part/answer.h"\nint main(void) { return answer(); }',
        "part/answer.h": b"int answer(void);",
        "part/answer.c": b'#include "answer.h"\nint answer(void) { return 7; }',
    }
    assert play(M4, build(M4, sources), b"").code == 7


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_truncated_image_is_refused(built: Built, data: st.DataObject) -> None:
    elf = built(M4, ACCUMULATE).elf
    with pytest.raises(DeviceError):
        load_image(M4, elf[: data.draw(st.integers(0, len(elf) - 1))])


def test_a_damaged_image_is_refused_or_read(built: Built) -> None:
    elf = built(M4, ACCUMULATE).elf
    refused = 0
    for seed in range(300):
        rng = random.Random(seed)
        damaged = mutated(rng, ".elf", elf)
        try:
            load_image(M4, damaged)
        except DeviceError as error:
            assert "not a whole ELF file" in str(error) or "no symbols" in str(error)
            refused += 1
    assert 30 < refused < 300


def test_missing_package_is_named_with_its_remedy(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = built(M4, ACCUMULATE)
    for module in ("ziglang", "unicorn", "elftools.common.exceptions"):
        monkeypatch.setitem(sys.modules, module, None)  # as on a machine without it
    with pytest.raises(ToolchainError, match="pip install ziglang=="):
        build(M4, {"main.c": NOTHING})
    with pytest.raises(DeviceError, match="pip install unicorn=="):
        play(M4, image, b"")
    with pytest.raises(DeviceError, match="pip install pyelftools"):
        load_image(M4, image.elf)


def test_missing_qemu_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    for name in ("mps2-an386", "rv32-virt"):
        absent = driver(board(name)).detect(board(name))
        assert absent is not None and "apt-get install qemu-system-" in absent
        with (
            pytest.raises(DeviceError, match="is not on the PATH"),
            driver(board(name)).connect(board(name)),
        ):
            raise AssertionError("connected")


def test_unwritable_cache_falls_back_or_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    occupied = tmp_path / "file"
    occupied.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(occupied))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cache_directory().parent == tmp_path
    monkeypatch.setattr("tempfile.tempdir", str(occupied))
    with pytest.raises(ToolchainError, match="set XDG_CACHE_HOME"):
        cache_directory()
