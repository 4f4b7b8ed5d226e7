"""Real values keep their codes beside spikes: the host rounds them once, in registers."""

from pathlib import Path

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.spinnaker2 import kernel
from snncc.backends.spinnaker2.simulate import simulate
from snncc.build import lower_network
from snncc.ir import LoweringRefused, Network, run, verify
from snncc.ir.ops import LIF, Dense, Input, Weighted
from snncc.ir.passes import ResetNow, calibrate
from snncc.ir.views import arithmetics
from tests.backends.spinnaker2.nets import BACKEND, PLAIN, Growth, prepared, sensing
from tests.backends.spinnaker2.test_program import agrees, paced
from tests.nets import spikes_for

SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_host_computes_what_the_reference_does(seed: int) -> None:
    network = sensing(seed)
    signal = spikes_for(network, seed, samples=3, ticks=30)
    network, program = prepared(network, signal)
    wires = tuple(wire.text for wire in program.traced)
    found = simulate(program, signal, wires)
    assert run(network, signal, record=wires).compare(found) == (0, None)
    assert [host.name for host in program.hosts] == ["s"]
    # Both currents of real values are rounded to the unit of the spikes' weights.
    assert len(program.registers) == 2


@pytest.mark.parametrize("seed", SEEDS)
def test_real_values_keep_their_codes_and_their_say(seed: int) -> None:
    network = sensing(seed)
    signal = spikes_for(network, seed, samples=8, ticks=40)
    whole, _ = prepared(network, signal)
    numbers = arithmetics(whole)
    for node in whole:
        if isinstance(node.op, Weighted) and node.inputs[0].source == "x":
            codes = node.op.weight_codes(numbers[node.name][0])
            assert np.max(np.abs(codes)) >= 63, node.name
    real, codes = (run(each, signal, record=["%s"])["%s"] for each in (network, whole))
    assert np.mean(real == codes) > 0.9
    assert np.std(codes.sum(axis=1), axis=0).any(), "every sample gives the same spikes"


@pytest.mark.parametrize("seed", range(3))
def test_the_emitted_program_computes_registers_too(seed: int, tmp_path: Path) -> None:
    network = sensing(seed + 20)
    program = agrees(network, spikes_for(network, seed, samples=2, ticks=20), tmp_path)
    assert program.registers and not paced(program)


def test_where_the_host_would_compute_everything_our_own_kernel_does() -> None:
    network = sensing(0, readout=False)
    signal = spikes_for(network, 0, samples=2, ticks=20)
    with pytest.raises(LoweringRefused, match="S008 %s: every population receives real values"):
        prepared(network, signal)
    ranges = calibrate(network, signal)
    settings = Settings(rates=ranges.rates)
    made = lower_network(
        BACKEND, network, settings, lambda way: BACKEND.passes(network, way, ranges)
    )
    assert isinstance(made.program, kernel.Program)
    assert made.settings.options == {"kernel": "own"}
    found = BACKEND.simulate(made.program, signal["x"], ())
    assert run(made.network, signal["x"]).compare(found) == (0, None)


def far(threshold: float) -> Network:
    """A neuron with a threshold far beyond its weights, which resets late."""
    growth = Growth(np.random.default_rng(0))
    x = growth.add(Input((5,), "spike"), name="x")
    current = growth.add(Dense(growth.weight(4, 5)), x)
    fields = {"threshold": threshold, "reset_amount": threshold, "reset_order": "after-decay"}
    use = growth.add(LIF(**{**PLAIN, **fields}, decay=0.9), current, name="s")
    return verify(Network("far", tuple(growth.nodes), (use,), 0.001, growth.tensors))


@pytest.mark.parametrize("threshold", [1e3, 1e6, 1e12])
def test_a_reset_that_would_take_thousands_of_synapses_stays_as_it_is(threshold: float) -> None:
    network = far(threshold)
    assert ResetNow()(network) == network
    assert ResetNow()(far(2.0)) != far(2.0)
