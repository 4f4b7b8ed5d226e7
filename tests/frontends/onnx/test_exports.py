"""What PyTorch exports of step cells, as ONNX and as .pt2, is read as what the cells do."""

from __future__ import annotations

import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from snncc.frontends import Imported, ImportRequest
from snncc.frontends.onnx import ExportedFrontend, OnnxFrontend
from snncc.ir import ImportRefused, UsageError, run

from .step_cells import CELLS, Forgetful, arguments, as_onnx, by_itself, exported, made

AS_ONNX = ("synaptic, zero", "convolutional")
"""Each export takes a second or two; .pt2 files have them all."""


def signal(cell: torch.nn.Module) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return (torch.rand((3, 100, *cell.shape), generator=generator) < 0.4).double()


def assert_same(found: Imported, name: str) -> None:
    cell = made(name)
    x = signal(cell)
    expected, ours = by_itself(cell, x).numpy(), run(found.network, x.numpy()).output
    if name == "convolutional":
        np.testing.assert_allclose(ours, expected, atol=1e-9)
    else:
        assert np.array_equal(ours, expected)
        assert 0.01 < expected.mean() < 0.99


@pytest.mark.parametrize("name", AS_ONNX)
def test_cells_in_onnx(name: str, tmp_path: Path) -> None:
    path = as_onnx(made(name), tmp_path / "cell.onnx")
    found = OnnxFrontend().load(ImportRequest(str(path), None, None, {"output": "out"}))
    assert_same(found, name)


def read(path: Path, **options: str) -> Imported:
    return ExportedFrontend().load(ImportRequest(str(path), None, None, options))


def saved(name: str, path: Path) -> Path:
    torch.export.save(exported(made(name)), path)
    return path


@pytest.mark.parametrize("name", CELLS)
def test_cells_in_pt2(name: str, tmp_path: Path) -> None:
    found = read(saved(name, tmp_path / "cell.pt2"))
    assert_same(found, name)
    assert "by their order" in found.notes[0]
    assert found.eager is not None


def test_neurons_keep_the_place_they_come_from(tmp_path: Path) -> None:
    network = read(saved("subtract", tmp_path / "cell.pt2")).network
    assert [node.name for node in network] == ["x", "fc1", "l1", "fc2", "l2"]
    assert network["fc1"].origin.module == "fc1"
    assert [*network.tensors] == ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]


def test_a_lost_state_is_noticed(tmp_path: Path) -> None:
    cell = Forgetful().eval()
    torch.export.save(exported(cell), tmp_path / "cell.pt2")
    with pytest.raises(ImportRefused, match=r"'l1', a snntorch\._neurons\.leaky\.Leaky, has lost"):
        read(tmp_path / "cell.pt2")


def test_no_state_at_all(tmp_path: Path) -> None:
    cell = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU())
    torch.export.save(torch.export.export(cell, (torch.zeros(2, 3),)), tmp_path / "c.pt2")
    with pytest.raises(ImportRefused, match="and no state"):
        read(tmp_path / "c.pt2")


def zeros(count: int) -> tuple[Tensor, ...]:
    """Arguments, each an object of its own: an export takes one object for one input."""
    return tuple(torch.zeros(1, 2) for _ in range(count))


class Swapped(torch.nn.Module):
    """Gives its states back in another order than it takes them."""

    def forward(self, x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, ...]:
        a = 0.5 * a + x
        spike = (a > 1).to(x.dtype)
        b = 0.75 * b + spike
        return b * 1, b, a - spike


def test_states_in_another_order_are_not_mixed_up(tmp_path: Path) -> None:
    program = torch.export.export(Swapped(), zeros(3))
    torch.export.save(program, tmp_path / "c.pt2")
    with pytest.raises(ImportRefused, match="going by the order"):
        read(tmp_path / "c.pt2")
    names = [spec.arg.name for spec in program.graph_signature.output_specs]
    found = read(tmp_path / "c.pt2", states=f"a:{names[2]},b:{names[1]}", output=names[0])
    assert sorted(node.op.keyword for node in found.network.populations) == ["li", "lif"]


class Buffered(torch.nn.Module):
    """Keeps its state in a buffer that it changes in place: an export says so."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("v", torch.full((1, 3), 0.25))

    def forward(self, x: Tensor) -> Tensor:
        u = 0.5 * self.v + x
        spike = (u > 1).to(x.dtype)
        self.v.copy_(u - spike)
        return spike


def test_a_buffer_that_is_changed_is_a_state(tmp_path: Path) -> None:
    program = torch.export.export(Buffered(), (torch.zeros(1, 3),)).run_decompositions({})
    torch.export.save(program, tmp_path / "c.pt2")
    found = read(tmp_path / "c.pt2")
    (neuron,) = found.network.populations
    assert (neuron.op.keyword, neuron.op.initial) == ("lif", 0.25)


class Trap:
    """What would write a file if it were unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def repacked(source: Path, path: Path, changes: dict[str, bytes]) -> Path:
    """An archive with other bytes in the files of these names."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name.rpartition("/")[2], old.read(name)))
    return path


def test_nothing_in_a_file_is_run(tmp_path: Path) -> None:
    """Pickles are refused where they stand for weights, and left alone everywhere else."""
    good, caught = saved("by hand", tmp_path / "good.pt2"), tmp_path / "caught"
    bomb = pickle.dumps(Trap(caught))
    with zipfile.ZipFile(good) as archive:
        names = {name.rpartition("/")[2]: name for name in archive.namelist()}
        told = json.loads(archive.read(names["model_weights_config.json"]))
        model = json.loads(archive.read(names["model.json"]))
    first = next(iter(told["config"].values()))
    first["use_pickle"] = True
    weights = {"model_weights_config.json": json.dumps(told).encode(), first["path_name"]: bomb}
    with pytest.raises(ImportRefused, match="is pickled, which could run code"):
        read(repacked(good, tmp_path / "weights.pt2", weights))
    read(repacked(good, tmp_path / "samples.pt2", {"model.pt": bomb}))
    model["graph_module"]["graph"]["nodes"][0]["target"] = "os.system"
    changed = {"model.json": json.dumps(model).encode()}
    with pytest.raises(ImportRefused, match=r"calls 'os\.system'; only operations of ATen"):
        read(repacked(good, tmp_path / "calls.pt2", changed))
    model["graph_module"]["graph"]["nodes"][0]["target"] = "torch.ops.aten.from_file.default"
    changed = {"model.json": json.dumps(model).encode()}
    with pytest.raises(ImportRefused, match="'from_file': no op of the network has it"):
        read(repacked(good, tmp_path / "file.pt2", changed))
    assert not caught.exists()


@pytest.mark.parametrize("bad", [b"", b"PK\x03\x04 no archive", bytes(64)])
def test_what_is_no_program(bad: bytes, tmp_path: Path) -> None:
    (tmp_path / "c.pt2").write_bytes(bad)
    with pytest.raises(UsageError, match=r"not a program of torch\.export"):
        read(tmp_path / "c.pt2")


def test_an_operation_without_a_rule(tmp_path: Path) -> None:
    class Odd(torch.nn.Module):
        def forward(self, x: Tensor, v: Tensor) -> tuple[Tensor, ...]:
            v = 0.5 * v + torch.erf(x)
            return v * 1, v

    torch.export.save(torch.export.export(Odd(), zeros(2)), tmp_path / "c.pt2")
    with pytest.raises(ImportRefused, match="'erf': no op of the network has it"):
        read(tmp_path / "c.pt2")


def test_samples_by_twos(tmp_path: Path) -> None:
    """A program made for two samples at once is run on any number."""
    cell = made("subtract")
    torch.export.save(torch.export.export(cell, arguments(cell)), tmp_path / "c.pt2")
    assert_same(read(tmp_path / "c.pt2"), "subtract")


class TwoSignals(torch.nn.Module):
    """A neuron that a sound and an image drive."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.ear, self.eye = torch.nn.Linear(3, 8).double(), torch.nn.Conv2d(1, 2, 2).double()

    def forward(self, sound: Tensor, image: Tensor, mem: Tensor) -> tuple[Tensor, Tensor]:
        mem = 0.9 * mem + self.ear(sound) + self.eye(image).flatten(1)
        spikes = (mem > 1.0).double()
        return spikes, mem - spikes


PARTS = {"image": (1, 3, 3), "sound": (3,)}
"""In the order of the data, which is not the program's."""


def two_signals(path: Path) -> Path:
    given = (torch.zeros(2, 3), torch.zeros(2, 1, 3, 3), torch.zeros(2, 8))
    torch.export.save(torch.export.export(TwoSignals(), tuple(x.double() for x in given)), path)
    return path


def test_several_signals_in_pt2(tmp_path: Path) -> None:
    rng, cell, mem = np.random.default_rng(0), TwoSignals(), torch.zeros(4, 8).double()
    image, sound = rng.normal(size=(4, 9, 1, 3, 3)), rng.normal(size=(4, 9, 3))
    joined = np.concatenate([image.reshape(4, 9, 9), sound], axis=2)
    path = str(two_signals(tmp_path / "two.pt2"))
    found = ExportedFrontend().load(ImportRequest(path, None, joined, {}, parts=PARTS))
    ours = run(found.network, joined).output
    for tick in range(9):
        given = (torch.from_numpy(each[:, tick]) for each in (sound, image))
        spikes, mem = cell(*given, mem)
        assert np.array_equal(ours[:, tick], spikes.numpy())
    assert 0 < ours.mean() < 1


def test_signals_of_other_shapes_are_named(tmp_path: Path) -> None:
    path = str(two_signals(tmp_path / "two.pt2"))
    other = {**PARTS, "sound": (4,)}
    with pytest.raises(ImportRefused, match=r"input 'sound' takes \[3\] at a tick, the data have"):
        ExportedFrontend().load(ImportRequest(path, None, None, {}, parts=other))
