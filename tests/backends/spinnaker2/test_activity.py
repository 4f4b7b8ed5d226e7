"""What a run counts is what its spikes and synapses say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from snncc.backends.spinnaker2.activity import activity
from snncc.backends.spinnaker2.applications.currents import Currents
from snncc.backends.spinnaker2.simulate import play
from tests.backends.spinnaker2.nets import grown, loop, prepared
from tests.nets import hand, spikes_for


@pytest.mark.parametrize("seed", [2, 3, 5])
def test_events_are_synapses_times_spikes(seed: int) -> None:
    network = grown(seed)
    signal = spikes_for(network, samples=1, ticks=20)
    _, program = prepared(network, signal, {"atoms": "3"})
    found = activity(program, signal, 0.001)
    totals = np.zeros(found.ticks)
    for tick, spikes in enumerate(play(program, signal)):
        for each in program.synapses:
            ones = replace(each, weights=(each.weights != 0).astype(np.int8))
            if each.kind == "conv":  # a zero of a kernel is multiplied like all others
                ones = replace(each, weights=np.ones_like(each.weights))
            totals[tick] += Currents(ones, apart=False).of(spikes[each.source])[0].sum()
    assert found.ticks == 20 * program.period + program.settle
    assert found.events.max() <= totals.max() <= found.events.sum() and totals.max() > 0


def test_arrivals_are_the_spikes_of_all_sources_of_a_core() -> None:
    network = loop(1, size=12)
    signal = spikes_for(network, samples=2, ticks=30)
    _, program = prepared(network, signal, {"atoms": "4"})
    found = activity(program, signal, 0.001)
    sent = dict.fromkeys(("x", "s0"), 0.0)
    for spikes in play(program, signal):
        for name in sent:
            sent[name] = max(sent[name], float(spikes[name].sum(axis=1).max()))
    here = [i for i, core in enumerate(program.partition.cores) if core.population == "s0"]
    assert all(0 < found.arrivals[i] <= sent["x"] + sent["s0"] for i in here)
    assert found.packets >= found.sent.sum() > 0 and found.hops >= 0
    assert not found.full.any() and found.as_load(program).warnings == ()


def test_what_passes_a_limit_is_named() -> None:
    network = hand("feedforward")
    signal = spikes_for(network, samples=2, ticks=20)
    _, program = prepared(network, signal)
    found = activity(program, signal, 1e-6)
    assert found.late.any() and found.cycles.max() > 300
    (sentence,) = found.warnings(program)
    assert sentence.startswith("S015 %s") and "ticks had work longer than the tick" in sentence


def test_a_full_fifo_is_named() -> None:
    network = loop(1, size=6, inputs=600)
    signal = spikes_for(network, samples=1, ticks=5, rate=1.0)
    _, program = prepared(network, signal, {"sys_tick": "0.1", "duration": "8"})
    found = activity(program, signal, 0.1)
    assert found.arrivals.max() >= 600
    assert any("which the FIFO loses" in sentence for sentence in found.warnings(program))
