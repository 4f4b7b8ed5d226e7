"""Cycles by classes of instructions: each instruction in one class, each core with all classes."""

from __future__ import annotations

import pytest

from benchmarks.workloads import spike_trains
from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.boards import Block, boards, build, find_emulated_twin, play
from snncc.boards import board as find_board
from snncc.cycles import (
    CLASSES,
    CoreModel,
    classify,
    count_classes,
    count_instructions,
    find_core_model,
    list_core_models,
    read_memories,
)
from snncc.ir.passes import calibrate
from snncc.run import Pace
from tests.nets import hand

# Encodings: Armv7-M Architecture Reference Manual (DDI 0403), A7.7.
THUMB = {
    "b510": {"several": 1, "word": 2},  # push {r4, lr}
    "6820": {"load": 1},  # ldr r0, [r4]
    "6820 68e0": {"load": 1, "next_load": 1},
    "6820 60a1": {"load": 1, "next_store": 1},  # str r1, [r4, #8]
    "6820 3001 68e0": {"load": 2, "arithmetic": 1},  # adds r0, #1
    "4348": {"multiply": 1},  # muls r0, r1, r0
    "fb90 f0f1": {"divide": 1},  # sdiv r0, r0, r1
    "fb82 0103": {"long": 1},  # smull r0, r1, r2, r3
    "d1fe": {"branch": 1},  # bne
    "4770": {"branch": 1},  # bx lr
    "bf08 3001": {"arithmetic": 2},  # it eq; addeq
    "e8bd 81f0": {"several": 1, "word": 6},  # pop {r4-r8, pc}
}
# RISC-V Instruction Set Manual, volume I: RV32I, M and C.
RISCV = {
    "00b50533": {"arithmetic": 1},  # add a0, a0, a1
    "02b50533": {"multiply": 1},  # mul a0, a0, a1
    "02b51533": {"long": 1},  # mulh a0, a0, a1
    "02b54533": {"divide": 1},  # div a0, a0, a1
    "00052503 00b52223": {"load": 1, "next_store": 1},  # lw a0, 0(a0); sw a1, 4(a0)
    "fe051ee3": {"branch": 1},  # bnez a0
    "8082": {"branch": 1},  # c.jr ra
}


def assemble(text: str, size: int) -> bytes:
    words = text.split()
    return b"".join(int(word, 16).to_bytes(size or len(word) // 2, "little") for word in words)


@pytest.mark.parametrize("text", THUMB)
def test_a_thumb_instruction_has_its_class(text: str) -> None:
    assert dict(classify(assemble(text, 2), riscv=False)) == THUMB[text]


@pytest.mark.parametrize("text", RISCV)
def test_an_instruction_of_riscv_has_its_class(text: str) -> None:
    assert dict(classify(assemble(text, 0), riscv=True)) == RISCV[text]


@pytest.mark.parametrize("model", list_core_models(), ids=lambda model: model.core)
def test_a_core_has_cycles_for_every_class(model: CoreModel) -> None:
    assert model.cycles.keys() == CLASSES.keys()
    for low, usual, high in model.cycles.values():
        assert 0 <= (low / 2 if model.pairs else low) <= usual <= high
    assert model.source and model.sure


def test_every_board_with_a_clock_has_a_model() -> None:
    timed = [each for each in boards() if each.clock_hz is not None and find_emulated_twin(each)]
    assert timed
    assert all(find_core_model(each.core) is not None for each in timed)
    assert {each.name for each in boards()} >= read_memories().keys()


@pytest.mark.parametrize("name", ["nano-33-ble", "pico", "esp32-c3"])
def test_the_classes_of_a_run_are_its_instructions(name: str) -> None:
    network, signal = hand("recurrent"), spike_trains(2, 12, 6, 0.3)
    backend, ranges = C99Backend(), calibrate(network, signal)
    settings = Settings(rates=ranges.rates)
    for step in backend.passes(network, settings, ranges):
        network = step(network)
    program = backend.lower(network, settings)
    board = find_emulated_twin(find_board(name))
    assert board is not None
    image = build(board, backend.firmware(program, ()))
    run = play(board, image, backend.stimulus(program, signal), count_marks=None)
    classes = count_classes(image, run.blocks, board)
    counted = run.count_between(1, 2)
    # Each tick's count has the two that announce its end; memory is cleared outside of ticks, too.
    assert count_instructions(classes) == pytest.approx(sum(counted), rel=0.2)
    assert 0 < classes["jump"] <= count_instructions(classes) / 4
    pace = Pace.of(find_board(name), (1000.0, 1000.0), classes, 1.0)
    assert pace.ticks is not None and pace.ticks.fidelity == "model"
    cycles = pace.ticks.span.value * 1e-3 * (pace.hertz or 0) / 1000
    assert 1 <= cycles <= 2


def test_cycles_are_those_of_the_tables_by_hand() -> None:
    # ldr r0, [r4]; ldr r0, [r4, #12]; muls; subs; bne, of which 9 in 10 are taken: Cortex-M4 takes
    # 2 + 1 + 1 + 1 + 1 and a refill of 1 to 3 cycles (100166, 3.3.1); Cortex-M0+ 2 + 2 + 1 + 1 + 1
    # and one more (DDI 0484, 3.3).
    classes = classify(assemble("6820 68e0 4348 3901 d1fa", 2), riscv=False)
    times = {kind: 10.0 * count for kind, count in classes.items()} | {"jump": 9.0}
    m4, m0 = find_core_model("Cortex-M4"), find_core_model("Cortex-M0+")
    assert m4 is not None and m0 is not None
    assert (m4.time(times).low, m4.time(times).value) == (50 + 9, 60 + 18)
    assert m0.time(times).value == 70 + 9
    waits = read_memories()["nucleo-f446re"]
    assert m4.time(times, waits).high == m4.time(times).high + waits.wait_cycles * (20 + 9)


def test_blocks_of_no_firmware_are_of_no_class() -> None:
    board = find_board("cortex-m4-emulated")
    image = build(board, {"main.c": b"int main(void) { return 0; }"})
    assert not count_classes(image, [Block(0x1000_0000, 4, 3, 1)], board)
