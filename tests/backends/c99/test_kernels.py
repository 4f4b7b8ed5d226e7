"""The kernels alone, on every int16: the DSP instructions against plain C, on the board."""

import shutil

import pytest

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.boards import Build, board, build, play
from snncc.ir import DeviceError
from tests.backends.c99.populations import garden

FADES = [(1, 1), (13107, 14), (29491, 15), (32767, 15), (1, 15), (58983, 16), (65535, 16), (0, 0)]

MAIN = """
#include "board.h"
#include "snncc_kernels.h"

#if !SNNCC_DSP
#error "the board has no DSP extension"
#endif

static int32_t plain(int32_t v, int32_t factor, unsigned bits)
{
    const int64_t product = (int64_t)v * factor;
    const int64_t size = product < 0 ? -product : product;
    return (int32_t)(product < 0 ? -(size >> bits) : size >> bits);
}

static int32_t fitted(int32_t v)
{
    return v > 32767 ? 32767 : v < -32768 ? -32768 : v;
}

static uint32_t both(int32_t low, int32_t high)
{
    return ((uint32_t)low & 0xFFFFu) | (uint32_t)high << 16;
}

#define PUSHED(shift, cut) (SNNCC_PUSH(state, current, shift, cut) == \\
    both(fitted(a + c * (1 << shift)), fitted(b + d * (1 << shift))))

int main(void)
{
    uint32_t random = 1;

    for (int32_t a = -32768; a < 32768; a++) {
        const int32_t b = -1 - a;
        const uint32_t state = both(a, b);
        int32_t c, d;
        uint32_t current;

        %s
        random = random * 1664525u + 1013904223u;
        c = (int16_t)random, d = (int16_t)(random >> 16);
        current = both(c, d);
        if (!(PUSHED(0, 0) && PUSHED(0, 1) && PUSHED(1, 1)))
            return 2;
        if (!(PUSHED(2, 1) && PUSHED(5, 1) && PUSHED(14, 1)))
            return 2;
        if (snncc_above(state, current, 0xFFFFFFFFu) != both(-(a > c), -(b > d)))
            return 3;
        if (snncc_reached(state, current, 0xFFFFFFFFu) != both(-(a >= c), -(b >= d)))
            return 4;
        c = c %% 512, d = d %% 512;
        current = both(c, d);
        if (!(PUSHED(2, 0) && PUSHED(5, 0) && PUSHED(6, 0)))
            return 5;
    }
    return 0;
}
"""


@pytest.mark.parametrize("optimize", ["1", "s", "3"])
@pytest.mark.parametrize("compiler", ["", "arm-none-eabi-gcc"])
def test_lanes_equal_plain_c(compiler: str, optimize: str) -> None:
    if compiler and shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    checks = [
        f"if (snncc_fade(state, {code}u, {bits}) != both(plain(a, {code}, {bits}), "
        f"plain(b, {code}, {bits})))\n            return 1;"
        for code, bits in FADES
    ]
    checks.append(
        "if (snncc_fade_each(state, both(29491, 12345), 15) != "
        "both(plain(a, 29491, 15), plain(b, 12345, 15)))\n            return 6;"
    )
    checks.append("if (snncc_halve(state) != both(a / 2, b / 2))\n            return 7;")
    program = C99Backend().lower(garden(16), Settings())
    files = {path.name: content for path, content in C99Backend().emit(program).items()}
    sources = {
        "snncc_kernels.h": files["snncc_kernels.h"],
        "main.c": (MAIN % "\n        ".join(checks)).encode(),
    }
    core = board("cortex-m4-emulated")
    assert play(core, build(core, sources, Build(optimize, compiler=compiler)), b"").code == 0


ROUNDED = """
#include "board.h"
#include "snncc_kernels.h"

/* Quotient and remainder of the magnitude tell how near value / 2**bits lies to its neighbours. */
static int64_t slow(int64_t value, unsigned bits, int even)
{
    const int64_t one = (int64_t)1 << bits, down = value / one - (value % one < 0);
    const int64_t twice = 2 * (value - down * one);
    if (twice == one)
        return even ? down + (down & 1) : down + (value >= 0);
    return down + (twice > one);
}

int main(void)
{
    uint64_t random = 1;

    for (int32_t turn = 0; turn < 4000; turn++) {
        const unsigned bits = 1u + (unsigned)turn % 15u;
        int32_t value, factor;
        random = random * 6364136223846793005u + 1442695040888963407u;
        /* Every other value is half way between two. */
        value = (int32_t)(random >> 33) - (1 << 30);
        factor = (int32_t)((random >> 10) % ((1u << bits) + 1u));
        if (turn & 1)
            value = (int32_t)(((uint32_t)value >> bits << bits) + (1u << bits >> 1));
        if (snncc_half_even32(value, bits) != slow(value, bits, 1)
            || snncc_half_even((int64_t)value * 5, bits) != slow((int64_t)value * 5, bits, 1))
            return 1;
        if (snncc_half_away32(value, bits) != slow(value, bits, 0)
            || snncc_half_away((int64_t)value * 5, bits) != slow((int64_t)value * 5, bits, 0))
            return 2;
        if (snncc_fade32(value, factor, bits) != (int64_t)value * factor / ((int64_t)1 << bits))
            return 3;
        if (snncc_fade32(INT32_MIN, factor, bits)
            != (int64_t)INT32_MIN * factor / ((int64_t)1 << bits))
            return 4;
    }
    return 0;
}
"""


@pytest.mark.parametrize("core", ["cortex-m4-emulated", "cortex-m0plus-emulated"])
def test_short_forms_of_rounding_equal_division(core: str) -> None:
    program = C99Backend().lower(garden(16), Settings())
    files = {path.name: content for path, content in C99Backend().emit(program).items()}
    sources = {"snncc_kernels.h": files["snncc_kernels.h"], "main.c": ROUNDED.encode()}
    assert play(board(core), build(board(core), sources, Build("s")), b"").code == 0


def test_a_broken_answer_is_refused() -> None:
    backend = C99Backend()
    program = backend.lower(garden(16), Settings())
    with pytest.raises(DeviceError, match=r"answered 7 bytes; 2 samples of whole ticks"):
        backend.response(program, (), b"1234567", 2)
