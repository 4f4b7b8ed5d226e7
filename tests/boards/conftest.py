"""What the tests of the boards floor share: small firmwares, and Python's own answer to each."""

from collections.abc import Callable

import pytest

from snncc.boards import Board, Image, boards, build, driver

ACCUMULATE = b"""
#include "board.h"
static uint8_t input[48];
static uint32_t sum = 5;
static uint64_t product = 1;
static const uint8_t table[256] = {3, 1, 4, 1, 5, 9, 2, 6, [255] = 7};
int main(void)
{
    uint32_t size;
    while ((size = board_read(input, sizeof input))) {
        board_mark(1);
        for (uint32_t i = 0; i < size; i++) {
            sum = sum * 31 + table[input[i]] + (input[i] > 100 ? i : 2u * i);
            product = (product * 5 + sum) / (input[i] + 1u);
        }
        board_mark(2);
        board_write(&sum, 4);
        board_write(&product, 8);
    }
    return 0;
}
"""


def accumulate(stimulus: bytes) -> bytes:
    """What the firmware ACCUMULATE writes."""
    table = [3, 1, 4, 1, 5, 9, 2, 6, *[0] * 247, 7]
    total, product, output = 5, 1, b""
    for start in range(0, len(stimulus), 48):
        for i, byte in enumerate(stimulus[start : start + 48]):
            total = (total * 31 + table[byte] + (i if byte > 100 else 2 * i)) % 2**32
            product = (product * 5 + total) % 2**64 // (byte + 1)
        output += total.to_bytes(4, "little") + product.to_bytes(8, "little")
    return output


EMULATED = [known for known in boards() if known.emulated]
# One board for each core in each emulator: what goes wrong depends on no memory map.
CORES = list({(known.driver, known.core): known for known in reversed(EMULATED)}.values())[::-1]


@pytest.fixture(params=EMULATED, ids=lambda board: board.name)
def mapped(request: pytest.FixtureRequest) -> Board:
    """Each emulated board in turn; those out of reach from here are skipped with the reason."""
    return _in_reach(request.param)


@pytest.fixture(params=CORES, ids=lambda board: board.name)
def reachable(request: pytest.FixtureRequest) -> Board:
    """Each emulated core in turn; those out of reach from here are skipped with the reason."""
    return _in_reach(request.param)


def _in_reach(board: Board) -> Board:
    absent = driver(board).detect(board)
    if absent is not None:
        pytest.skip(absent)
    return board


@pytest.fixture(scope="session")
def built() -> Callable[[Board, bytes], Image]:
    """Build of a one-file firmware, made once per board and source."""
    made: dict[tuple[str, bytes], Image] = {}

    def once(board: Board, source: bytes) -> Image:
        key = (board.name, source)
        if key not in made:
            made[key] = build(board, {"main.c": source})
        return made[key]

    return once
