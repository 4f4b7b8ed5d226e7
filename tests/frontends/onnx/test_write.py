"""A network written as ONNX computes in ONNX Runtime what the reference computes, tick by tick."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import numpy_helper

from snncc.frontends import ImportRequest
from snncc.frontends.onnx import OnnxFrontend, write_onnx
from snncc.frontends.onnx.read.session import Cell, run_cell
from snncc.frontends.onnx.write.write_onnx import NEXT
from snncc.ir import Network, Trace, Values, all_ops, encode_input, run
from snncc.ir.passes import Quantize, calibrate
from snncc.zoo import names
from tests.nets import HAND, hand, networks, quantized_networks, spike_trains, spikes_for
from tests.zoo_models import trained

FEW = settings(max_examples=3)


def cell_of(model: onnx.ModelProto) -> Cell:
    """The cell, by what the model says of itself: `NAME.next` renews `NAME`."""
    inputs, outputs = ({e.name for e in g} for g in (model.graph.input, model.graph.output))
    states = {name: name + NEXT for name in inputs if name + NEXT in outputs}
    initial = {
        t.name: numpy_helper.to_array(t) for t in model.graph.initializer if t.name in states
    }
    return Cell(model, states, initial)


def in_runtime(network: Network, signal: Mapping[str, Values]) -> Trace:
    """Every node's output as ONNX Runtime computes it."""
    model = onnx.load_model_from_string(write_onnx(network))
    onnx.checker.check_model(model, full_check=True)
    wires = [node.name for node in network if node not in network.inputs]
    fed = {node.name: signal[node.name] for node in network.inputs}
    for node in network.inputs:
        if "value" in node.formats:
            fed[node.name], _ = encode_input(signal[node.name], node.formats["value"], "x")
    made = run_cell(cell_of(model), fed, wires)
    return Trace({f"%{name}": values for name, values in made.items()}, ())


def assert_equal(network: Network, signal: Mapping[str, Values]) -> None:
    reference, found = run(network, signal, record="all"), in_runtime(network, signal)
    assert found.wires, "nothing was compared"
    for wire, values in found.wires.items():
        expected, op = reference[wire], network[wire[1:]].op
        if network.quantized or op.spiking:
            assert np.array_equal(values, expected), wire
        else:
            np.testing.assert_allclose(values, expected, rtol=1e-9, atol=1e-9, err_msg=wire)


@pytest.mark.parametrize("name", HAND)
def test_written_networks_compute_the_same(name: str) -> None:
    network = hand(name)
    assert_equal(network, spikes_for(network, ticks=100))


@pytest.mark.parametrize("name", HAND)
def test_quantized_networks_compute_the_same(name: str) -> None:
    network = hand(name)
    signal = spikes_for(network, ticks=50)
    whole = Quantize(ranges=calibrate(network, signal))(network)
    assert_equal(whole, signal)


@pytest.mark.parametrize("name", names())
def test_zoo_models_compute_the_same_and_come_back(name: str, tmp_path: Path) -> None:
    network, samples = trained(name)
    assert_equal(network, {network.inputs[0].name: samples.first(2).signal})
    path = tmp_path / "cell.onnx"
    path.write_bytes(write_onnx(network))
    assert OnnxFrontend().load(ImportRequest(str(path), None, None, {})).network == network


@pytest.mark.parametrize("keyword", sorted(all_ops()))
@FEW
@given(data=st.data())
def test_every_op_in_any_network(keyword: str, data: st.DataObject) -> None:
    network = data.draw(networks(including=keyword))
    assert_equal(network, data.draw(spike_trains(network)))


@pytest.mark.parametrize("keyword", sorted(all_ops()))
@FEW
@given(data=st.data())
def test_every_op_in_whole_numbers(keyword: str, data: st.DataObject) -> None:
    network = data.draw(quantized_networks(including=keyword))
    assert_equal(network, data.draw(spike_trains(network)))
