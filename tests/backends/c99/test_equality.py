"""The C computes what the reference computes: every observable wire, at every tick."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend, Program
from snncc.boards import Build, board, build, play
from snncc.ir import LoweringRefused, Network, all_ops, parse, run, verify
from snncc.ir.passes import Quantize, calibrate
from tests.backends.c99.populations import garden, signals
from tests.nets import HAND, hand, quantized_networks, spikes_for

BACKEND = C99Backend()
M4 = board("cortex-m4-emulated")


def lowered(network: Network) -> tuple[Program, tuple[str, ...]]:
    program = BACKEND.lower(network, Settings())
    return program, tuple(readout.text for readout in program.traced)


@pytest.mark.parametrize("keyword", sorted(all_ops()))
def test_native_equals_the_reference(keyword: str) -> None:
    """In networks with each of the ops."""

    @settings(max_examples=4)
    @given(quantized_networks(including=keyword), st.integers(0, 999))
    def equal(network: Network, seed: int) -> None:
        try:
            program, wires = lowered(network)
        except LoweringRefused as refusal:
            dual = "dual_cuba_lif has no form in C here" in str(refusal)
            assert dual or str(refusal).startswith("C002 "), "the only limits these may meet"
            return
        signal = spikes_for(network, seed, samples=2, ticks=10)
        trace = BACKEND.simulate(program, signal, wires)
        assert set(trace.wires) == set(wires)
        assert run(network, signal, record=wires).compare(trace) == (0, None)

    equal()


@pytest.mark.parametrize("bits", [16, 32])
@pytest.mark.parametrize("name", HAND)
def test_hand_networks_quantized(name: str, bits: int) -> None:
    network = hand(name)
    ranges = calibrate(network, spikes_for(network))
    network = Quantize(state_bits=bits, ranges=ranges)(network)
    program, wires = lowered(network)
    signal = spikes_for(network, 7, samples=4, ticks=50)
    trace = BACKEND.simulate(program, signal, wires)
    assert run(network, signal, record=wires).compare(trace) == (0, None)


@pytest.mark.parametrize("read", ["%e", "%e.v", "%e.v, %e", "%e, %s.v"])
def test_of_graded_events_what_is_read_is_computed(read: str) -> None:
    """Not the events where the potential alone is, nor the other way round."""
    text = f"""network read tick=0.001s decode=last {{
  %x = input() {{shape=[5], signal="real"}}
  %s = li(%x) {{decay=0.875, bias=0.0, initial=0.0}}
  %e = graded(%s.v) {{threshold=0.25, compare=">", reset="subtract", reset_amount=0.25}}
  return {read}
}}
"""
    network = verify(parse(text))
    signal = spikes_for(network, 3, samples=2, ticks=12)
    network = Quantize(ranges=calibrate(network, signal))(network)
    program, wires = lowered(network)
    assert set(read.split(", ")) <= set(wires)
    trace = run(network, signal, record=wires)
    assert trace.compare(BACKEND.simulate(program, signal, wires)) == (0, None)


@pytest.mark.parametrize("bits", [16, 32])
def test_every_kind_of_leaky_neuron_on_host_and_board(bits: int) -> None:
    network = garden(bits)
    program, wires = lowered(network)
    signal = signals(samples=3, ticks=40)
    reference = run(network, signal, record=wires)
    assert any(reference.saturated.values()) or bits == 32, "nothing tried the saturation"
    assert 0.05 < np.mean([np.mean(reference[w] != 0) for w in wires]) < 0.95
    assert reference.compare(BACKEND.simulate(program, signal, wires)) == (0, None)
    image = build(M4, BACKEND.firmware(program, wires), Build(optimize="s"))
    answer = play(M4, image, BACKEND.stimulus(program, signal))
    assert reference.compare(BACKEND.response(program, wires, answer.output, 3)) == (0, None)


@pytest.mark.parametrize("core", ["cortex-m0plus-emulated", "cortex-m3-emulated"])
def test_cores_without_dsp_compute_the_same(core: str) -> None:
    network = garden(16, seed=3)
    program, wires = lowered(network)
    signal = signals(samples=1, ticks=30, seed=4)
    image = build(board(core), BACKEND.firmware(program, wires), Build(optimize="s"))
    answer = play(board(core), image, BACKEND.stimulus(program, signal))
    trace = BACKEND.response(program, wires, answer.output, 1)
    assert run(network, signal, record=wires).compare(trace) == (0, None)
