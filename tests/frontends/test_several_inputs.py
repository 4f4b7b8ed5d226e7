"""Models with several inputs and outputs: data with an array for each, and which one is scored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from snncc.build import compile_model
from snncc.bundle import BuildRequest, Bundle
from snncc.data_files import DataOptions, read_data, read_inputs, show_inputs
from snncc.importing import import_model
from snncc.ir import ImportRefused, Network, SnnccError, UsageError, parse, run, show
from snncc.ir.tensor import Tensor
from snncc.run import verify

RANDOM = np.random.default_rng(0)
SOUND = (RANDOM.random((8, 12, 3)) < 0.5).astype(np.float64)
IMAGE = (RANDOM.random((8, 12, 2, 2)) < 0.5).astype(np.float64)
LABELS = np.arange(8) % 2
MODEL = """
import torch
from torch import nn


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.hear, self.see = nn.Linear(3, 5), nn.Linear(4, 5)
        self.word, self.place = nn.Linear(5, 2), nn.Linear(5, 6)

    def forward(self, sound, image):
        v, first, second = (torch.zeros(sound.shape[1], n) for n in (5, 2, 6))
        words, places = [], []
        for now, seen in zip(sound, image):
            v = 0.75 * v + 4 * self.hear(now) + self.see(seen.flatten(1))
            s = (v >= 1.0).to(v)
            v = v - s
            first = 0.5 * first + 4 * self.word(s)
            words.append((first >= 1.0).to(v))
            first = first - words[-1]
            second = 0.5 * second + 4 * self.place(s)
            places.append((second >= 1.0).to(v))
            second = second - places[-1]
        return {"word": torch.stack(words), "place": torch.stack(places)}
"""
TEXT = """network two tick=0.001s decode=count {
  %sound = input() {shape=[3], signal="spike"}
  %image = input() {shape=[2, 2], signal="spike"}
  %flat = reshape(%image) {shape=[4]}
  %a = dense(%sound) {weight=@a}
  %b = dense(%flat) {weight=@b}
  %i = sum(%a, %b)
  %s = lif(%i) {LEAKY}
  %c = dense(%s) {weight=@c}
  %word = lif(%c) {LEAKY}
  return %s, %word
}
""".replace(
    "LEAKY",
    'bias=0.0, threshold=1.0, compare=">=", reset="subtract", reset_amount=1.0, '
    'reset_order="now", spikes=1, refractory=0, initial=0.0, decay=0.75',
)
TENSORS = {k: RANDOM.random(s) for k, s in {"a": (5, 3), "b": (5, 4), "c": (2, 5)}.items()}


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    np.savez(tmp_path / "two.npz", y=LABELS, image=IMAGE, sound=SOUND)
    np.savez(tmp_path / "one.npz", x=SOUND, y=LABELS)
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "two.snn").write_text(TEXT)
    np.savez(tmp_path / "nets" / "two.npz", **TENSORS)
    return tmp_path


def write_cell(path: Path) -> None:
    """One tick as an ONNX model, whose image has two axes."""
    import onnx
    from onnx import helper, numpy_helper

    def info(name: str, *shape: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", *shape])

    numbers = {"a": 2 * TENSORS["a"].T, "b": TENSORS["b"].T, "decay": 0.75, "threshold": 1.5}
    nodes = [
        helper.make_node("MatMul", ["sound", "a"], ["heard"]),
        helper.make_node("Flatten", ["image"], ["flat"]),
        helper.make_node("MatMul", ["flat", "b"], ["seen"]),
        helper.make_node("Add", ["heard", "seen"], ["current"]),
        helper.make_node("Mul", ["mem", "decay"], ["left"]),
        helper.make_node("Add", ["left", "current"], ["full"]),
        helper.make_node("GreaterOrEqual", ["full", "threshold"], ["fires"]),
        helper.make_node("Cast", ["fires"], ["spikes"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", ["spikes", "threshold"], ["taken"]),
        helper.make_node("Sub", ["full", "taken"], ["mem_out"]),
    ]
    kept = [numpy_helper.from_array(np.asarray(v, np.float32), k) for k, v in numbers.items()]
    entries = [info("sound", 3), info("image", 2, 2), info("mem", 5)]
    graph = helper.make_graph(nodes, "cell", entries, [info("spikes", 5), info("mem_out", 5)], kept)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path
    )


def test_signals_of_an_onnx_model_are_one_signal_of_all(folder: Path) -> None:
    write_cell(folder / "cell.onnx")
    found = import_model(str(folder / "cell.onnx"), None, folder / "two.npz", {})
    assert found.decided["inputs"] == "image:2x2,sound:3"
    (entry,) = found.imported.network.inputs
    assert found.imported.network.shapes[entry.name] == (7,)
    signal = np.concatenate([IMAGE.reshape(8, 12, 4), SOUND], axis=-1)
    spikes = run(found.imported.network, signal).scores("count")
    potential, expected = np.zeros((8, 5)), np.zeros((8, 5))
    a, b = (np.asarray(TENSORS[k], np.float32).astype(np.float64) for k in ("a", "b"))
    for tick in range(12):
        potential = 0.75 * potential + 2 * SOUND[:, tick] @ a.T
        potential += IMAGE[:, tick].reshape(8, 4) @ b.T
        fired = potential >= 1.5
        potential, expected = potential - 1.5 * fired, expected + fired
    assert expected.sum() > 0
    np.testing.assert_array_equal(spikes, expected)


def test_signals_of_an_onnx_model_that_are_not_told_apart_are_asked_for(folder: Path) -> None:
    write_cell(folder / "cell.onnx")
    with pytest.raises(ImportRefused, match="if sound and image are all signals, give data with"):
        import_model(str(folder / "cell.onnx"), None, folder / "one.npz", {})
    with pytest.raises(ImportRefused, match=r"'sound' takes \[3\] at a tick, the data have \[4\]"):
        import_model(str(folder / "cell.onnx"), None, None, {"inputs": "sound:4,image:2x2"})


def test_datasets_of_hdf5_are_inputs_as_arrays_are(folder: Path) -> None:
    import h5py

    with h5py.File(folder / "two.h5", "w") as file:
        file["image"], file["sound"], file["y"] = IMAGE, SOUND, LABELS
    apart = DataOptions.parse({}, None)
    ours, theirs = (read_data(folder / name, apart) for name in ("two.h5", "two.npz"))
    np.testing.assert_array_equal(ours.signal, np.concatenate([IMAGE.reshape(8, 12, 4), SOUND], -1))
    assert {**ours.parts} == {**theirs.parts} == {"image": (2, 2), "sound": (3,)}
    np.testing.assert_array_equal(ours.labels, LABELS)
    odd = DataOptions.parse({"inputs": "sound,imige"}, None)
    with pytest.raises(UsageError, match=r"two\.h5 has no dataset imige of numbers"):
        read_data(folder / "two.h5", odd)


def network() -> Network:
    return parse(TEXT, {name: Tensor(values) for name, values in TENSORS.items()})


def test_a_network_of_several_inputs_gets_one_signal_of_all(folder: Path) -> None:
    found = import_model(str(folder / "nets" / "two.snn"), None, folder / "two.npz", {})
    assert found.samples is not None
    joined = run(found.imported.network, found.samples.signal, record="spikes")
    apart = run(network(), {"sound": SOUND, "image": IMAGE}, record="spikes")
    assert apart.compare(joined) == (0, None)
    assert apart["%word"].any()
    assert found.decided == {"inputs": "image:2x2,sound:3"}
    assert "the inputs are one signal of 7 values: image 0 to 3, sound 4 to 6" in (
        found.imported.notes
    )
    assert "of the outputs s, word s is scored (option scored)" in found.imported.notes


@pytest.mark.parametrize("target", ["c99", "tflm", "spinnaker2", "lava"])
def test_it_is_built_for_every_target_and_its_scored_output_is_stated(
    folder: Path, target: str
) -> None:
    request = BuildRequest(
        str(folder / "nets" / "two.snn"),
        target,
        data=folder / "two.npz",
        options={"scored": "word"},
        output=folder / "net.snnb",
    )
    bundle = Bundle.open(compile_model(request))
    assert [use.source for use in bundle.network.outputs] == ["word", "s"]
    assert bundle.classes == 2
    signal, expected = bundle.check()
    assert signal.shape == (4, 12, 7)
    assert expected["%word"].any()


def test_a_module_takes_an_array_for_each_parameter_of_its_name(folder: Path) -> None:
    request = BuildRequest(
        f"{folder / 'model.py'}:Two",
        "c99",
        data=folder / "two.npz",
        options={"output": "place,word"},
        output=folder / "net.snnb",
    )
    bundle = Bundle.open(compile_model(request))
    assert [bundle.network.shapes[u.source] for u in bundle.network.outputs] == [(6,), (2,)]
    assert bundle.model_options["inputs"] == "image:2x2,sound:3"
    report = verify(bundle, data=folder / "two.npz", target_samples=2)
    assert report.passed
    assert report.comparisons[0].left == "eager"
    assert report.comparisons[0].spikes > 0
    np.savez(folder / "again.npz", sound=SOUND[:3], image=IMAGE[:3])  # in another order
    assert verify(bundle, data=folder / "again.npz", target_samples=1).passed


def test_without_data_the_shapes_are_an_option(folder: Path) -> None:
    options = {"inputs": "sound:3,image:2x2", "output": "word"}
    found = import_model(f"{folder / 'model.py'}:Two", None, None, options).imported
    assert found.network.shapes["x"] == (7,)


def test_still_data_are_shown_for_as_many_ticks_as_asked(tmp_path: Path) -> None:
    np.savez(tmp_path / "still.npz", a=SOUND[:, 0], b=IMAGE[:, 0], y=LABELS)
    found = read_data(tmp_path / "still.npz", DataOptions(ticks=5))
    assert found.signal.shape == (8, 5, 7)
    assert found.parts == {"a": (3,), "b": (2, 2)}
    assert np.array_equal(found.signal[:, 4, 3:], IMAGE[:, 0].reshape(8, 4))


def test_an_array_x_is_the_samples_as_long_as_nobody_names_inputs(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=SOUND, mask=IMAGE)
    assert not read_data(tmp_path / "d.npz", DataOptions()).parts
    options = DataOptions.parse({"inputs": "x,mask"}, None)
    assert read_data(tmp_path / "d.npz", options).parts == {"x": (3,), "mask": (2, 2)}


def test_the_text_of_the_inputs_is_read_again() -> None:
    parts = {"sound": (3,), "image": (2, 2), "flag": ()}
    assert read_inputs(show_inputs(parts)) == parts
    assert read_inputs("a,b") == {"a": None, "b": None}


@pytest.mark.parametrize(
    ("options", "data", "sentence"),
    [
        ({"inputs": "sound,imige"}, "two.npz", "two.npz has no array imige of numbers"),
        ({"inputs": "sound,sound"}, "two.npz", "expected names such as sound,image, each once"),
        ({"inputs": "sound,image:3"}, "two.npz", "image has [2, 2] at a tick, the model takes [3]"),
        (
            {"inputs": "sound,y"},
            "two.npz",
            "y is int64[8], expected numbers [samples, ticks",
        ),
        ({}, "one.npz", "the model has the inputs sound [3], image [2, 2], the data x [3]"),
        ({"scored": "wird"}, "two.npz", "unknown output 'wird'; did you mean 'word'"),
        ({"encoder": "rate"}, "two.npz", "option encoder goes with a model of one input"),
    ],
)
def test_what_does_not_fit_a_network_is_said(
    folder: Path, options: dict[str, str], data: str, sentence: str
) -> None:
    with pytest.raises(SnnccError) as failure:
        import_model(str(folder / "nets" / "two.snn"), None, folder / data, options)
    assert sentence in str(failure.value)


def test_what_does_not_fit_a_module_is_said(folder: Path) -> None:
    model = f"{folder / 'model.py'}:Two"
    np.savez(folder / "odd.npz", sound=SOUND, imige=IMAGE)
    with pytest.raises(ImportRefused, match="unknown input 'imige'; did you mean 'image'"):
        import_model(model, None, folder / "odd.npz", {})
    with pytest.raises(ImportRefused, match="an array for each \\(--option inputs=sound,image"):
        import_model(model, None, folder / "one.npz", {})
    with pytest.raises(ImportRefused, match="the model returns no 'wird'"):
        import_model(model, None, folder / "two.npz", {"output": "word,wird"})
    with pytest.raises(UsageError, match="option inputs names image without a shape"):
        import_model(model, None, None, {"inputs": "sound:3,image"})
    np.savez(folder / "short.npz", sound=SOUND, image=IMAGE[:, :5])
    with pytest.raises(UsageError, match="no array x"):
        import_model(model, None, folder / "short.npz", {})


def test_the_text_of_a_joined_network_says_what_is_what(folder: Path) -> None:
    found = import_model(str(folder / "nets" / "two.snn"), None, folder / "two.npz", {})
    text = show(found.imported.network)
    assert "%sound = slice(%inputs) {axis=0, start=4, stop=7}  // input sound" in text
    assert "%image = reshape(%image_flat) {shape=[2, 2]}  // input image" in text
