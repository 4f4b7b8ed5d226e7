"""What a report says of a program: its sums are those of its parts, and each layer says how."""

import re
from dataclasses import replace

import pytest

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.backends.c99.report import report
from snncc.ir import parse, tensors, verify
from snncc.ir.passes import Quantize, calibrate
from tests.nets import HAND, hand, spikes_for

BACKEND = C99Backend()
SUMS = "neurons", "synapses", "constant_bytes", "state_bytes"
KEYS = *SUMS, "layers", "tables", "state", "warnings"
COLUMNS = "node", "keyword", "neurons", "synapses", "flash_bytes", "ram_bytes", "method", "reason"
METHODS = {"event", "dense", "two int16 lanes", "one neuron at a time", "one value at a time"}
COST = r"(events: [\d.]+ x [\d.]+( \(rate unknown\))?|values: [\d.]+) instructions per synapse"
REASON = re.compile(COST + r"(; (dense [\d.]+|its only form))?")


def test_a_report_names_no_shared_memory_where_there_is_none() -> None:
    network = hand("feedforward")
    ranges = calibrate(network, spikes_for(network))
    program = BACKEND.lower(Quantize(ranges=ranges)(network), Settings())
    alone = replace(program, wires=tuple(replace(wire, place=None) for wire in program.wires))
    assert program.shared_bytes and not alone.shared_bytes
    assert "shared" in report(program)["state"] and "shared" not in report(alone)["state"]


@pytest.mark.parametrize("name", HAND)
def test_a_report_adds_up(name: str) -> None:
    network = hand(name)
    ranges = calibrate(network, spikes_for(network))
    network = Quantize(state_bits=16, ranges=ranges)(network)
    program = BACKEND.lower(network, Settings())
    found = report(program)
    assert tuple(found) == KEYS
    layers = found["layers"]
    for column in ("neurons", "synapses"):
        assert found[column] == sum(layer[column] for layer in layers)
    assert found["constant_bytes"] == sum(found["tables"].values()) > 0
    assert found["state_bytes"] >= sum(found["state"].values()) > 0
    assert found["state"].get("shared", 0) == program.shared_bytes
    assert found["warnings"] == list(program.delivery.warnings)
    assert all(tuple(layer) == COLUMNS and layer["method"] in METHODS for layer in layers)
    bytes_of = [(layer["flash_bytes"], layer["ram_bytes"]) for layer in layers]
    assert all(type(flash) is type(ram) is int for flash, ram in bytes_of)
    assert all(REASON.fullmatch(layer["reason"]) for layer in layers if layer["synapses"])
    assert {layer["node"] for layer in layers} <= {node.name for node in network}
    graded = [layer for layer in layers if layer["keyword"] == "graded"]
    for layer in graded:
        assert (layer["method"], layer["reason"]) == ("one value at a time", "graded")


@pytest.mark.parametrize(
    ("bits", "method"), [(16, "two int16 lanes"), (32, "one neuron at a time")]
)
def test_leaky_neurons_are_computed_in_lanes_where_16_bits_keep_them(
    bits: int, method: str
) -> None:
    network = hand("feedforward")
    ranges = calibrate(network, spikes_for(network))
    program = BACKEND.lower(Quantize(state_bits=bits, ranges=ranges)(network), Settings())
    layers = [layer for layer in report(program)["layers"] if layer["neurons"]]
    assert [layer["method"] for layer in layers] == [method] * 2
    files = {str(path): text.decode() for path, text in BACKEND.emit(program).items()}
    # Either way by the kernel of leaky neurons.
    assert "One neuron of %s1; 1 if it fires." in files["feedforward.c"]


def test_a_convolution_of_real_values_says_what_a_synapse_costs() -> None:
    text = """network sensed tick=0.001s decode=last {
  %x = input() {shape=[2, 6], signal="real"}
  %k = conv(%x) {weight=@k, stride=[1], padding=[[1, 1]], dilation=[1], groups=1}
  return %k
}
"""
    weights = [[[0.5, -1.0, 0.25]] * 2] * 3
    network = verify(parse(text, tensors(k=weights)))
    whole = Quantize(ranges=calibrate(network, spikes_for(network)))(network)
    (layer,) = report(BACKEND.lower(whole, Settings()))["layers"]
    assert REASON.fullmatch(layer["reason"]) and layer["reason"].startswith("values: ")
    assert layer["reason"].endswith("; its only form")
