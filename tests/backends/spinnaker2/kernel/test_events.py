"""Laws of the kernel's own C, on this machine: what arrives lands where a search says."""

from __future__ import annotations

import ctypes
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snncc.backends.spinnaker2.kernel.emit_core import kernel
from snncc.backends.spinnaker2.kernel.partition.core_parts import Stretch
from snncc.backends.spinnaker2.kernel.port_ranges import list_heard
from snncc.boards import build_shared_library

# A core with three ports that keeps what it saw, and puts it out as one output behind seven others.
HEADER = b"""
#define PE_KEY 0x700u
#define PE_SEGMENT 0u
#define PE_SEGMENTS 1u
#define PE_INBOX 64u
"""
CORE = b"""
#include "pe.h"

#include <string.h>

static uint8_t bytes[300];
static int16_t halves[4];
static int32_t words[4];
int32_t seen[308];

const pe_stretch pe_stretches[] = {
    {0x100, 0, 2, 1, &bytes[0]},
    {0x100, 2, 2, 1, &bytes[2]},
    {0x100, 2, 2, 2, &halves[1]},
    {0x100, 6, 1, 4, &words[3]},
    {0x300, 0, 290, 1, &bytes[4]},
};
const uint32_t pe_stretch_count = 5;
const pe_output pe_outputs[] = {{0}, {1000}};

void pe_core_init(void) { memset(seen, 0, sizeof seen); }

void pe_core_tick(void)
{
    for (int k = 0; k < 300; k++)
        seen[k] = (int8_t)bytes[k];
    for (int k = 0; k < 4; k++) {
        seen[300 + k] = halves[k];
        seen[304 + k] = words[k];
    }
}

void pe_core_clear(void)
{
    memset(bytes, 0, sizeof bytes);
    memset(halves, 0, sizeof halves);
    memset(words, 0, sizeof words);
}

uint32_t pe_core_nonzero(uint32_t output, uint32_t *at, uint32_t *index, int32_t *value,
                         uint32_t room)
{
    uint32_t found = 0;

    for (; *at < 308 && found < room; ++*at)
        if (seen[*at] && output == 1) {
            index[found] = *at;
            value[found++] = seen[*at];
        }
    return found;
}
"""


@pytest.fixture(name="core", scope="module")
def loaded() -> ctypes.CDLL:
    files = {name: text for name, text in kernel().items() if name != "memory.c"}
    return ctypes.CDLL(str(build_shared_library({**files, "core.h": HEADER, "core.c": CORE})))


def give(core: ctypes.CDLL, events: list[tuple[int, int, int]]) -> int:
    """Puts events into the inbox and lets the core take them."""
    block = np.array([(k, a, v & 0xFFFF_FFFF) for k, a, v in events], dtype="<u4")
    inbox = ctypes.addressof(ctypes.c_uint8.in_dll(core, "pe_inbox"))
    ctypes.memmove(inbox, block.tobytes(), block.nbytes)
    return int(core.pe_receive(len(events)))


def sent(core: ctypes.CDLL, output: int) -> list[tuple[int, int]]:
    """Addresses and values of all batches."""
    found: list[tuple[int, int]] = []
    while True:
        count = core.pe_send(output)
        addresses = (ctypes.c_uint32 * 64).in_dll(core, "pe_addresses")
        values = (ctypes.c_int32 * 64).in_dll(core, "pe_values")
        found += zip(addresses[:count], values[:count], strict=True)
        if count < 64:
            return found


def test_an_event_lands_in_every_port_that_hears_it_with_its_sign(core: ctypes.CDLL) -> None:
    core.pe_begin()
    strange = give(core, [(0x100, 3, -5), (0x100, 6, -70_000), (0x100, 0, 127), (0x300, 0, -128)])
    core.pe_compute()
    places = {3: -5, 302: -5, 307: -70_000, 0: 127, 4: -128}
    assert sent(core, 1) == [(1000 + place, places[place]) for place in sorted(places)]
    assert strange == 0


def test_what_was_heard_is_forgotten_after_a_tick(core: ctypes.CDLL) -> None:
    core.pe_begin()
    give(core, [(0x100, 1, 1)])
    core.pe_compute()
    assert sent(core, 1)
    core.pe_compute()
    assert not sent(core, 1)


def test_what_arrives_between_two_ticks_counts_in_the_second(core: ctypes.CDLL) -> None:
    core.pe_begin()
    core.pe_compute()
    give(core, [(0x100, 0, 3)])
    assert not sent(core, 1)
    core.pe_compute()
    assert sent(core, 1) == [(1000, 3)]


def test_events_for_nobody_are_counted_and_change_nothing(core: ctypes.CDLL) -> None:
    core.pe_begin()
    others = [(0x100, 4, 9), (0x100, 7, 9), (0x200, 0, 9), (0x300, 290, 9), (0x50, 0, 9)]
    assert give(core, [*others, (0xFFFF_FF00, 0, 9)]) == 6
    core.pe_compute()
    assert not sent(core, 1)


def test_more_events_than_the_outbox_holds_go_in_batches(core: ctypes.CDLL) -> None:
    core.pe_begin()
    for first in range(0, 256, 64):
        give(core, [(0x300, first + k, 1) for k in range(64)])
    core.pe_compute()
    assert sent(core, 0) == []
    assert sent(core, 1) == [(1004 + k, 1) for k in range(256)]
    assert sent(core, 0) == []
    assert len(sent(core, 1)) == 256


@given(
    st.lists(
        st.tuples(
            st.sampled_from([7, 9]),
            st.integers(0, 12),
            st.integers(1, 8),
            st.integers(0, 2),
            st.integers(0, 20),
        ),
        max_size=8,
    )
)
def test_the_table_says_what_the_stretches_say(
    stretches: list[tuple[int, int, int, int, int]],
) -> None:
    meant = {
        (key, first + k, port, at + k)
        for key, first, count, port, at in stretches
        for k in range(count)
    }
    table = list_heard(
        [(key, first, port, Stretch(0, 0, 0, n, at)) for key, first, n, port, at in stretches]
    )
    columns = (table.keys, table.firsts, table.counts, table.ports, table.places)
    lines = np.stack(columns, axis=1).tolist()
    told = {
        (key, first + k, port, at + k)
        for key, first, count, port, at in lines
        for k in range(count)
    }
    assert told == meant
    assert lines == sorted(lines, key=lambda line: line[:2])
    for (key, first, count, *_), (after, behind, length, *_) in pairwise(lines):
        alike = (key, first, count) == (after, behind, length)
        assert alike or (key, first + count) <= (after, behind)
