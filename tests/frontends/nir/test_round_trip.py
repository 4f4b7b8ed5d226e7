"""Network → NIR → network is the same network, or refused by name; other readers read the file."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest
from hypothesis import given, settings

from snncc.frontends import ImportRequest
from snncc.frontends.nir import NirFrontend, write_nir
from snncc.ir import LoweringRefused, Network, order_nodes, run, verify
from snncc.ir.edit import tidy
from snncc.ir.passes import Quantize, calibrate
from tests.frontends.nir.conftest import Load, Published
from tests.frontends.nir.growing import sayable_networks
from tests.nets import hand, networks, spikes_for
from tests.zoo_models import trained

Save = Callable[[Network], Path]


@pytest.fixture(scope="session")
def save(tmp_path_factory: pytest.TempPathFactory) -> Save:
    """Writes a network; the path of the file."""
    path = tmp_path_factory.mktemp("nir") / "network.nir"

    def call(network: Network) -> Path:
        path.write_bytes(write_nir(network).content)
        return path

    return call


def _read(path: Path, **options: str) -> Network:
    return NirFrontend().load(ImportRequest(str(path), None, None, options)).network


@given(network=sayable_networks())
def test_what_nir_can_express_comes_back_as_it_was(save: Save, network: Network) -> None:
    network = replace(network, nodes=order_nodes(network))
    verify(network)
    path = save(network)
    assert _read(path) == network
    assert save(network).read_bytes() == write_nir(network).content  # same network, same bytes
    # nir 1.0.8 infers wrong shapes for these two, nir/ir/utils.py, calculate_conv_output.
    odd = any("nir 1.0.8" in note for note in write_nir(network).notes)
    names = {*nir.read(path, type_check=not odd).nodes}
    summed = {node.name for node in network if node.op.keyword == "sum"}
    assert names >= {node.name for node in network} - summed


@given(network=networks())
def test_any_network_comes_back_or_is_refused_by_name(save: Save, network: Network) -> None:
    whole = tidy(network)
    try:
        written = write_nir(whole)
    except LoweringRefused as refusal:
        assert any(f"%{node.name}" in str(refusal) for node in whole)
        return
    if any("is not written" in note for note in written.notes):
        return
    again = _read(save(whole))
    if not any("written along one axis" in note for note in written.notes):
        assert again == whole
        return
    signal = spikes_for(whole)
    for left, right in zip(whole.outputs, again.outputs, strict=True):
        before, after = run(whole, signal)[str(left)], run(again, signal)[str(right)]
        assert np.allclose(before.reshape(after.shape), after)


@settings(max_examples=8)
@given(network=sayable_networks())
def test_without_its_metadata_a_file_still_has_weights_and_thresholds(
    save: Save, network: Network
) -> None:
    path = save(network)
    bare = nir.read(path, type_check=False)
    bare.metadata = {}
    nir.write(path, bare)
    found = _read(path, dt=repr(network.tick))
    for node in network:
        if "weight" not in node.op.refs() or node.name not in found:
            continue
        weight = network.tensors[node.op.refs()["weight"]]
        assert found.tensors[found[node.name].op.refs()["weight"]] == weight


@pytest.mark.parametrize("name", ["feedforward", "recurrent", "current_based"])
def test_nirs_own_rule_gives_the_same_spikes_where_nir_says_all(save: Save, name: str) -> None:
    """Neurons that reset as NIR does: nothing is left to the metadata but the tick."""
    network = hand(name)
    nodes = [
        replace(
            node,
            op=replace(
                node.op,
                reset="value",
                reset_amount=0.0,
                reset_order="now",
                compare=">",
                refractory=0,
            ),
        )
        if node.op.states
        else node
        for node in network
    ]
    network = replace(network, nodes=tuple(nodes))
    assert all("cannot say of" not in note for note in write_nir(network).notes)
    again = _read(save(network), dt=repr(network.tick), reset="value")
    signal = spikes_for(network, ticks=60)
    mismatches, first = run(network, signal, record="spikes").compare(
        run(again, signal, record="spikes")
    )
    assert (mismatches, first) == (0, None)


def test_a_changed_parameter_counts_and_the_rest_is_kept(save: Save, load: Load) -> None:
    path = save(hand("current_based"))
    with h5py.File(path, "a") as file:
        file["node/nodes/s1/v_threshold"][...] = 0.25
    imported = load(path)
    assert imported.network["s1"].op.threshold == 0.25
    assert imported.network["s1"].op.reset_order == "now"
    assert imported.network["s2"] == hand("current_based")["s2"]
    assert any("'s1' was changed since snncc wrote it" in note for note in imported.notes)


def test_a_changed_weight_keeps_its_neurons(save: Save, load: Load) -> None:
    network = hand("feedforward")
    path = save(network)
    with h5py.File(path, "a") as file:
        file["node/nodes/c1/weight"][...] = 0.5
    found = load(path).network
    assert found.nodes == network.nodes
    assert np.all(found.tensors["c1.weight"].values == 0.5)


def test_an_option_asks_for_nir_alone(save: Save, load: Load) -> None:
    imported = load(save(hand("feedforward")), reset="value")
    assert imported.network["s1"].op.reset == "value"
    assert any("with option reset given" in note for note in imported.notes)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 1}', '{"version": 2}', "[" * 5000, "null"]
)
def test_metadata_that_make_no_sense_are_left_aside(save: Save, load: Load, text: str) -> None:
    path = save(hand("feedforward"))
    with h5py.File(path, "a") as file:
        del file["node/metadata/snncc"]
        file["node/metadata/snncc"] = text
    assert load(path).network["s1"].op.reset == "value"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "  %y = lif(%x) {decay=0.5}",
        '  %y = input() {shape=[12], signal="spike"}',
        "  %y = dense(%x) {weight=@s1.weight}",
        "  %y = relu(%x)\n  %z = relu(%y)",
        "  %y = li(%x) {decay=@nowhere, bias=0.0, initial=0.0}",
    ],
)
def test_lines_that_lie_are_left_aside(save: Save, load: Load, line: str) -> None:
    path = save(hand("feedforward"))
    with h5py.File(path, "a") as file:
        memory = json.loads(file["node/metadata/snncc"][()])
        memory["lines"]["s1"] = line
        del file["node/metadata/snncc"]
        file["node/metadata/snncc"] = json.dumps(memory)
    imported = load(path)
    assert imported.network["s1"].op.reset == "value"
    assert any("'s1' was changed" in note for note in imported.notes)


def test_what_nir_cannot_say_is_listed() -> None:
    notes = "\n".join(write_nir(hand("recurrent")).notes)
    assert 'NIR cannot say of %s: compare=">=", refractory=2' in notes
    assert "tick of 0.01 s" in notes


def test_weights_shared_along_an_axis_are_written_as_full_matrices(save: Save) -> None:
    network = hand("memory")
    notes = write_nir(network).notes
    assert "written along one axis" in notes[0]
    again = _read(save(network))
    assert again.shapes["m"] == (12,)
    signal = spikes_for(network, ticks=100)
    assert run(network, signal).compare(run(again, signal)) == (0, None)
    assert _read(save(again)) == again


def test_the_zoos_lmu_is_the_same_in_nir(save: Save) -> None:
    network, samples = trained("l2mu-motions")
    path = save(network)
    again = _read(path)
    signal = samples.first(8).signal
    left, right = run(network, signal), run(again, signal)
    assert left.output.sum() > 50
    assert left.compare(right) == (0, None)
    assert "N_m" in nir.read(path).nodes


REFUSED = {
    "convolutional": "%p: NIR has no node that computes max_pool",
    "readout": "%s1.v is read",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_nir_has_no_node_for_is_refused(name: str) -> None:
    with pytest.raises(LoweringRefused) as refusal:
        write_nir(hand(name))
    assert REFUSED[name] in str(refusal.value)
    assert refusal.value.exit_code == 1


def test_a_quantized_network_is_refused() -> None:
    network = hand("feedforward")
    ranges = calibrate(network, spikes_for(network))
    with pytest.raises(LoweringRefused, match="write the float network"):
        write_nir(Quantize(ranges=ranges)(network))


@pytest.mark.parametrize(
    "name",
    ["lif_norse", "cnn_sinabs", "braille_noDelay_bias_zero", "braille_noDelay_noBias_subtract"],
)
def test_the_published_networks_come_back(published: Published, save: Save, name: str) -> None:
    network = _read(published(name), dt="1e-4", reset="subtract", compare=">=")
    assert _read(save(network)) == network
