"""A signal given in parts: the same spikes, and no memory for the ticks before."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.spinnaker2 import Program
from snncc.backends.spinnaker2.kernel import Stream as KernelStream
from snncc.backends.spinnaker2.kernel import simulate as compute
from snncc.backends.spinnaker2.kernel.lower import assemble_program
from snncc.backends.spinnaker2.simulate import Stream, simulate
from snncc.ir import Trace, UsageError, Values
from tests.backends.spinnaker2.kernel.hand import alone, cut, signal
from tests.backends.spinnaker2.nets import grown, prepared
from tests.nets import hand, spikes_for

RANDOM = 60
TICKS = 25
WINDOW = 500


def demand_parts(
    whole: Trace,
    play: Callable[[dict[str, Values]], Trace],
    fed: dict[str, Values],
    cuts: list[int],
) -> None:
    """Asserts that parts of a signal lead to what it leads to at once."""
    parts = [play({name: v[:, a:b] for name, v in fed.items()}) for a, b in pairwise(cuts)]
    for wire, values in whole.wires.items():
        found = np.concatenate([part[wire] for part in parts], axis=1)
        assert np.array_equal(values, found), wire


@pytest.mark.parametrize("seed", range(RANDOM))
def test_random_networks_take_parts_however_they_are_cut(seed: int) -> None:
    network = grown(seed)
    fed = spikes_for(network, seed, samples=2, ticks=TICKS)
    _, program = prepared(network, fed, None, (8, 5)[seed % 2])
    wires = tuple(wire.text for wire in program.traced)
    some = np.random.default_rng(seed).choice(np.arange(1, TICKS), 4, replace=False)
    whole = simulate(program, fed, wires)
    demand_parts(whole, Stream(program, wires).play, fed, [0, *sorted(some.tolist()), TICKS])


@pytest.mark.parametrize("parts", [alone(), cut(), cut(1)], ids=["one core", "four", "each"])
def test_our_kernel_takes_parts(parts: Any) -> None:
    program, fed = assemble_program(parts, Settings()), signal()
    ticks = next(iter(fed.values())).shape[1]
    whole = compute(program, fed, ("%s",))
    demand_parts(whole, KernelStream(program, ("%s",)).play, fed, [0, 1, 3, ticks])


def measure_peak(program: Program, ticks: int) -> int:
    """The most bytes of arrays that are in use while a stream plays so many ticks."""
    ports = program.inputs
    rng = np.random.default_rng(0)
    some = {p.name: (rng.random((1, WINDOW, *p.shape)) < 0.3).astype(float) for p in ports}
    play = Stream(replace(program, duration=ticks)).play
    tracemalloc.start()
    try:
        for _ in range(ticks // WINDOW):
            play(some)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@cache
def find_program(hosts: bool) -> Program:
    """Of a random network of which the host computes some, or nothing."""
    for seed in range(RANDOM):
        network = grown(seed)
        _, program = prepared(network, spikes_for(network, seed, samples=2, ticks=TICKS), None, 8)
        if bool(program.hosts) == hosts:
            return program
    raise AssertionError("the networks are of all kinds")


@pytest.mark.parametrize("hosts", [False, True])
def test_the_ticks_before_take_no_memory(hosts: bool) -> None:
    peaks = [measure_peak(find_program(hosts), ticks) for ticks in (2 * WINDOW, 8 * WINDOW)]
    assert peaks[1] < 1.05 * peaks[0]


def test_more_ticks_than_cores_have_room_for_are_refused_before_they_run() -> None:
    network = hand("feedforward")
    fed = spikes_for(network, 3, samples=1, ticks=12)
    _, program = prepared(network, fed, {"duration": "20"}, 8)
    play = Stream(program).play
    play(fed)
    with pytest.raises(UsageError, match=r"the signal has 24 ticks.*build with --option duration"):
        play(fed)
