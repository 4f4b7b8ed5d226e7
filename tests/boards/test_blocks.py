"""The blocks of a run: what they hold adds up to the instructions that were counted."""

from __future__ import annotations

import pytest

from snncc.boards import Build, board, build, play
from snncc.boards.cpu import CORTEX_M, RISCV

SOURCE = b"""
#include "board.h"
static volatile uint32_t sum;
int main(void)
{
    for (uint32_t k = 0; k < 1000; k++)
        sum += k;
    return 0;
}
"""


@pytest.mark.parametrize(
    "name", ["cortex-m4-emulated", "cortex-m0plus-emulated", "esp32-c3-emulated"]
)
def test_blocks_add_up_to_what_was_counted(name: str) -> None:
    ours = board(name)
    image = build(ours, {"main.c": SOURCE}, Build(optimize="s"))
    code = {
        address + k: byte for address, content in image.segments for k, byte in enumerate(content)
    }
    run = play(ours, image, b"", count_marks=None)
    count = (RISCV if ours.riscv else CORTEX_M).count
    found = sum(
        block.times * count(bytes(code[block.address + k] for k in range(block.bytes)))
        for block in run.blocks
    )
    assert found == run.instructions
    assert all(0 <= block.jumps <= block.times for block in run.blocks)
    loop = max(run.blocks, key=lambda block: block.times)
    assert loop.times - 2 <= loop.jumps <= loop.times <= 1000
    assert play(ours, image, b"").blocks == ()
