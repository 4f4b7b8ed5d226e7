"""Signals that share memory: none takes the place of one that is still needed."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend, Program
from snncc.backends.c99.step_wires import list_filled, read_by
from snncc.ir import LoweringRefused, Network, UsageError, run
from tests.backends.c99.populations import garden, signals
from tests.nets import quantized_networks, spikes_for

BACKEND = C99Backend()


def needed(program: Program) -> dict[str, tuple[int, int]]:
    """Wire → the first and the last step that touches it."""
    found: dict[str, tuple[int, int]] = {}
    for number, step in enumerate(program.steps):
        for name in (*list_filled(step), *(reading.wire for reading in read_by(step))):
            first, _ = found.get(name, (number, number))
            found[name] = first, number
    return found


def require_no_overlap(program: Program) -> int:
    """How many pairs of wires share a byte; never at the same time."""
    spans, shared = needed(program), 0
    placed = [wire for wire in program.wires if wire.place is not None]
    for one, other in combinations(placed, 2):
        assert one.place is not None and other.place is not None
        apart = one.place + one.bytes <= other.place or other.place + other.bytes <= one.place
        (first, last), (begin, end) = spans[one.name], spans[other.name]
        assert apart or last < begin or end < first, f"{one.name} and {other.name}"
        shared += not apart
    return shared


@settings(max_examples=30)
@given(quantized_networks(), st.integers(0, 999))
def test_the_c_that_is_shipped_equals_the_reference(network: Network, seed: int) -> None:
    try:
        program = BACKEND.lower(network, Settings())
    except LoweringRefused:
        return
    require_no_overlap(program)
    signal = spikes_for(network, seed, samples=2, ticks=8)
    trace = BACKEND.simulate(program, signal, ())
    assert run(network, signal).compare(trace) == (0, None)


def test_only_what_is_observed_stays_apart() -> None:
    network = garden(16)
    shipped = BACKEND.lower(network, Settings())
    watched = BACKEND.lower(network, Settings(options={"observe": "yes"}))
    assert [r.text for r in shipped.observable] == [r.text for r in shipped.outputs]
    assert watched.observable == watched.traced
    signal = signals(samples=1, ticks=10)
    wires = tuple(r.text for r in shipped.traced)
    expected = run(network, signal, record=wires)
    for program in (shipped, watched):
        assert expected.compare(BACKEND.simulate(program, signal, wires)) == (0, None)


def test_observing_is_asked_for_by_yes_or_no() -> None:
    with pytest.raises(UsageError, match="observe=maybe: say yes or no"):
        BACKEND.lower(garden(16), Settings(options={"observe": "maybe"}))
