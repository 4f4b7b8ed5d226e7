"""Weights of 9 to 16 bits, and bits layer by layer: finer codes, exact where a target has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from snncc.backend_and_frontend import backend
from snncc.backends import ChoosingBackend, Settings
from snncc.ir import Network, PassError, Quantity, UsageError, Values, arithmetics, run, values_of
from snncc.ir import verify as verify_network
from snncc.ir.ops import Weighted
from snncc.ir.passes import Quantize, calibrate
from tests.nets import HAND, hand

TARGETS: tuple[tuple[str, dict[str, str]], ...] = (
    ("c99", {}),
    ("spinnaker2", {"kernel": "own"}),
    ("spinnaker2", {}),
)
REAL = ("memory", "readout", "gated")


def feed(network: Network, samples: int = 6, ticks: int = 12) -> Values:
    node = network.inputs[0]
    rng = np.random.default_rng(5)
    shape = (samples, ticks, *network.shapes[node.name])
    return rng.normal(0, 1, shape) if not node.op.spiking else (rng.random(shape) < 0.3) * 1.0


def find_bits(network: Network) -> dict[str, int]:
    formats = {node.name: node.formats.get("weight") for node in network}
    return {name: each.bits for name, each in formats.items() if isinstance(each, Quantity)}


@pytest.mark.parametrize("bits", [9, 12, 16])
@pytest.mark.parametrize("name", HAND)
def test_a_code_is_off_by_half_a_unit_and_units_are_finer(name: str, bits: int) -> None:
    network = hand(name)
    ranges = calibrate(network, feed(network))
    found = [verify_network(Quantize(weight_bits=b, ranges=ranges)(network)) for b in (8, bits)]
    for whole in found:
        for node in whole:
            if isinstance(node.op, Weighted):
                a = arithmetics(whole)[node.name][0]
                into, out = node.op.lay(a.input_unit(), a.unit_of("weight"), whole.tensors)
                real, codes = values_of(node.op.weight, whole.tensors), node.op.weight_codes(a)
                assert np.all(np.abs(real * into - codes * out) <= out / 2 * (1 + 1e-9))
    narrow, wide = map(find_bits, found)
    assert set(narrow.values()) == {8} and set(wide.values()) <= set(range(8, bits + 1))
    spikes = [n for n in wide if network[network[n].inputs[0].source].op.spiking]
    assert all(wide[n] == bits for n in spikes)


@pytest.mark.parametrize("name", HAND)
def test_wider_weights_come_closer(name: str) -> None:
    network = hand(name)
    signal = feed(network, 24, 16)
    ranges, real = calibrate(network, signal), run(network, signal, record="spikes")
    wires = [f"%{node.name}" for node in network.firing]
    apart = []
    for bits in (4, 16):
        whole = verify_network(Quantize(weight_bits=bits, ranges=ranges)(network))
        trace = run(whole, signal, record="spikes")
        apart.append(sum(int(np.sum((real[w] != 0) != (trace[w] != 0))) for w in wires))
    assert apart[1] <= apart[0]


@pytest.mark.parametrize(("target", "options"), TARGETS)
@pytest.mark.parametrize("name", HAND)
def test_each_target_that_has_them_computes_what_the_reference_does(
    name: str, target: str, options: dict[str, str]
) -> None:
    network = hand(name)
    signal = feed(network)
    ranges = calibrate(network, signal)
    first = next(node.name for node in network if isinstance(node.op, Weighted))
    chosen = backend(target)
    for layers in ({}, {first: 4}):
        settings = Settings(16, 32, options, ranges.rates, layer_bits=layers)
        told = chosen.ways(settings)[-1] if isinstance(chosen, ChoosingBackend) else settings
        whole = network
        for step in chosen.passes(network, told, ranges):
            whole = verify_network(step(whole))
        bits = find_bits(whole)
        assert bits[first] == layers.get(first, bits[first]) and max(bits.values()) > 8
        expected = run(whole, signal, record="spikes")
        found = chosen.simulate(chosen.lower(whole, told), signal, tuple(expected.wires))
        assert expected.compare(found) == (0, None)


def test_a_populations_bits_are_those_of_all_that_leads_to_it() -> None:
    network = hand("recurrent")
    ranges = calibrate(network, feed(network))
    whole = verify_network(Quantize(layers="s:12", ranges=ranges)(network))
    assert set(find_bits(whole).values()) == {12}
    mixed = verify_network(Quantize(layers="near:14;far:4", ranges=ranges)(network))
    found = find_bits(mixed)
    assert (found["near"], found["far"], found["c"]) == (14, 4, 8)
    # The finest unit is kept: the others reach it by shifts to the left, exactly.
    units = {name: np.asarray(mixed.tensors[f"{name}.unit"].values) for name in found}
    assert np.all(units["near"] < units["c"]) and np.all(units["near"] < units["far"])


def test_what_no_target_has_and_no_network_names_is_refused() -> None:
    network = hand("feedforward")
    ranges = calibrate(network, feed(network))
    for target in ("tflm", "lava"):
        with pytest.raises(UsageError, match="has weights of 8 bits at most"):
            backend(target).passes(network, Settings(9), ranges)
        with pytest.raises(UsageError, match="--layer-bits"):
            backend(target).passes(network, replace(Settings(), layer_bits={"c1": 9}), ranges)
    stock = Settings(9, options={"kernel": "stock"})
    with pytest.raises(UsageError, match="kernel=own"):
        backend("spinnaker2").passes(network, stock, ranges)
    with pytest.raises(PassError, match="unknown node 'cc1'; did you mean"):
        Quantize(layers="cc1:9", ranges=ranges)(network)
    with pytest.raises(PassError, match="%x has no weights, and none lead to it"):
        Quantize(layers="x:9", ranges=ranges)(network)
    for text in ("c1", "c1:17", "c1:one", "c1:9;c1:8"):
        with pytest.raises(PassError, match="expected NODE:BITS"):
            Quantize(layers=text, ranges=ranges)(network)
