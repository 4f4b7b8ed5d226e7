"""What SpiNNaker 2 cannot do is refused by rule, node and sentence; what it can is written down."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.spinnaker2 import RULES
from snncc.backends.spinnaker2.chip.target import NEURONS_PER_CORE, WEIGHT_MAX_WITH_DELAY
from snncc.ir import (
    CapacityError,
    CompileError,
    LoweringRefused,
    Network,
    Node,
    Op,
    Ref,
    Tensor,
    UsageError,
    Use,
    run,
)
from snncc.ir.ops import ALIF, LI, LIF, CubaLIF, Dense, Input, Reshape, Sum, SumPool
from snncc.ir.passes import Ranges
from tests.backends.spinnaker2.nets import BACKEND, PLAIN, Growth, loop, prepared
from tests.nets import hand, spikes_for


def single(op: Op, size: int = 4, into: int = 6, signal: str = "spike") -> Network:
    """One population behind a dense layer."""
    weight = Tensor(np.random.default_rng(0).normal(0.2, 0.5, (size, into)))
    nodes = (
        Node("x", Input((into,), signal)),
        Node("c", Dense(Ref("c.w")), (Use("x"),)),
        Node("s", op, (Use("c"),)),
    )
    tensors = {"c.w": weight, "mixed": Tensor(np.linspace(0.4, 0.9, size))}
    return Network("single", nodes, (Use("s"),), 0.001, MappingProxyType(tensors))


def lowered(network: Network, weight_bits: int = 8, **options: str):
    signal = spikes_for(network, samples=2, ticks=20)
    return prepared(network, signal, options, weight_bits)


def potential(network: Network) -> Network:
    """The same with the potential of its population as a second output."""
    return replace(network, outputs=(Use("s"), Use("s", 0, "v")))


def many(spikes: int) -> Network:
    """A population that fires several spikes a tick."""
    return single(LIF(**{**PLAIN, "spikes": spikes}, decay=0.5))


def mixed() -> Network:
    """A population that receives a sensor and another population."""
    growth = Growth(np.random.default_rng(1))
    x = growth.add(Input((4,), "real"), name="x")
    y = growth.add(Input((4,), "spike"), name="y")
    a = growth.add(Dense(growth.weight(4, 4)), y)
    a = growth.add(LIF(**PLAIN, decay=0.5), a, name="a")
    both = (growth.add(Dense(growth.weight(3, 4)), use) for use in (x, a))
    total = growth.add(Sum(), *both)
    s = growth.add(LIF(**PLAIN, decay=0.5), total, name="s")
    return Network("mixed", tuple(growth.nodes), (s,), 0.001, MappingProxyType(growth.tensors))


def summed() -> Network:
    """An output that no population puts out."""
    network = hand("feedforward")
    nodes = (*network.nodes, Node("t", Sum(), (Use("s2"), Use("s2"))))
    return replace(network, nodes=nodes, outputs=(Use("t"),))


def wide() -> Network:
    """One neuron that receives more than a core holds."""
    return single(LIF(**PLAIN, decay=0.5), size=1, into=4000)


def overlapping() -> Network:
    """Sums that overlap, before weights that are all alike."""
    growth = Growth(np.random.default_rng(1))
    x = growth.add(Input((1, 9, 9), "spike"), name="x")
    pool = growth.add(SumPool((5, 5), (1, 1), ((0, 0), (0, 0))), x)
    flat = growth.add(Reshape((25,)), pool)
    current = growth.add(Dense(growth.keep(np.ones((2, 25)))), flat)
    s = growth.add(LIF(**PLAIN, decay=0.5), current, name="s")
    return Network("sums", tuple(growth.nodes), (s,), 0.001, MappingProxyType(growth.tensors))


def heavy() -> Network:
    """More weight than float32 counts exactly."""
    network = single(LIF(**PLAIN, decay=0.5), size=1, into=140_000)
    tensors = {**network.tensors, "c.w": Tensor(np.ones((1, 140_000)))}
    return replace(network, tensors=MappingProxyType(tensors))


CASES = [
    ("S002", many(4), {}, "%s: it fires several spikes in a tick"),
    ("S002", single(ALIF(**PLAIN, decay=0.5, adaptation_decay=0.9, adaptation_step=0.1)), {},
     "%s: alif has no application"),
    ("S003", hand("attention"), {}, "%y: matmul has no form in synapses"),
    ("S005", potential(single(LIF(**{**PLAIN, "reset_order": "after-decay"}, decay=0.5))), {},
     "%s: it resets after-decay, but cores reset at once: its potential is read"),
    ("S005", single(LIF(**{**PLAIN, "reset_order": "rechecked"}, decay=0.5)), {},
     "%s: it resets rechecked"),
    ("S005", single(LIF(**PLAIN, decay=0.5, floor=-0.5)), {}, "%s: its potential has a floor"),
    ("S005", single(LIF(**{**PLAIN, "refractory": 2}, decay=0.5)), {},
     "%s: it waits after a spike"),
    ("S005", single(CubaLIF(**PLAIN, decay=0.5, current_decay=0.5, current_order="old")), {},
     "%s: it has one current for excitation and inhibition"),
    ("S006", overlapping(), {}, "%s: the weights up to here reach 3175 codes"),
    ("S007", heavy(), {}, "%s: its currents may reach 17780000 codes"),
    ("S008", mixed(), {}, "%s: it receives real values and %a, whose spikes are on the chip"),
    ("S009", summed(), {}, "%t: the output %t is not a spike or a potential"),
    ("S010", wide(), {}, "%s: the synapses of neuron 0 need"),
    ("S011", single(LIF(**PLAIN, decay=0.5), size=150), {"atoms": "1"},
     "the network needs 156 cores, a chip has 148"),
    ("S012", loop(3), {"hop": "pipelined"}, "the loop has fewer ticks of delay"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "network", "options", "sentence"), CASES)
def test_what_the_chip_cannot_do_is_refused(rule, network, options, sentence) -> None:
    with pytest.raises((LoweringRefused, CapacityError)) as refusal:
        lowered(network, **options)
    assert str(refusal.value).startswith(rule) and sentence in str(refusal.value)
    assert rule in RULES and refusal.value.exit_code == 1


def test_a_potential_cannot_travel() -> None:
    growth = Growth(np.random.default_rng(1))
    x = growth.add(Input((4,), "spike"), name="x")
    v = growth.add(LI(0.9, 0.0, 0.0), growth.add(Dense(growth.weight(3, 4)), x), name="v")
    s = growth.add(LIF(**PLAIN, decay=0.5), growth.add(Dense(growth.weight(2, 3)), v, name="c"))
    network = Network("travel", tuple(growth.nodes), (s,), 0.001, MappingProxyType(growth.tensors))
    with pytest.raises(CompileError, match="V011 %c: it reads a potential in single precision"):
        lowered(network)


def test_an_initial_potential_that_nothing_leads_to_is_refused() -> None:
    network = single(LIF(**{**PLAIN, "initial": 0.9}, decay=0.5))
    with pytest.raises(CompileError, match=r"%s: nothing leads to its initial potential"):
        lowered(network)


def test_a_float_network_is_refused() -> None:
    with pytest.raises(LoweringRefused, match="S001: the network computes with real numbers"):
        BACKEND.lower(hand("feedforward"), Settings())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"hop": "often"}, "--option hop: unknown value 'often'"),
        ({"atoms": "0"}, "--option atoms takes an integer from 1, found '0'"),
        ({"layout": "loose"}, "--option layout: unknown value 'loose'"),
        ({"sys_tick": "soon"}, "--option sys_tick takes seconds"),
    ],
)
def test_options_are_checked(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refusal:
        lowered(hand("feedforward"), **options)
    assert sentence in str(refusal.value)


def test_the_width_of_states_is_no_choice() -> None:
    with pytest.raises(UsageError, match="states in float32; leave out --state-bits"):
        BACKEND.passes(hand("feedforward"), Settings(state_bits=16), Ranges())


def test_a_signal_beyond_the_recordings_is_refused() -> None:
    network = hand("feedforward")
    _, program = lowered(network, duration="10")
    with pytest.raises(UsageError, match=r"has 11 ticks, .* build with --option duration=11"):
        BACKEND.simulate(program, np.zeros((1, 11, 12)), ())


def test_a_delay_is_native_in_four_bits_and_relayed_in_eight() -> None:
    network = hand("recurrent")
    _, wide = lowered(network)
    _, narrow = lowered(network, weight_bits=5)
    assert {s.delay for s in wide.synapses} == {0}
    assert [n.keyword for n in wide.neurons if not n.node] == ["relay", "relay"]
    assert {s.delay for s in narrow.synapses} == {0, 2}
    assert all(np.abs(s.weights).max() <= WEIGHT_MAX_WITH_DELAY for s in narrow.synapses)
    assert [n.application for n in narrow.neurons] == ["lif_curr_exp"]


def test_no_core_has_more_neurons_than_its_index_counts() -> None:
    _, program = lowered(single(LIF(**PLAIN, decay=0.5), size=600, into=3))
    here = [core for core in program.partition.cores if core.population == "s"]
    assert [core.neurons for core in here] == [200, 200, 200]
    assert max(core.neurons for core in here) <= NEURONS_PER_CORE


def test_a_bias_acts_from_the_first_tick_on() -> None:
    network = single(LIF(**{**PLAIN, "bias": Ref("mixed"), "threshold": 5.0}, decay=0.9))
    quantized, program = lowered(network)
    late = program.neurons[0]
    assert late.phase == 1 and np.all(late.population.initial < 0)
    silent = {"x": np.zeros((1, 12, 6))}
    expected = run(quantized, silent, record=["%s.v"])["%s.v"]
    found = BACKEND.simulate(program, silent["x"], ("%s.v",))["%s.v"]
    assert np.array_equal(found, expected)
    unit = quantized.tensors["s.unit"].values
    assert np.allclose(found[0, 0] * unit, network.tensors["mixed"].values, atol=1e-6)


def test_busy_cores_and_full_fifos_are_named() -> None:
    size = 1200
    network = single(LIF(**PLAIN, decay=0.5), size=8, into=size)
    _, program = lowered(network, sys_tick="0.00001")
    assert any(re.match(r"S015 %s: the core of neurons 0 to .* give --option sys_tick=", text)
               for text in program.warnings)  # fmt: skip
