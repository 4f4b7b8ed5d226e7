"""Cells in ONNX become networks that compute the same; what we wrote comes back as it was."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import parser

from snncc.frontends import Imported, ImportRequest
from snncc.frontends.onnx import OnnxFrontend, write_onnx
from snncc.frontends.onnx.write.write_onnx import TEXT
from snncc.ir import Network, Node, Ref, Tensor, Use, run, verify
from snncc.ir.ops import IF, LIF, CubaLIF, Dense, Input
from snncc.ir.passes import Quantize, calibrate
from tests.nets import HAND, hand, networks, spikes_for

from .cells_by_hand import RECURRENT, RESETS, RESIDUAL, SCAN, leaky, with_initial, written

FEW = settings(max_examples=10)


def read(path: Path | str, data: np.ndarray | None = None, **options: str) -> Imported:
    return OnnxFrontend().load(ImportRequest(str(path), None, data, options))


def saved(data: bytes, path: Path, *, ours: bool) -> Path:
    """A model in a file; with `ours`, told to be of our own making."""
    model = onnx.load_model_from_string(data)
    if not ours:
        kept = [each for each in model.metadata_props if each.key != TEXT]
        model.ClearField("metadata_props")
        model.metadata_props.extend(kept)
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("name", HAND)
def test_what_we_wrote_comes_back(name: str, tmp_path: Path) -> None:
    network = hand(name)
    whole = Quantize(ranges=calibrate(network, spikes_for(network)))(network)
    for each in (network, whole):
        found = read(saved(write_onnx(each), tmp_path / "n.onnx", ours=True))
        assert found.network == each
        assert "as it was" in found.notes[0]


@FEW
@given(network=networks())
def test_any_network_comes_back(network: Network, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("onnx") / "n.onnx"
    assert read(saved(write_onnx(network), path, ours=True)).network == network


def test_a_model_that_was_changed_is_read_for_what_it_is(tmp_path: Path) -> None:
    network = hand("feedforward")
    model = onnx.load_model_from_string(write_onnx(network))
    for tensor in model.graph.initializer:
        if tensor.name == "s1:decay":
            tensor.CopyFrom(onnx.numpy_helper.from_array(np.asarray(0.5), tensor.name))
    onnx.save(model, tmp_path / "n.onnx")
    found = read(tmp_path / "n.onnx")
    decays = {node.op.decay for node in found.network if isinstance(node.op, LIF)}
    assert decays == {0.5, 0.9}
    assert found.eager is not None


@pytest.mark.parametrize("name", ["feedforward", "current_based", "memory", "readout"])
def test_standard_ops_alone_tell_the_network(name: str, tmp_path: Path) -> None:
    """Without our text beside them, the bodies of the functions are read as anyone's would be."""
    network = hand(name)
    signal = spikes_for(network, ticks=40)["x"]
    path = saved(write_onnx(network), tmp_path / "n.onnx", ours=False)
    found = read(path, signal)
    kinds = sorted(node.op.keyword for node in network.populations)
    assert sorted(n.op.keyword for n in found.network.populations) == kinds
    ours, theirs = run(network, signal), run(found.network, signal)
    for left, right in zip(ours.outputs, theirs.outputs, strict=True):
        np.testing.assert_allclose(ours[left], theirs[right], atol=1e-9)
    assert found.network.decode == network.decode


@pytest.mark.parametrize("reset", RESETS)
def test_every_reset_is_recognized(reset: str, tmp_path: Path) -> None:
    found = read(written(leaky(reset), tmp_path / "c.onnx"), signal="real")
    (neuron,) = found.network.populations
    op = neuron.op
    assert isinstance(op, LIF)
    assert (op.reset, op.reset_order, op.compare) == RESETS[reset][1]
    assert (op.threshold, op.decay) == (1.0, 0.75)
    assert isinstance(found.network[neuron.inputs[0].source].op, Dense)


@FEW
@given(data=st.data())
def test_any_neuron_is_recognized(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One neuron of any parameters, written, and read without our text: the same spikes.

    Not the same fields: to subtract before a decay is to subtract less after it.
    """

    def number(low: float, high: float) -> float:
        return data.draw(st.integers(int(low * 64), int(high * 64))) / 64

    reset = data.draw(st.sampled_from(["subtract", "value", "none"]))
    orders = ["now", "before-decay", "after-decay", "after-input"]
    stated = {
        "bias": number(-1, 1),
        "threshold": number(0.25, 2),
        "compare": data.draw(st.sampled_from([">", ">="])),
        "reset": reset,
        "reset_amount": 0.0 if reset == "none" else number(0.25, 1),
        "reset_order": "now" if reset == "none" else data.draw(st.sampled_from(orders)),
        "spikes": 1,
        "refractory": 0,
        "initial": number(0, 0.125),
    }
    kind = data.draw(st.sampled_from(["if", "lif", "cuba_lif"]))
    decays = {"decay": number(0.25, 0.98)}
    if kind == "if":
        op: object = IF(**stated)
    elif kind == "lif":
        op = LIF(**stated, **decays)
    else:
        order = data.draw(st.sampled_from(["new", "old"]))
        op = CubaLIF(**stated, **decays, current_decay=number(0.25, 0.98), current_order=order)
    weight = Tensor(np.array([[1.0, 0.5], [-0.25, 1.5], [0.75, -1.0]]))
    nodes = (
        Node("x", Input((2,), "spike")),
        Node("c", Dense(Ref("w")), (Use("x"),)),
        Node("s", op, (Use("c"),)),
    )
    network = verify(Network("one", nodes, (Use("s"),), 0.001, {"w": weight}))
    path = tmp_path_factory.mktemp("onnx") / "n.onnx"
    found = read(saved(write_onnx(network), path, ours=False)).network
    (neuron,) = found.populations
    assert neuron.op.keyword == kind
    signal = (np.random.default_rng(0).random((4, 60, 2)) < 0.5).astype(np.float64)
    assert np.array_equal(run(found, signal).output, run(network, signal).output)


def test_spikes_that_come_back_as_a_state(tmp_path: Path) -> None:
    found = read(written(RECURRENT, tmp_path / "c.onnx"), output="spk_out")
    (neuron,) = found.network.populations
    assert (neuron.op.reset, neuron.op.reset_order) == ("subtract", "after-decay")
    late = [use for node in found.network for use in node.inputs if use.delay]
    assert late == [Use(neuron.name, 1)]


def test_layers_of_several_sizes(tmp_path: Path) -> None:
    """Parameters of one neuron each, and no layer is as wide as another."""
    network = hand("feedforward")
    decays = {"s1": np.linspace(0.5, 0.9, 16), "s2": np.linspace(0.6, 0.95, 5)}
    tensors = {**network.tensors, **{f"{k}.decay": Tensor(v) for k, v in decays.items()}}
    nodes = tuple(
        replace(n, op=replace(n.op, decay=Ref(f"{n.name}.decay"))) if n.name in decays else n
        for n in network
    )
    network = verify(replace(network, nodes=nodes, tensors=tensors))
    signal = spikes_for(network, ticks=60)["x"]
    found = read(saved(write_onnx(network), tmp_path / "n.onnx", ours=False), signal).network
    assert np.array_equal(run(found, signal).output, run(network, signal).output)


def test_residual_sums_and_a_read_out(tmp_path: Path) -> None:
    found = read(written(RESIDUAL, tmp_path / "c.onnx"), output="v_out")
    assert sorted(n.op.keyword for n in found.network.populations) == ["li", "lif", "lif"]
    assert found.network.decode == "mean"


def test_a_scan_over_time_is_its_body(tmp_path: Path) -> None:
    found = read(written(SCAN, tmp_path / "c.onnx"))
    assert [node.op.keyword for node in found.network] == ["input", "dense", "lif"]


def test_a_state_may_start_anywhere(tmp_path: Path) -> None:
    model = with_initial(parser.parse_model(leaky("subtract now")), mem=0.5)
    onnx.save(model, tmp_path / "c.onnx")
    (neuron,) = read(tmp_path / "c.onnx").network.populations
    assert neuron.op.initial == 0.5


def test_states_can_be_named(tmp_path: Path) -> None:
    text = leaky("never").replace("mem_out", "m1").replace("mem", "m0").replace("m0_out", "m1")
    found = read(written(text, tmp_path / "c.onnx"), states="m0:m1", input="x", decode="last")
    assert found.network.decode == "last"
    assert "m0 → m1" in found.notes[0]
