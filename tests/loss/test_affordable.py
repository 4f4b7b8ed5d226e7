"""How many samples of the reference are affordable: fewer the longer they are, and at last none."""

import pytest

from snncc.reference_work import MINUTE, STEP_WORK, count_affordable, count_tick_work
from tests.nets import HAND, hand


@pytest.mark.parametrize("name", HAND)
def test_what_is_affordable_fits_the_work_and_one_more_does_not(name: str) -> None:
    network = hand(name)
    steps, sample = STEP_WORK * len(network.nodes), count_tick_work(network)
    for ticks in (1, 10, 1_000, 100_000):
        count = count_affordable(network, ticks, 2, MINUTE)
        assert 2 * ticks * (steps + count * sample) <= MINUTE
        assert 2 * ticks * (steps + (count + 1) * sample) > MINUTE


@pytest.mark.parametrize("name", HAND)
def test_where_the_steps_alone_take_longer_no_sample_is_affordable(name: str) -> None:
    network = hand(name)
    ticks = MINUTE // (STEP_WORK * len(network.nodes)) + 1
    assert count_affordable(network, ticks, 1, MINUTE) == 0
