"""Models in memory: compiled, verified, run and priced as the command line does it."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import snntorch
import torch
from torch import nn

import snncc
from snncc import in_memory
from snncc.ir import parse, tensors, verify

ROOT = Path(__file__).parents[2]


class Net(nn.Module):
    """Two layers, whose neurons keep their states from one call to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 3)
        self.hidden = snntorch.Leaky(beta=0.9, init_hidden=True)
        self.out = snntorch.Leaky(beta=0.8, init_hidden=True, output=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        ticks = [self.out(self.second(self.hidden(self.first(now))))[0] for now in x.unbind(1)]
        return torch.stack(ticks, dim=1)


@pytest.fixture
def net() -> Net:
    torch.manual_seed(1)
    return Net()


X = np.random.default_rng(0).random((10, 12, 6)) < 0.5
Y = np.arange(10) % 3


def test_a_module_in_memory_is_compiled_and_verified(net: Net) -> None:
    compiled = snncc.compile(net, X, Y)
    report = compiled.verify()
    assert report.passed and {c.left for c in report.comparisons} >= {"eager"}
    assert compiled.bundle.network.name == "Net"
    assert not any("--weights" in note for note in compiled.notes)
    found = compiled.run(X)
    assert found.scores.shape == (10, 3) and np.array_equal(
        found.classes, compiled.run(X, engine="reference").classes
    )
    assert report.accuracy["reference-quantized"] == np.mean(found.classes == Y)


def test_every_method_answers_on_the_data_of_compile_and_on_others(net: Net) -> None:
    compiled = snncc.compile(net, X, Y)
    assert compiled.estimate().counts.samples == 10
    assert compiled.estimate(X[:4], Y[:4]).counts.samples == 4
    assert compiled.loss().samples == (10, 10) and compiled.loss(X[:8]).samples == (8, 8)
    assert compiled.verify(torch.as_tensor(X[:2]).float()).samples == 2
    assert compiled.flash("cortex-m4-emulated", dry_run=True).flash_bytes
    assert compiled.report().startswith("<!doctype html>")
    assert "%hidden" in str(compiled) and "Net compiled for c99" in repr(compiled)
    with pytest.raises(snncc.SnnccError, match="y needs an x"):
        compiled.estimate(y=Y)


def test_a_model_stays_as_it_was_and_may_have_run_with_gradients(net: Net) -> None:
    x = torch.as_tensor(X).float()
    net.train()(x)  # its neurons' states hang on gradients now
    before = {key: value.clone() for key, value in net.state_dict().items()}
    assert snncc.compile(net, x, Y).verify().passed
    assert net.training and all(value.dtype == torch.float32 for value in net.parameters())
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())
    assert all(value.requires_grad for value in net.parameters())


def test_two_models_of_one_class_are_two(net: Net) -> None:
    torch.manual_seed(2)
    one, other = snncc.compile(net, X, Y), snncc.compile(Net(), X, Y)
    assert one.bundle.source != other.bundle.source
    assert one.verify().passed and other.verify().passed


def test_a_name_lives_as_long_as_the_compiled_model(net: Net) -> None:
    compiled = snncc.compile(net, X, Y)
    name, path = compiled.bundle.model, compiled.path
    held = name.removeprefix(in_memory.PREFIX)
    assert getattr(in_memory, held)() is not net
    del compiled
    gc.collect()
    assert not path.exists()
    assert not hasattr(in_memory, held)  # as PyTorch asks every module that is loaded
    with pytest.raises(snncc.SnnccError, match="was a module in the memory"):
        snncc.compile(name, X)


def test_another_process_verifies_the_bundle_but_for_the_model(net: Net, tmp_path: Path) -> None:
    path = snncc.compile(net, X, Y, output=tmp_path / "net.snnb").path
    done = subprocess.run(
        [sys.executable, "-m", "snncc", "verify", str(path), "--target-samples", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "was a module in the memory" in " ".join(done.stdout.split())
    assert done.returncode == 0, done.stdout + done.stderr


def test_networks_files_and_names_of_models_are_taken(tmp_path: Path) -> None:
    network = verify(
        parse(
            """network two tick=0.001s decode=count {
  %x = input() {shape=[6], signal="spike"}
  %c = dense(%x) {weight=@w}
  %s = lif(%c) {bias=0.0, threshold=1.0, compare=">=", reset="subtract", reset_amount=1.0, \
reset_order="now", spikes=1, refractory=0, initial=0.0, decay=0.5}
  return %s
}
""",
            tensors(w=np.linspace(-1, 1, 18).reshape(3, 6)),
        )
    )
    assert snncc.compile(network, X).verify().passed
    np.savez(tmp_path / "test.npz", x=X, y=Y)
    data = tmp_path / "test.npz"
    assert snncc.compile(network, data).bundle.source == snncc.compile(network, X).bundle.source
    with pytest.raises(snncc.SnnccError, match="has its own classes"):
        snncc.compile(network, data, Y)


def test_options_are_keywords(net: Net) -> None:
    still = snncc.compile(net, X[:, 0], Y, ticks=9, layout="batch-first", decode="count")
    assert still.bundle.check()[0].shape[1] == 9
    with pytest.raises(snncc.SnnccError, match="tics"):
        snncc.compile(net, X, Y, tics=9)
    with pytest.raises(snncc.SnnccError, match="found list"):
        snncc.compile([net], X)  # type: ignore[arg-type]


@pytest.mark.parametrize("x", [[[1], [1, 2]], "spikes", torch.ones(2, 3, 6).bfloat16(), [None]])
def test_what_is_no_array_of_numbers_is_a_sentence(net: Net, x: Any) -> None:
    with pytest.raises(snncc.SnnccError, match="x is not an array of numbers"):
        snncc.compile(net, x)


def test_the_face_is_what_dir_shows() -> None:
    assert set(dir(snncc)) == set(snncc.__all__) and "compile" in dir(snncc)
    assert all(getattr(snncc, name).__doc__ for name in dir(snncc) if name != "__version__")


def test_the_guide_works_as_it_stands() -> None:
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(), re.DOTALL)
    assert code is not None
    done = subprocess.run([sys.executable, "-"], input=code[1], text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert "750 synapses" in done.stdout
