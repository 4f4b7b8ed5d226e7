"""Which instructions count, and that the fast counter agrees with slower witnesses."""

import random
from collections.abc import Callable
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snncc.boards import Board, Image, board, driver, play
from snncc.boards.cpu import count_riscv, count_thumb
from snncc.boards.emulator import EmulatedBoard

from .conftest import ACCUMULATE, accumulate

Built = Callable[[Board, bytes], Image]
STIMULUS = random.Random(3).randbytes(500)
IT_CORES = [
    board(f"cortex-{core}-emulated")
    for core in ("m3", "m4", "m7", "m33")  # Armv6-M and RISC-V have no IT instruction
]

# The only IT block of this firmware: of its three instructions two fail for a byte of 0, one fails
# for any other byte.
CONDITIONAL = b"""
#include "board.h"
static uint8_t input[16];
int main(void)
{
    while (board_read(input, sizeof input))
        for (unsigned i = 0, x = 0; i < 16; i++)
            __asm__ volatile("cmp %1, #0\\n\\titte ne\\n\\taddne %0, %0, #1\\n\\taddne %0, %0, #2"
                             "\\n\\taddeq %0, %0, #3" : "+r"(x) : "r"((unsigned)input[i]) : "cc");
    return 0;
}
"""


def executed(emulated: Board, image: Image, stimulus: bytes) -> tuple[int | None, int]:
    """The driver's count, and the number of instructions that unicorn reports one by one."""
    single = [0]
    connection = EmulatedBoard(emulated)
    connection.program(image)
    uc = connection._uc
    kind = import_module("unicorn").UC_HOOK_CODE
    uc.hook_add(kind, lambda *_: single.__setitem__(0, single[0] + 1))
    return connection.run(image, stimulus, count_marks=None).instructions, single[0]


@pytest.mark.parametrize("name", ["cortex-m0plus-emulated", "esp32-c3-emulated"])
def test_count_is_unicorns_own_where_no_instruction_is_conditional(name: str, built: Built) -> None:
    counted, single = executed(board(name), built(board(name), ACCUMULATE), STIMULUS)
    assert counted == single


@pytest.mark.parametrize("emulated", IT_CORES, ids=lambda board: board.name)
@pytest.mark.parametrize("zeros", [0, 5, 16])
def test_a_failed_condition_counts(emulated: Board, zeros: int, built: Built) -> None:
    stimulus = bytes(zeros) + b"\x01" * (16 - zeros)
    counted, single = executed(emulated, built(emulated, CONDITIONAL), stimulus)
    assert counted == single + 2 * zeros + (16 - zeros)


@pytest.mark.parametrize(
    ("emulated", "witness"),
    [
        ("cortex-m4-emulated", "mps2-an386"),
        ("cortex-m7-emulated", "mps2-an500"),
        ("nucleo-f446re-emulated", "netduino-plus-2"),
    ],
)
@pytest.mark.parametrize("source", [ACCUMULATE, CONDITIONAL], ids=["accumulate", "conditional"])
def test_qemu_counts_the_same(emulated: str, witness: str, source: bytes, built: Built) -> None:
    absent = driver(board(witness)).detect(board(witness))
    if absent is not None:
        pytest.skip(absent)
    ours, theirs = (
        play(board(name), built(board(name), source), STIMULUS, count_marks=None)
        for name in (emulated, witness)
    )
    assert ours.instructions == theirs.instructions
    assert ours.marks == theirs.marks


def test_counting_a_long_run_is_quick(built: Built) -> None:
    m4 = board("cortex-m4-emulated")
    stimulus = STIMULUS * 100
    run = play(m4, built(m4, ACCUMULATE), stimulus, count_marks=None, seconds=20)
    assert run.instructions is not None and run.instructions > 1_000_000
    assert run.output == accumulate(stimulus)


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_count_thumb_follows_the_length_of_each_instruction(long: list[bool]) -> None:
    nop, nop_wide = b"\x00\xbf", b"\xaf\xf3\x00\x80"  # NOP in encodings T1 and T2 (DDI 0403, A7.7)
    code = b"".join(nop_wide if wide else nop for wide in long)
    assert count_thumb(code) == len(long)


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_count_riscv_follows_the_length_of_each_instruction(long: list[bool]) -> None:
    nop, nop_wide = b"\x01\x00", b"\x13\x00\x00\x00"  # c.nop and addi x0, x0, 0
    code = b"".join(nop_wide if wide else nop for wide in long)
    assert count_riscv(code) == len(long)
