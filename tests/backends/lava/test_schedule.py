"""Steps and ticks: each spike is felt in its tick, and no loop is faster than its synapses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snncc.backends.lava.lower.schedule import schedule

NAMES = "abcdef"


@st.composite
def loops(draw):
    """Synapses among six populations; those that lead back, or nowhere on, have a tick or more."""
    found = []
    for _ in range(draw(st.integers(1, 12))):
        source, target = draw(st.integers(0, 5)), draw(st.integers(0, 5))
        least = 1 if target <= source else 0
        found.append((NAMES[source], NAMES[target], draw(st.integers(least, 3))))
    return found


@given(loops())
def test_each_spike_arrives_in_the_tick_that_feels_it(synapses) -> None:
    found = schedule(NAMES, synapses)
    for source, target, delay in synapses:
        arrival = found.phases[source] + 1 + found.count_extra(source, target, delay)
        felt = found.period * delay + found.phases[target]
        assert felt - found.period < arrival <= felt


@given(loops())
def test_populations_start_as_early_as_can_be(synapses) -> None:
    found = schedule(NAMES, synapses)
    for name, phase in found.phases.items():
        bound = [
            found.phases[s] + 1 - found.period * d for s, t, d in synapses if t == name and s != t
        ]
        assert phase == max([0, *bound])


@pytest.mark.parametrize(
    ("hops", "delay", "period"), [(1, 1, 1), (3, 1, 3), (3, 2, 2), (3, 3, 1), (4, 3, 2)]
)
def test_a_loop_takes_as_many_steps_as_it_has_synapses(hops: int, delay: int, period: int) -> None:
    ring = [(NAMES[i], NAMES[(i + 1) % hops], delay if i == hops - 1 else 0) for i in range(hops)]
    assert schedule(NAMES, ring).period == period
