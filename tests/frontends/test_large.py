"""Large parameters: they stay in single precision, and are computed with in double all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from snncc.frontends import Imported
from snncc.frontends.torch.check.eager import EagerModel
from snncc.frontends.torch.record import precision, recorder
from snncc.ir import ImportRefused, run

Load = Callable[..., Imported]
WIDE = 20


@pytest.fixture(autouse=True)
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large begins at a kilobyte here."""
    monkeypatch.setattr(precision, "LARGE_BYTES", 1024)
    monkeypatch.setattr(recorder, "LARGE_BYTES", 1024)


MODEL = """
import torch
from spikingjelly.activation_based import neuron
from torch import nn
from torch.nn import functional



class Model(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.wide = nn.Linear(64, WIDE)
        self.back = nn.Linear(WIDE, 64, bias=False)
        self.lif1, self.lif2 = neuron.LIFNode(tau=2.0), neuron.LIFNode(tau=2.0)

    def forward(self, x):
        from spikingjelly.activation_based import functional as states

        states.reset_net(self)
        spikes = []
        for tick in x:
            current = CURRENT
            spikes.append(self.lif2(4 * functional.linear(self.lif1(current), self.back.weight)))
        return torch.stack(spikes)
"""
WAYS = {
    "as a layer": "8 * self.wide(tick)",
    "as a function": "8 * functional.linear(tick, self.wide.weight, self.wide.bias)",
    "scaled by hand": "functional.linear(tick, 8 * self.wide.weight)",
    "transposed": "8 * (tick @ self.wide.weight.t())",
    "as its dtype says": "8 * self.wide(tick.to(self.wide.weight.dtype))",
    "among others": "8 * tick @ torch.cat([self.wide.weight[:9], self.wide.weight[9:]]).T",
}


def file(tmp_path: Path, current: str) -> str:
    path = tmp_path / "model.py"
    path.write_text(MODEL.replace("CURRENT", current).replace("WIDE", str(WIDE)))
    return f"{path}:Model"


@pytest.mark.parametrize("current", WAYS.values(), ids=WAYS)
def test_a_narrow_parameter_is_computed_with_in_double(
    current: str, tmp_path: Path, load: Load
) -> None:
    imported = load(file(tmp_path, current), shape="64", signal="spike", layout="time-first")
    assert isinstance(imported.eager, EagerModel)
    model = imported.eager.model
    weight = model.get_parameter("wide.weight")
    assert weight.dtype == torch.float32 and weight.nbytes > precision.LARGE_BYTES
    assert model.get_parameter("wide.bias").dtype == torch.float64
    x = (np.random.default_rng(0).random((2, 6, 64)) < 0.5).astype(np.float64)
    ours = run(imported.network, x, record="spikes")
    assert imported.eager(x).compare(ours) == (0, None) and ours.output.any()
    kept = [t.values for t in imported.network.tensors.values() if t.shape == (WIDE, 64)]
    assert kept and all(values.dtype == np.float64 for values in kept)


def test_weights_of_a_file_keep_their_precision(tmp_path: Path, load: Load) -> None:
    source = file(tmp_path, WAYS["as a layer"])
    eager = load(source, shape="64", signal="spike").eager
    assert isinstance(eager, EagerModel)
    exact = {k: v.double() / 3 for k, v in eager.model.state_dict().items()}
    path = tmp_path / "weights.pt"
    torch.save(exact, path)
    network = load(source, weights=path, shape="64", signal="spike").network
    found = [t.values for t in network.tensors.values() if t.shape == (WIDE, 64)]
    assert any(np.array_equal(values, exact["wide.weight"].numpy()) for values in found)


def test_a_model_that_changes_a_large_parameter_is_refused(tmp_path: Path, load: Load) -> None:
    changing = "8 * functional.linear(tick, self.wide.weight.mul_(0.5))"
    with pytest.raises(ImportRefused, match="changes the model's own parameters"):
        load(file(tmp_path, changing), shape="64", signal="spike", layout="time-first")
