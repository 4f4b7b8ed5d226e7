"""The program equals the quantized reference, wire for wire, however it is dealt out to cores."""

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from snncc.backends.spinnaker2 import Program
from snncc.backends.spinnaker2.chip.target import CORES_PER_QUAD
from snncc.backends.spinnaker2.simulate import find_lost, simulate
from snncc.ir import LoweringRefused, PassError, Trace, UsageError, run
from tests.backends.spinnaker2.nets import grown, loop, prepared
from tests.nets import HAND, hand, spikes_for

RANDOM = 100


def both(network, signal, options=None, weight_bits: int = 8):
    """The program, what it does, and what the reference does, on all wires that can be read."""
    network, program = prepared(network, signal, options, weight_bits)
    wires = tuple(wire.text for wire in program.traced)
    return program, simulate(program, signal, wires), run(network, signal, record=wires)


def equal(found: Trace, expected: Trace) -> None:
    assert expected.compare(found) == (0, None)


@cache
def case(seed: int) -> tuple[Program, Trace, Trace]:
    """A random network's program, what it does, and what the reference does."""
    network = grown(seed)
    signal = spikes_for(network, seed, samples=2, ticks=25)
    return both(network, signal, weight_bits=(8, 5)[seed % 2])


@pytest.mark.parametrize("seed", range(RANDOM))
def test_random_networks_equal_the_reference(seed: int) -> None:
    _, found, expected = case(seed)
    equal(found, expected)


def test_random_networks_are_of_all_kinds() -> None:
    seen: Counter[object] = Counter()
    for seed in range(RANDOM // 2):
        program, _, _ = case(seed)
        seen.update({n.application for n in program.neurons})
        seen.update({s.kind for s in program.synapses})
        seen.update({"host"} if program.hosts else set())
        seen.update(
            {"gate"}
            if any(not n.population.decay.any() for n in program.neurons if n.node)
            else set()
        )
        seen.update({n.keyword for n in program.neurons})
        seen.update({"constant"} if any(not s.node for s in program.sources) else set())
        pools = (s.window.pool for s in program.synapses if s.window)
        seen.update({"pool"} if any(pool != (1, 1) for pool in pools) else set())
    kinds = {"lif", "lif_no_delay", "lif_curr_exp", "lif_curr_exp_no_delay", "lif_conv2d"}
    kinds |= {"dense", "sparse", "conv", "host", "relay", "constant", "pool", "li", "if", "gate"}
    assert {kind for kind in kinds if not seen[kind]} == set()


@pytest.mark.parametrize("name", HAND)
def test_networks_by_hand_equal_the_reference_or_are_refused(name: str) -> None:
    network = hand(name)
    signal = spikes_for(network, samples=4, ticks=40)
    try:
        _, found, expected = both(network, signal)
    except (LoweringRefused, PassError) as refusal:
        assert name in ("gated", "attention", "normalised"), refusal
        return
    equal(found, expected)
    assert any(np.any(found[wire]) for wire in found.wires)


@pytest.mark.parametrize("stages", [2, 3])
def test_a_loop_shorter_than_its_synapses_runs_in_slower_ticks(stages: int) -> None:
    network = loop(stages)
    signal = spikes_for(network, samples=3, ticks=60)
    program, found, expected = both(network, signal)
    assert program.period == stages
    assert {n.pace for n in program.neurons if n.node} == {stages}
    equal(found, expected)
    assert 0.01 < found.output.mean() < 0.9


@pytest.mark.parametrize("cores", [1, 2, 7, 150])
def test_spikes_do_not_depend_on_the_cores(cores: int) -> None:
    network = loop(1, size=150, inputs=1)
    signal = spikes_for(network, samples=2, ticks=30)
    options = {"atoms": str(-(-150 // cores)), "layout": "packed", "duration": "64"}
    options |= {"sys_tick": "0.01", "boards": "1"}
    program, found, expected = both(network, signal, options)
    assert sum(core.population == "s0" for core in program.partition.cores) == cores
    equal(found, expected)


def test_a_lost_link_loses_its_spikes() -> None:
    network = hand("feedforward")
    signal = spikes_for(network, samples=4, ticks=40)
    program, found, _ = both(network, signal, {"atoms": "4"})
    part = program.partition
    source = next(i for i, core in enumerate(part.cores) if core.population == "s1")
    heard = part.targets[part.offsets[source] : part.offsets[source + 1]].tolist()
    target = next(each for each in heard if part.cores[each].population == "s2")
    core = part.cores[target]
    routing = program.routing
    quad, bit = routing.placement.quads[target], routing.placement.places[target] % CORES_PER_QUAD
    entry = routing.offsets[source] + routing.quads[routing.offsets[source] :].tolist().index(quad)
    masks = routing.masks.copy()
    masks[entry] &= ~(1 << bit)
    broken = replace(program, routing=replace(routing, masks=masks))
    assert find_lost(broken) == {(source, target)} and not find_lost(program)
    less = simulate(broken, signal, tuple(found.wires))
    assert np.array_equal(less["%s1"], found["%s1"])
    changed = np.any(less["%s2.v"] != found["%s2.v"], axis=(0, 1))
    assert changed[core.start : core.stop].all()
    assert not changed[: core.start].any() and not changed[core.stop :].any()


@pytest.mark.parametrize(
    ("signal", "message"),
    [
        (np.zeros((1, 5, 3)), "takes [samples, ticks, 12], found [1, 5, 3]"),
        (np.full((1, 5, 12), 0.5), "takes spikes, 0 or 1, found other values"),
    ],
)
def test_signals_that_do_not_fit_are_refused(signal: np.ndarray, message: str) -> None:
    network = hand("feedforward")
    _, program = prepared(network, spikes_for(network))
    with pytest.raises(UsageError) as refusal:
        simulate(program, signal)
    assert message in str(refusal.value)


def test_an_unknown_wire_is_refused() -> None:
    network = hand("feedforward")
    _, program = prepared(network, spikes_for(network))
    with pytest.raises(UsageError, match="unknown wire '%nobody'"):
        simulate(program, spikes_for(network)["x"], ("%nobody",))
