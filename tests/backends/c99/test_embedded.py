"""Laws of a network as a part of something larger: its outputs without zeros, in batches."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend, data_bytes, embed_program, sources
from snncc.boards import build_shared_library
from snncc.ir import Values, run
from tests.backends.c99.populations import SOURCES, garden

SAMPLES, TICKS = 3, 40
NETWORK = garden(16)
PLAYER = """
#include "{name}_nonzero.h"

void play(const uint8_t *x, const int16_t *y, uint32_t ticks, uint32_t room, int32_t *to);

/* Dense values [ticks][outputs][one], the largest output's size. */
void play(const uint8_t *x, const int16_t *y, uint32_t ticks, uint32_t room, int32_t *to)
{{
    static {name}_state state;
    uint32_t index[8], found;
    int32_t value[8];

    {name}_init(&state);
    for (uint32_t t = 0; t < ticks; t++) {{
        {name}_tick(&state, x + {sources} * t, y + {sources} * t);
        for (uint32_t which = 0, at = 0; which < {outputs}; which++, at = 0)
            do {{
                found = {name}_nonzero(&state, which, &at, index, value, room);
                for (uint32_t k = 0; k < found; k++)
                    to[({outputs} * t + which) * {one} + index[k]] += value[k];
            }} while (found == room);
    }}
}}
"""


def signals() -> dict[str, Values]:
    rng = np.random.default_rng(5)
    shape = (SAMPLES, TICKS, SOURCES)
    return {"x": rng.random(shape) < 0.4, "y": rng.integers(-30, 31, shape).astype(float)}


@pytest.mark.parametrize("room", [1, 3, 8])
def test_batches_hold_every_element_that_is_not_zero_once(room: int) -> None:
    program = embed_program(NETWORK, {})
    sizes = [int(np.prod(NETWORK.shapes[use.source])) for use in NETWORK.outputs]
    one, outputs = max(sizes), len(sizes)
    files = {str(path): text for path, text in sources(program).items() if path.suffix != ".md"}
    player = PLAYER.format(name=program.name, sources=SOURCES, outputs=outputs, one=one)
    library = ctypes.CDLL(str(build_shared_library({**files, "player.c": player.encode()})))
    fed, expected = signals(), run(NETWORK, signals())
    for sample in range(SAMPLES):
        found = np.zeros((TICKS, outputs, one), dtype=np.int32)
        given = [
            np.ascontiguousarray(fed[port.node][sample], dtype=kind)
            for port, kind in zip(program.ports, (np.uint8, np.int16), strict=True)
        ]
        library.play(
            *(ctypes.c_void_p(values.ctypes.data) for values in given),
            ctypes.c_uint32(TICKS),
            ctypes.c_uint32(room),
            ctypes.c_void_p(found.ctypes.data),
        )
        for which, text in enumerate(expected.outputs):
            values = expected[text][sample].reshape(TICKS, -1)
            assert np.array_equal(found[:, which, : sizes[which]], values)


def test_a_part_keeps_no_scores_and_counts_its_padding() -> None:
    whole, part = C99Backend().lower(NETWORK, Settings()), embed_program(NETWORK, {})
    texts = b"".join(sources(part).values())
    assert b"_read(" not in texts
    assert b"score" not in texts
    assert data_bytes(part) <= data_bytes(whole)
    assert data_bytes(part) > part.weight_bytes
