"""Currents of real values keep their resolution beside currents of spikes; what is multiplied."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.ir import Network, PassError, Quantity, Tensor, Use, parse, run, show, verify
from snncc.ir.ops import LIF, Dense, Requantize
from snncc.ir.passes import Multiplication, Quantize, calibrate, multiplications
from snncc.ir.views import arithmetics

FIRES = (
    'bias=0.0, threshold=1.0, compare=">=", reset="value", reset_amount=0.0, '
    'reset_order="now", spikes=1, refractory=0, initial=0.0, decay=0.5'
)


def joined(spikes: float, seed: int = 0, decode: str = "count") -> Network:
    """Neurons with two projections: of a real input, and of spikes with weights up to `spikes`."""
    rng = np.random.default_rng(seed)
    text = f"""network joined tick=0.001s decode={decode} {{
  %x = input() {{shape=[6], signal="real"}}
  %y = input() {{shape=[6], signal="spike"}}
  %a = dense(%x) {{weight=@a.weight, bias=@a.bias}}
  %b = dense(%y) {{weight=@b.weight}}
  %i = sum(%a, %b)
  %s = lif(%i) {{{FIRES}}}
  return %s
}}
"""
    tensors = {
        "a.weight": Tensor(rng.normal(size=(9, 6))),
        "a.bias": Tensor(rng.normal(size=9) / 4),
        "b.weight": Tensor(rng.uniform(-1, 1, size=(9, 6)) * spikes),
    }
    return verify(parse(text, tensors))


def unit_of_input(network: Network) -> float:
    format = network["x"].formats["value"]
    assert isinstance(format, Quantity) and isinstance(format.unit, int)
    return 2.0**-format.unit


def signals(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.rint(rng.uniform(-1, 1, (4, 12, 6)) * 128) / 128
    return {"x": x, "y": (rng.random((4, 12, 6)) < 0.2).astype(float)}


def whole(network: Network, **options: object) -> Network:
    return verify(Quantize(ranges=calibrate(network, signals()), **options)(network))


def held(network: Network) -> list[str]:
    """Names of the registers."""
    return [node.name for node in network if isinstance(node.op, Requantize)]


@pytest.mark.parametrize("units", ["neuron", "population"])
@given(seed=st.integers(0, 99))
@settings(max_examples=10)
def test_a_real_current_has_a_unit_of_its_own_and_arrives_rounded_once(
    units: str, seed: int
) -> None:
    network = joined(2.0, seed)
    after = whole(network, units=units)
    trace = run(after, signals(seed), record=["%a", "%a_held", "%x"])
    register = after["a_held"]
    format = register.formats["value"]
    assert isinstance(register.op, Requantize) and isinstance(format, Quantity)
    coarse = after.tensors[str(format.unit)].values
    fine = after.tensors["a.unit"].values
    ratio = coarse / fine
    assert np.all(np.log2(ratio) % 1 == 0) and np.all(ratio >= 8)
    assert np.array_equal(trace["%a_held"], np.rint(trace["%a"] / ratio))  # half to even
    # Of the largest code at least half is in use, wherever units are finest.
    largest = np.abs(network.tensors["a.weight"].values).max(axis=1) * unit_of_input(after) / fine
    assert np.all((largest if fine.size > 1 else largest.max()) >= 63)


def test_neurons_do_what_floats_do_where_one_unit_would_leave_nothing() -> None:
    network = joined(1.0)
    after = whole(network)
    real, codes = run(network, signals(5)).output, run(after, signals(5)).output
    assert real.mean() > 0.1
    assert np.mean(real == codes) > 0.97


def test_weights_that_keep_enough_codes_stay_in_the_common_unit() -> None:
    network = joined(2.0**-14)
    assert held(whole(network)) == []


def test_another_way_to_meet_is_refused_by_name() -> None:
    with pytest.raises(PassError, match="meet is 'never', expected apart or inputs"):
        whole(joined(2.0), meet="never")


def test_targets_whose_host_computes_have_registers_of_inputs_alone() -> None:
    inputs = joined(2.0)
    assert whole(inputs, meet="inputs") == whole(inputs)
    text = show(inputs).replace("dense(%x)", "dense(%m)")
    text = text.replace("  %a =", "  %m = li(%x) {decay=0.5, bias=0.0, initial=0.0}\n  %a =")
    states = verify(parse(text, inputs.tensors))
    assert held(whole(states)) == ["m_held", "a_held"]
    assert held(whole(states, meet="inputs")) == []


def test_an_output_keeps_its_name() -> None:
    shown = verify(replace(joined(2.0), outputs=(Use("s"), Use("a"))))
    assert whole(shown).outputs == (Use("s"), Use("a"))


# --- what is multiplied ----------------------------------------------------------------------


def test_only_what_reads_real_values_multiplies() -> None:
    after = whole(joined(2.0))
    found = multiplications(after)
    # The decay is a half, the register's unit a power of two finer: shifts, and no products.
    assert set(found) == {"a"}
    weights = after["a"].op
    assert isinstance(weights, Dense)
    codes = np.abs(weights.weight_codes(arithmetics(after)["a"][0]))
    odd = sum(1 for code in codes.flat if code and bin(int(code)).count("1") > 1)
    assert found["a"] == Multiplication("weight", odd)


def test_a_decay_of_no_power_of_two_is_a_factor() -> None:
    network = joined(2.0**-14)
    neuron = network["s"].op
    assert isinstance(neuron, LIF)
    slower = replace(neuron, decay=0.7)
    nodes = tuple(replace(n, op=slower) if n.name == "s" else n for n in network)
    assert multiplications(whole(replace(network, nodes=nodes)))["s"] == Multiplication("factor", 9)


def test_a_product_of_signals_is_one_even_of_spikes() -> None:
    text = f"""network both tick=0.001s decode=count {{
  %x = input() {{shape=[3], signal="spike"}}
  %y = input() {{shape=[3], signal="spike"}}
  %p = product(%x, %y)
  %s = lif(%p) {{{FIRES}}}
  return %s
}}
"""
    assert multiplications(Quantize()(parse(text))) == {"p": Multiplication("signal", 3)}


def test_floats_have_no_codes_to_look_at() -> None:
    with pytest.raises(PassError, match="has no number formats; run quantize before"):
        multiplications(joined(1.0))
