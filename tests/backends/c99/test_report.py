"""What a report says of a program: its sums are those of its parts, and each layer says how."""

from dataclasses import replace

import pytest

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.backends.c99.report import report
from snncc.ir.passes import Quantize, calibrate
from tests.nets import HAND, hand, spikes_for

BACKEND = C99Backend()
SUMS = "neurons", "synapses", "constant_bytes", "state_bytes"
KEYS = *SUMS, "layers", "tables", "state", "warnings"
COLUMNS = "node", "keyword", "neurons", "synapses", "flash_bytes", "ram_bytes", "method", "reason"
METHODS = {"event", "dense", "two int16 lanes", "one neuron at a time", "one value at a time"}


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
    assert {layer["node"] for layer in layers} <= {node.name for node in network}
    graded = [layer for layer in layers if layer["keyword"] == "graded"]
    for layer in graded:
        assert (layer["method"], layer["reason"]) == ("one value at a time", "graded")
