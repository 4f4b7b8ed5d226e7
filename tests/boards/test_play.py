"""Firmware on every board in reach: right bytes, repeatable counts, readable failures."""

import random
import time
from collections.abc import Callable

import numpy as np
import pytest

from snncc.boards import Board, Build, Image, Mark, Run, board, build, driver, play
from snncc.ir import DeviceError

from .conftest import ACCUMULATE, accumulate

Built = Callable[[Board, bytes], Image]
STIMULUS = random.Random(1).randbytes(48 * 12 + 7)

MEMORY = b"""
#include "board.h"
void *memcpy(void *restrict, const void *restrict, __SIZE_TYPE__);
void *memset(void *, int, __SIZE_TYPE__);
static uint8_t order[4], from[64], to[64];
int main(void)
{
    board_read(from, 64);
    while (board_read(order, 4) == 4) {
        if (order[0] & 1)
            memcpy(to + order[1], from + order[2], order[3]);
        else
            memset(to + order[1], order[2], order[3]);
        board_write(to, 64);
    }
    return 0;
}
"""

FLOATS = b"""
#include "board.h"
static float value, state;
int main(void)
{
    while (board_read(&value, sizeof value)) {
        state = state * 0.9f + value;
        board_write(&state, sizeof state);
    }
    return 0;
}
"""

# What a C programmer gets wrong, and what must be said of it; the first byte says which it is.
FAULTS = b"""
#include "board.h"
static __attribute__((noinline)) int wild(void) { return *(volatile int *)0xfead0000u; }
static __attribute__((noinline)) void undefined(void) { __builtin_trap(); }
static __attribute__((noinline)) void endless(void) { for (;;) __asm__ volatile(""); }
int main(void)
{
    uint8_t which = 0;
    board_read(&which, 1);
    switch (which) {
    case 'a': return wild();
    case 'b': undefined(); return 0;
    case 'c': endless(); return 0;
    case 'd': return (int)board_read((void *)0x10, 4);
    case 'e': board_write((void *)0x70000000, 4); return 0;
    default: return -3;
    }
}
"""
WILD, UNDEFINED, ENDLESS, READ_ELSEWHERE, WRITE_ELSEWHERE = b"a", b"b", b"c", b"d1234", b"e"
DEEP = b"""
static int down(int n)
{
    volatile int frame[64];
    frame[n % 64] = n;
    return n ? down(n - 1) + frame[0] : 0;
}
int main(void) { return down(100000); }
"""


def test_every_board_gives_the_bytes_python_gives(mapped: Board, built: Built) -> None:
    run = play(mapped, built(mapped, ACCUMULATE), STIMULUS)
    assert run.output == accumulate(STIMULUS)
    assert run.code == 0
    assert [mark.id for mark in run.marks] == [1, 2] * 13


@pytest.mark.parametrize("level", "13sz")
def test_optimization_changes_no_byte(level: str) -> None:
    m4 = board("cortex-m4-emulated")
    image = build(m4, {"main.c": ACCUMULATE}, Build(optimize=level))
    assert play(m4, image, STIMULUS).output == accumulate(STIMULUS)


def test_no_stimulus_gives_no_output(reachable: Board, built: Built) -> None:
    run = play(reachable, built(reachable, ACCUMULATE), b"", count_marks=None)
    assert (run.output, run.marks) == (b"", ())
    assert run.instructions


def test_counts_repeat(reachable: Board, built: Built) -> None:
    image = built(reachable, ACCUMULATE)
    first, second = (play(reachable, image, STIMULUS, count_marks=None) for _ in range(2))
    assert first == second
    assert len(first.count_between(1, 2)) == 13
    assert first.instructions is not None
    assert 0 < sum(first.count_between(1, 2)) < first.instructions


def test_counting_changes_nothing_and_ends_where_told(reachable: Board, built: Built) -> None:
    image = built(reachable, ACCUMULATE)
    with driver(reachable).connect(reachable) as connection:
        connection.program(image)
        connection.verify(image)
        # One power-up, several runs: what one leaves behind must not reach the next.
        uncounted, whole, part = (
            connection.run(image, STIMULUS, count_marks=marks) for marks in (0, None, 4)
        )
    assert uncounted.output == whole.output == part.output == accumulate(STIMULUS)
    assert uncounted.instructions is None and part.instructions is None
    assert uncounted.count_between(1, 2) == ()
    assert part.count_between(1, 2) == whole.count_between(1, 2)[:2]
    assert whole.marks[:4] == part.marks[:4]
    assert part.marks[4:] == tuple(Mark(mark.id, None) for mark in whole.marks[4:])


def test_between_pairs_each_first_with_the_next_last() -> None:
    marks = (Mark(2, 1), Mark(1, 10), Mark(3, 12), Mark(2, 15), Mark(1, 20), Mark(2, 30))
    run = Run(b"", 0, (*marks, Mark(1, None), Mark(2, None)), None)
    assert run.count_between(1, 2) == (5, 10)
    assert run.count_between(2, 2) == (14, 15)
    assert run.count_between(7, 2) == ()


def test_result_of_main_is_reported(reachable: Board, built: Built) -> None:
    assert play(reachable, built(reachable, FAULTS), b"").code == -3


def test_memory_functions_of_the_runtime(reachable: Board, built: Built) -> None:
    source = random.Random(2)
    start = source.randbytes(64)
    orders = []
    expected, memory = b"", bytearray(64)
    for _ in range(60):
        size = source.randrange(0, 40)
        order = (source.randrange(2), source.randrange(24), source.randrange(24), size)
        copied = start[order[2] : order[2] + size] if order[0] else bytes([order[2]]) * size
        memory[order[1] : order[1] + size] = copied
        orders.append(bytes(order))
        expected += bytes(memory)
    assert play(reachable, built(reachable, MEMORY), start + b"".join(orders)).output == expected


def test_floats_round_alike_on_every_board(reachable: Board, built: Built) -> None:
    values = np.random.default_rng(4).normal(size=64).astype("<f4")
    expected, state = [], np.float32(0)
    for value in values:
        state = state * np.float32(0.9) + value
        expected.append(state)
    run = play(reachable, built(reachable, FLOATS), values.tobytes())
    assert run.output == np.array(expected, "<f4").tobytes()


def test_a_long_run_is_not_a_silent_one(built: Built) -> None:
    m4 = board("cortex-m4-emulated")

    def slowly(position: int) -> None:
        time.sleep(0.1)

    run = play(m4, built(m4, ACCUMULATE), STIMULUS, seconds=0.3, progress=slowly)
    assert run.output == accumulate(STIMULUS)


def test_progress_tells_the_bytes_consumed(built: Built) -> None:
    m4 = board("cortex-m4-emulated")
    told: list[int] = []
    play(m4, built(m4, ACCUMULATE), STIMULUS, progress=told.append)
    assert told == sorted(told)
    assert told[0] == 48 and told[-1] == len(STIMULUS)


def test_wild_pointer_names_the_place(reachable: Board, built: Built) -> None:
    with pytest.raises(DeviceError, match=r"pc 0x[0-9a-f]{8} \(wild\+0x"):
        play(reachable, built(reachable, FAULTS), WILD)


def test_emulator_names_the_address(built: Built) -> None:
    m4 = board("cortex-m4-emulated")
    with pytest.raises(DeviceError, match="4 bytes at 0xfead0000"):
        play(m4, built(m4, FAULTS), WILD)


def test_undefined_instruction_names_the_place(reachable: Board, built: Built) -> None:
    with pytest.raises(DeviceError, match=r"pc 0x[0-9a-f]{8} \(undefined\+0x0\)"):
        play(reachable, built(reachable, FAULTS), UNDEFINED)


def test_endless_loop_meets_the_time_limit(reachable: Board, built: Built) -> None:
    began = time.monotonic()
    with pytest.raises(DeviceError, match=r"said nothing for 0\.1 s; it was at pc .*endless"):
        play(reachable, built(reachable, FAULTS), ENDLESS, seconds=0.1)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("which", [READ_ELSEWHERE, WRITE_ELSEWHERE], ids=["read", "write"])
def test_exchange_outside_the_memory_is_refused(
    reachable: Board, built: Built, which: bytes
) -> None:
    with pytest.raises(
        DeviceError, match=r"board_(read|write) was handed 4 bytes at 0x(00000010|70000000)"
    ):
        play(reachable, built(reachable, FAULTS), which)


@pytest.mark.parametrize("name", ["cortex-m0plus-emulated", "cortex-m4-emulated"])
def test_stack_overflow_faults(name: str, built: Built) -> None:
    emulated = board(name)
    with pytest.raises(DeviceError, match=r"\(down\+0x.*bytes at 0x1fff"):
        play(emulated, built(emulated, DEEP), b"")


def test_verify_finds_the_byte_that_differs(reachable: Board, built: Built) -> None:
    image = built(reachable, ACCUMULATE)
    other = built(reachable, MEMORY)
    with driver(reachable).connect(reachable) as connection:
        connection.program(image)
        with pytest.raises(DeviceError, match=r"memory at 0x[0-9a-f]{8} differs"):
            connection.verify(other)


def test_port_is_refused_where_there_is_none(reachable: Board) -> None:
    with (
        pytest.raises(DeviceError, match="has no port: found /dev/ttyACM0"),
        driver(reachable).connect(reachable, "/dev/ttyACM0"),
    ):
        raise AssertionError("connected")
