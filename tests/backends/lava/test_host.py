"""What the host sends, and what is read of sums: as the reference has it, or refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snncc.backends import Settings
from snncc.backends.lava import LavaBackend, Program
from snncc.backends.lava.host import Current, Register
from snncc.backends.lava.lower.populations import Drive
from snncc.backends.lava.lower.readers import reader
from snncc.backends.lava.program import Registers
from snncc.backends.lava.simulate import simulate
from snncc.ir import Factor, LoweringRefused, Network, Node, Rounding, Use, run, verify
from snncc.ir.arithmetic.number import shift_codes
from snncc.ir.edit import insert
from snncc.ir.ops import Requantize, Reshape
from tests.backends.lava.nets import loop_of_two, prepared, residual
from tests.nets import spikes_for


def made() -> tuple[Network, Program]:
    network = residual()
    return prepared(network, spikes_for(network), {"neurons": "stock"})


def test_all_is_stock_and_every_wire_is_the_references() -> None:
    network, program = made()
    assert program.native
    assert [(host.name, host.size) for host in program.hosts] == [
        ("seen_held", 27),
        ("third_bias_0", 27),
    ]
    assert all(host.message_bits <= 12 for host in program.hosts)
    assert {s.source for s in program.synapses if s.target == "third"} == {
        "seen_held", "first", "second", "third_bias_0",
    }  # fmt: skip
    signal = spikes_for(network, samples=3, ticks=12)
    wires = tuple(wire.text for wire in program.traced)
    reference = run(network, signal, record=wires)
    assert "%head" in wires and np.any(reference["%head"] != reference["%head"][:, :1])
    assert 0.1 < reference["%third"].mean() < 0.9
    assert reference.compare(simulate(program, signal, wires)) == (0, None)


def test_a_current_of_inputs_keeps_its_codes() -> None:
    network, _ = made()
    real = residual()
    signal = spikes_for(real, seed=1)
    codes, floats = (run(each, signal, record=["%first"])["%first"] for each in (network, real))
    assert np.mean(codes == floats) > 0.98 and floats.any()


@given(
    codes=st.lists(st.integers(-(2**20), 2**20), min_size=1, max_size=5),
    factor=st.integers(1, 2**10),
    bits=st.integers(0, 12),
)
def test_the_host_rounds_as_a_register_does(codes: list[int], factor: int, bits: int) -> None:
    values, zero = np.array(codes), np.zeros(1, dtype=np.int64)
    weight = Current("x", 0, np.ones(1, dtype=np.int64), zero, zero)
    register = Register((weight,), zero, zero + factor, bits, -999, 1000)
    expected = np.clip(shift_codes(values * factor, bits, Rounding.HALF_EVEN), -999, 1000)
    assert np.array_equal(register.compute_sent({"x": values[None, :, None]})[0, :, 0], expected)


def test_the_host_reads_late_what_comes_late() -> None:
    zero = np.zeros(1, dtype=np.int64)
    late = Current("x", 2, zero + 3, zero, zero)
    register = Register((late,), zero + 1, zero + 1, 0, -99, 99)
    assert register.compute_sent({"x": np.array([[[5], [6], [7]]])})[0, :, 0].tolist() == [1, 1, 16]


def test_a_register_that_rounds_otherwise_is_refused() -> None:
    network, _ = made()
    nodes = tuple(
        replace(n, formats={**n.formats, "scale": Factor(6, Rounding.FLOOR)})
        if isinstance(n.op, Requantize)
        else n
        for n in network
    )
    message = "L007 %seen_held: its ratio is x6/floor, the host rounds half to even"
    with pytest.raises(LoweringRefused, match=message):
        LavaBackend().lower(verify(replace(network, nodes=nodes)), Settings())


def test_a_register_of_spikes_is_refused_by_name() -> None:
    network = residual()
    signal = spikes_for(network)
    after, _ = prepared(network, signal)
    register = after["seen_held"]
    late = replace(register, name="late", inputs=(Use("mixed"),))
    loose = insert(after, late, Node("heard", Reshape((27,)), (Use("late"),)))
    loose = verify(replace(loose, outputs=(*loose.outputs, Use("heard"))))
    with pytest.raises(LoweringRefused, match="L003 %late: requantize has no form in"):
        LavaBackend().lower(loose, Settings())


# --- sums that are read ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most", "shift", "why"),
    [(65_000, 7, ""), (131_000, 6, ""), (132_000, 0, "its sums need more than 17 bits")],
)
def test_a_sum_is_read_as_finely_as_a_current_holds_it(most: int, shift: int, why: str) -> None:
    network = residual()
    none = np.zeros(4, dtype=np.int64)
    drive = Drive(np.full(4, -10.0), np.full(4, float(most)), none, np.zeros(4))
    kept, whole, _, found = reader(network, network["head"], drive, period=1)
    assert kept.shift == whole.shift == shift
    assert found == why if why else isinstance(found, Registers)


def test_a_sum_in_a_network_of_slow_ticks_is_gathered_by_a_process_of_its_own() -> None:
    network = loop_of_two()
    network = verify(replace(network, outputs=(*network.outputs, Use("both"))))
    signal = spikes_for(network, samples=2, ticks=12)
    after, program = prepared(network, signal)
    (n,) = program.parts("both")
    assert program.period == 2 and n.why.startswith("a tick takes 2 steps")
    wires = tuple(wire.text for wire in program.traced)
    reference = run(after, signal, record=wires)
    assert np.any(reference["%both"])
    assert reference.compare(simulate(program, signal, wires)) == (0, None)
