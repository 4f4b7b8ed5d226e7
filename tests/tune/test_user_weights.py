"""A user's own model is tuned, and goes on in the user's own script with what comes back."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snncc.backends import pack_npz
from snncc.bundle import Bundle
from snncc.ir import show
from tests.commands import commands
from tests.nets import hand, spikes_for

torch = pytest.importorskip("torch")
from safetensors.torch import load_file  # noqa: E402

SNNTORCH = """
import snntorch
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(6, 20)
        self.norm = nn.BatchNorm1d(20)
        self.spikes = snntorch.Leaky(beta=0.8, threshold=0.7)
        self.last = nn.Linear(20, 3, bias=False)
        self.out = snntorch.Leaky(beta=0.9)

    def forward(self, x):
        one, two, counts = self.spikes.init_leaky(), self.out.init_leaky(), []
        for tick in x:
            spikes, one = self.spikes(self.norm(self.first(tick)), one)
            spikes, two = self.out(self.last(spikes), two)
            counts.append(spikes)
        return torch.stack(counts).sum(0)


def make():
    torch.manual_seed(1)
    return Net()
"""
SPIKINGJELLY = """
import torch
from spikingjelly.activation_based import functional, layer, neuron
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            layer.Linear(6, 20), neuron.LIFNode(tau=2.0), layer.Linear(20, 3), neuron.IFNode()
        )
        functional.set_step_mode(self, "m")

    def forward(self, x):
        return self.body(2 * x).sum(0)


def make():
    torch.manual_seed(1)
    return Net()
"""
LIBRARIES = {"snntorch": SNNTORCH, "spikingjelly": SPIKINGJELLY}


def load(file: Path) -> Any:
    spec = importlib.util.spec_from_file_location("own", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make()


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_user_s_module_is_tuned_and_goes_on_with_the_state_dict(
    library: str, tmp_path: Path
) -> None:
    pytest.importorskip(library)
    (tmp_path / "own.py").write_text(LIBRARIES[library])
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 200)
    rates = np.full((200, 1, 6), 0.3)
    rates[np.arange(200), 0, 2 * labels] = 0.9
    signal = (random.random((200, 12, 6)) < rates).astype(np.float32)
    data = pack_npz({"x": signal, "y": labels})
    (tmp_path / "data.npz").write_bytes(data)
    model = ("own.py:make", "--target", "c99", "--data", "data.npz", "--weight-bits", "4")
    with commands(more=["snncc.tune"]) as snncc:
        tuned = snncc("tune", *model, "--epochs", "3", "-o", "tuned.safetensors", folder=tmp_path)
        assert tuned.returncode == 0, tuned.stderr
        again = snncc(
            "build", *model, "--weights", "tuned.safetensors", "-o", "again.snnb", folder=tmp_path
        )
        assert again.returncode == 0, again.stderr
    before, after = load(tmp_path / "own.py"), load(tmp_path / "own.py")
    after.load_state_dict(load_file(tmp_path / "tuned.safetensors"))
    changed = [
        key
        for key, values in after.state_dict().items()
        if not torch.equal(values, before.state_dict()[key])
    ]
    assert len(changed) >= 2 and all(key.endswith("weight") or "bias" in key for key in changed)
    # What the passes make of the user's new weights is what was tuned.
    made, wanted = (Bundle.open(tmp_path / f"{name}.snnb") for name in ("again", "tuned"))
    for name, tensor in wanted.network.tensors.items():
        if not name.endswith("unit"):
            found = made.network.tensors[name].values
            assert np.allclose(found, tensor.values, rtol=1e-4, atol=1e-5), name
    # And the user's script trains on.
    x, y = torch.tensor(signal).transpose(0, 1), torch.tensor(labels)
    loss = torch.nn.functional.cross_entropy(after(x), y)
    loss.backward()
    assert any(p.grad is not None and p.grad.any() for p in after.parameters())


def test_a_state_dict_needs_the_model_of_pytorch_itself(tmp_path: Path) -> None:
    network = hand("feedforward")
    signal = spikes_for(network, samples=20, ticks=4)
    (tmp_path / "net.snn").write_text(show(network))
    tensors = {name: tensor.values for name, tensor in network.tensors.items()}
    (tmp_path / "net.npz").write_bytes(pack_npz(tensors))
    labels = np.zeros(20, np.int64)
    (tmp_path / "data.npz").write_bytes(pack_npz({"x": signal["x"], "y": labels}))
    with commands(more=["snncc.tune"]) as snncc:
        built = snncc("build", "net.snn", "--target", "c99", folder=tmp_path)
        assert built.returncode == 0, built.stderr
        words = ("tune", "feedforward.snnb", "--data", "data.npz", "-o", "tuned.safetensors")
        plain = snncc(*words, folder=tmp_path)
        assert plain.returncode == 2 and "not a model of PyTorch" in plain.stderr
        (tmp_path / "net.snn").unlink()
        gone = snncc(*words, folder=tmp_path)
        assert gone.returncode == 2 and "needs the model itself" in gone.stderr
    assert not (tmp_path / "tuned.snnb").exists()
