"""A core without a board: functions called one by one, watched memory, counted instructions."""

from __future__ import annotations

import pytest

from snncc.boards import BareCore, Linked, ToolchainError, board, link
from snncc.ir import DeviceError

BOARD = board("cortex-m4-emulated")
PAGE = 4096
SCRIPT = """SECTIONS {
  .text 0 : { KEEP(*(.text .text.*)) . = ALIGN(4); _stop = .; LONG(0xe7fee7fe) }
  .stack 4096 (NOLOAD) : { . += 256; _stack = .; }
  .data : { *(.rodata .rodata.*) *(.data .data.*) *(.bss .bss.*) }
  /DISCARD/ : { *(.ARM.exidx*) }
}
"""
SOURCE = b"""
#include <stdint.h>

int32_t kept = 5;

int32_t weighed(int32_t a, int32_t b, int32_t c, int32_t d)
{
    return a + 10 * b + 100 * c + 1000 * d;
}
int32_t remembered(int32_t more) { return kept += more; }
void strayed(uint32_t address) { *(volatile uint32_t *)address = 1; }
uint32_t turned(uint32_t n)
{
    volatile uint32_t sum = 0;
    while (n--)
        sum += n;
    return sum;
}
"""


@pytest.fixture(name="image", scope="module")
def linked() -> Linked:
    return link(BOARD, {"functions.c": SOURCE}, SCRIPT)


@pytest.fixture(name="core")
def started(image: Linked) -> BareCore:
    return BareCore(BOARD, image, 4 * PAGE, PAGE)


def call(core: BareCore, image: Linked, function: str, *arguments: int) -> int:
    return core.call(function, *arguments, stack=image.symbols["_stack"])


def test_a_function_takes_four_words_and_returns_one(core: BareCore, image: Linked) -> None:
    assert call(core, image, "weighed", 1, 2, 3, 4) == 4321


def test_memory_lasts_from_call_to_call_and_is_shared(core: BareCore, image: Linked) -> None:
    assert [call(core, image, "remembered", 2) for _ in range(3)] == [7, 9, 11]
    at = image.symbols["kept"]
    assert core.read(at, 4) == (11).to_bytes(4, "little")
    core.write(at, (100).to_bytes(4, "little"))
    assert call(core, image, "remembered", 1) == 101


def test_cores_do_not_share_memory(image: Linked) -> None:
    one, other = (BareCore(BOARD, image, 4 * PAGE, PAGE) for _ in range(2))
    call(one, image, "remembered", 40)
    assert call(other, image, "remembered", 0) == 5


@pytest.mark.parametrize("address", [0x20, 4 * PAGE, 0x2000_0000])
def test_writes_to_code_and_beyond_memory_are_faults(
    core: BareCore, image: Linked, address: int
) -> None:
    with pytest.raises(DeviceError, match="strayed stopped at pc 0x0000") as caught:
        call(core, image, "strayed", address)
    assert caught.value.exit_code == 4


def test_instructions_count_where_that_is_asked(core: BareCore, image: Linked) -> None:
    call(core, image, "turned", 10)
    assert core.instructions == 0
    core.count(on=True)
    spent = []
    for rounds in (10, 20, 30):
        before = core.instructions
        call(core, image, "turned", rounds)
        spent.append(core.instructions - before)
    assert 0 < spent[0] < spent[1] < spent[2]
    assert spent[2] - spent[1] == spent[1] - spent[0]
    core.count(on=False)
    before = core.instructions
    call(core, image, "turned", 10)
    assert core.instructions == before


def test_what_does_not_compile_is_refused(image: Linked) -> None:
    with pytest.raises(ToolchainError, match="refused"):
        link(BOARD, {"functions.c": b"int f(void) { return x; }"}, SCRIPT)
    assert image.sections[".text"][0] == 0
