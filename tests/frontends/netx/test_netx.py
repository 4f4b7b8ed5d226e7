"""netx files give the spikes that Lava gives; what snncc writes is read back and written again."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.backend_and_frontend import backend
from snncc.backends import Settings
from snncc.backends.lava import LavaBackend
from snncc.frontends import Imported, ImportRequest
from snncc.frontends.netx import NetxFrontend
from snncc.ir import ImportRefused, Network, SnnccError, UsageError, Values, run
from tests.backends.lava.nets import prepared, stock, stock_images
from tests.frontends.netx.files import CUBA, LavaLayer, write_net
from tests.nets import spikes_for

NETX = MappingProxyType({"netx": "1"})
WRITTEN: Mapping[str, Callable[[], Network]] = {
    "LIFs with biases": stock,
    "recurrent CuBa LIFs": lambda: stock("cuba_lif"),
    "convolutions and a pool": stock_images,
}
CHECKOUT = os.environ.get("SNNCC_LAVA_DL")
FOLDER = Path(CHECKOUT or "") / "tests" / "lava" / "lib" / "dl" / "netx"
needs_checkout = pytest.mark.skipif(
    CHECKOUT is None, reason="SNNCC_LAVA_DL names no checkout of lava-dl, with its LFS files"
)


def read(path: Path) -> Imported:
    return NetxFrontend().load(ImportRequest(str(path), None, None, {}))


@pytest.mark.parametrize("name", WRITTEN)
def test_what_snncc_writes_is_read_back_and_written_again_the_same(
    name: str, tmp_path: Path
) -> None:
    network = WRITTEN[name]()
    signal = spikes_for(network, samples=4, ticks=30)
    integers, program = prepared(network, signal, dict(NETX))
    content = LavaBackend().emit(program)[PurePosixPath("network.net")]
    (tmp_path / "net.net").write_bytes(content)
    back = read(tmp_path / "net.net").network
    expected = run(integers, signal).output
    (spikes,) = signal.values()
    found = run(back, spikes).output
    assert back.quantized
    assert expected.any()
    assert np.array_equal(found, expected.reshape(found.shape))
    again = LavaBackend().emit(LavaBackend().lower(back, Settings(options=NETX)))
    assert again[PurePosixPath("network.net")] == content


@pytest.mark.parametrize("target", ["c99", "tflm", "lava"])
@pytest.mark.parametrize("name", WRITTEN)
def test_targets_compute_its_integers_as_they_are(name: str, target: str, tmp_path: Path) -> None:
    network = WRITTEN[name]()
    signal = spikes_for(network, samples=2, ticks=20)
    _, program = prepared(network, signal, dict(NETX))
    content = LavaBackend().emit(program)[PurePosixPath("network.net")]
    (tmp_path / "net.net").write_bytes(content)
    back, chosen = read(tmp_path / "net.net").network, backend(target)
    (spikes,) = signal.values()
    expected = run(back, spikes, record="spikes")
    found = chosen.simulate(chosen.lower(back, Settings()), spikes, tuple(expected.wires))
    assert expected.compare(found) == (0, None)


@given(
    seed=st.integers(0, 1 << 16),
    decays=st.tuples(st.sampled_from([0, 1, 1024, 4095, 4096]), st.sampled_from([0, 512, 4096])),
    biased=st.booleans(),
    delayed=st.sampled_from(["", "one", "outputs", "inputs", "all"]),
    recurrent=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_neurons_compute_what_lava_says(
    seed: int,
    decays: tuple[int, int],
    biased: bool,
    delayed: str,
    recurrent: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    rng = np.random.default_rng(seed)
    inputs, outputs = 6, 5
    neuron = {**CUBA, "iDecay": decays[0], "vDecay": decays[1]}
    weight = rng.integers(-40, 60, (outputs, inputs))
    again = rng.integers(-20, 20, (outputs, outputs)) if recurrent else None
    bias = rng.integers(-4, 6, outputs) if biased else np.zeros(outputs, np.int64)
    shape = {"one": (1,), "outputs": (outputs,), "inputs": (inputs,), "all": (outputs, inputs)}
    delay = rng.integers(0, 4, shape[delayed]) if delayed else np.zeros(1, np.int64)
    layer: dict[str, Any] = {
        "type": "dense_rec" if recurrent else "dense",
        "shape": [outputs],
        "weight": weight,
        "neuron": neuron,
        **({"weight_rec": again} if recurrent else {}),
        **({"bias": bias} if biased else {}),
        **({"delay": delay} if delayed else {}),
    }
    path = tmp_path_factory.mktemp("netx") / "net.net"
    found = read(write_net(path, [{"type": "input", "shape": [inputs]}, layer])).network
    turned = delay.reshape(-1, 1) if delayed == "outputs" else delay
    lava = LavaLayer(weight, neuron, bias, np.broadcast_to(turned, weight.shape), again)
    spikes = (rng.random((3, 40, inputs)) < 0.4).astype(np.int64)
    expected = np.stack([lava.run(each) for each in spikes])
    assert np.array_equal(run(found, spikes).output, expected)


def test_a_last_layer_without_neurons_adds_up_its_currents(tmp_path: Path) -> None:
    dense = {"type": "dense", "shape": [3], "weight": np.eye(3) * 5, "neuron": {**CUBA}}
    scores = {"type": "dense", "shape": [2], "weight": np.arange(6).reshape(2, 3), "bias": [7, 0]}
    found = read(write_net(tmp_path / "n.net", [dense, scores]))
    spikes = np.ones((1, 30, 3))
    trace = run(found.network, spikes, record=["%s0", "%v1"])
    total = trace["%s0"][0].sum(axis=0) @ np.arange(6).reshape(2, 3).T + [7, 0]
    assert np.array_equal(trace["%v1"][0, -1], 64 * total)
    assert trace["%s0"].any()
    assert found.network.decode == "last"
    assert "layer 1 has no neurons" in found.notes[0]


def test_what_netx_cuts_off_is_said(tmp_path: Path) -> None:
    found = read(write_net(tmp_path / "n.net", [{**DENSE, "weight": np.eye(3) * 6.4}]))
    assert found.notes == (
        "weight of layer 0 has values that are not integers; what is behind the point is cut off, "
        "as netx does",
    )
    weight = found.network.tensors["c_weight0"].values
    assert np.array_equal(weight, np.eye(3) * 6)


DENSE = {"type": "dense", "shape": [3], "weight": np.eye(3) * 2, "neuron": CUBA}
IMAGE = {"type": "input", "shape": [1, 4, 4]}


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ([{"type": "pool", "shape": [3]}], "layer 0 (pool): the file does not say what shape"),
        ([IMAGE, {"type": "pool"}], "layer 1 (pool): pools of netx are not read"),
        ([IMAGE, {"type": "wave"}], "layers of type 'wave' of netx are not read"),
        ([IMAGE, IMAGE], "layer 1 (input): there is an input before it"),
        ([{**DENSE, "neuron": {**CUBA, "type": "SDNN"}}], "sigma-delta neurons, which send"),
        ([{**DENSE, "neuron": {**CUBA, "type": "RF_PHASE"}}], "neurons of type 'RF_PHASE'"),
        ([{**DENSE, "neuron": {**CUBA, "messageBits": 8}}], "graded spikes of netx are not read"),
        ([{**DENSE, "neuron": {**CUBA, "vDecay": 5000}}], "vDecay is 5000, expected 0 to 4096"),
        ([{**DENSE, "neuron": {**CUBA, "vThMant": 1 << 17}}], "vThMant is 131072, expected 0 to"),
        ([{**DENSE, "neuron": {"type": "CUBA"}}], "its neurons have no vThMant"),
        ([{**DENSE, "weight": np.eye(3) * 300}], "weight has values from 0 to 300; Loihi's"),
        ([{**DENSE, "weight": np.eye(4)}], "weight is [4, 4], the layer has 3 neurons"),
        ([IMAGE, DENSE], "its weights are [3, 3], and what comes before it has 16 values"),
        ([{**DENSE, "bias": [1, 2]}], "its bias is [2], its neurons are [3]"),
        ([{**DENSE, "delay": [70]}], "its delays go from 70 to 70 ticks, expected 0 to 62"),
        ([{**DENSE, "delay": [1, 2]}], "its delays are [2], its weights [3, 3]"),
        ([{**DENSE, "type": "dense_rec", "weight_rec": np.eye(2)}], "weight_rec is [2, 2]"),
        ([{**DENSE, "weight": np.full((3, 3), np.nan)}], "weight of layer 0 is not finite"),
        ([{"type": "dense", "shape": [3], "weight": np.eye(3)}, DENSE], "it has no neurons"),
        ([{**DENSE, "bias": [1e300, 0, 0]}], "bias has values of 2147483648 and more"),
    ],
)
def test_what_is_not_read_is_refused_with_its_layer(
    layers: list[dict[str, Any]], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(ImportRefused) as failure:
        read(write_net(tmp_path / "n.net", layers))
    assert sentence in str(failure.value)


def test_a_file_that_is_not_netx_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "text.net").write_text("no HDF5")
    with h5py.File(tmp_path / "other.net", "w") as file:
        file["x"] = 1
    with h5py.File(tmp_path / "named.net", "w") as file:
        file.create_group("layer/first")
    with h5py.File(tmp_path / "linked.net", "w") as file:
        file["layer/0"] = h5py.ExternalLink(str(tmp_path / "other.net"), "/x")
    packed = write_net(tmp_path / "packed.net", [{**DENSE, "weight": np.zeros(0)}])
    with h5py.File(packed, "a") as file:
        file.create_dataset("layer/0/more", data=np.zeros((100, 100)), compression="gzip")
    huge = write_net(tmp_path / "huge.net", [DENSE])
    with h5py.File(huge, "a") as file:
        file.create_dataset("layer/0/claim", shape=(1 << 40,), dtype="f8")
    for name, kind, sentence in (
        ("none.net", UsageError, "none.net"),
        ("text.net", UsageError, "is not a netx file: no HDF5, or damaged"),
        ("other.net", UsageError, "it has no group 'layer'"),
        ("named.net", UsageError, "its layers are not called 0, 1, 2"),
        ("linked.net", ImportRefused, "is a link, or data of another file"),
        ("packed.net", ImportRefused, "more of layer 0 is packed"),
        ("huge.net", SnnccError, "claim of layer 0"),
    ):
        with pytest.raises(kind) as failure:
            read(tmp_path / name)
        assert sentence in str(failure.value)
    with pytest.raises(UsageError, match="leave out --weights"):
        NetxFrontend().load(ImportRequest(str(huge), huge, None, {}))


# --- lava-dl's own ground truth ---------------------------------------------------------------


def truth(name: str) -> Values:
    """A recording, ticks first, channels before rows before columns."""
    return np.moveaxis(np.load(FOLDER / "gts" / f"{name}.npy"), -1, 0)


@needs_checkout
def test_the_tiny_network_gives_the_spikes_of_slayer() -> None:
    network = read(FOLDER / "tiny.net").network
    bias = np.load(FOLDER / "gts" / "tinynet" / "input_bias.npy").transpose(2, 1, 0)
    x = np.broadcast_to(bias, (1, 15, *bias.shape))
    trace = run(network, x, record="spikes")
    for name, wire in (("input", "%s0"), ("layer1", "%s1"), ("output", "%s2")):
        recorded = truth(f"tinynet/{name}")[1:, 0]  # the first tick is empty
        assert recorded.any()
        assert np.array_equal(trace[wire][0], recorded)


@needs_checkout
def test_the_pilot_network_gives_the_spikes_of_lava_layer_by_layer() -> None:
    network = read(FOLDER / "gts" / "pilotnet_lif" / "network.net").network
    image = np.load(FOLDER / "gts" / "pilotnet_lif" / "image.npy").transpose(2, 1, 0)
    ticks = 16  # of a sample; then Lava's recording is reset
    trace = run(network, np.broadcast_to(image, (1, ticks, *image.shape)), record="spikes")
    wires = {"input": "%s0", **{f"conv-{n}": f"%s{n + 1}" for n in range(5)}}
    wires |= {f"fc-{n}": f"%s{n + 7}" for n in range(3)}
    for late, (name, wire) in enumerate(wires.items()):
        recorded = truth(f"pilotnet_lif/{name}")[late : late + ticks]
        recorded = recorded.transpose(0, *range(recorded.ndim - 1, 0, -1))
        assert recorded.any()
        assert np.array_equal(trace[wire][0], recorded)


@needs_checkout
def test_axonal_delays_give_the_spikes_of_slayer() -> None:
    file = FOLDER / "gts" / "ntidigits" / "ntidigits.net"
    if file.stat().st_size < 1_000:
        pytest.skip(f"{file.name} is a pointer of Git LFS; fetch it with: git lfs pull")
    network = read(file).network
    spikes = truth("ntidigits/input")
    found = run(network, spikes[None]).output[0]
    recorded = truth("ntidigits/output")
    late = 1 + int(np.argmin([np.abs(found[:-n] - recorded[n:]).sum() for n in range(1, 8)]))
    assert recorded.any()
    assert np.array_equal(found[:-late], recorded[late:])
