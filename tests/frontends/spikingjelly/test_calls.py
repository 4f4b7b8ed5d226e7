"""How neurons are called: states kept between calls, started anew, set by hand, or left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from spikingjelly.activation_based import base, neuron
from torch import nn

from snncc.frontends import Imported
from snncc.frontends.torch.check.check_network import noise
from snncc.frontends.torch.neurons.libraries import neurons_of
from snncc.frontends.torch.neurons.spikingjelly import LIBRARY
from snncc.frontends.torch.neurons.spikingjelly_calls import allow_missing_cupy
from snncc.ir import ImportRefused, run

Load = Callable[..., Imported]
HEADER = """
import torch
from spikingjelly.activation_based import functional, layer, neuron
from torch import nn
"""


def written(folder: Path, text: str) -> str:
    file = folder / "model.py"
    file.write_text(HEADER + text)
    return f"{file}:build"


def agrees(imported: Imported) -> None:
    assert imported.eager is not None
    x = noise(imported.network, 100, still=False, seed=3)
    theirs = imported.eager(x)
    count, first = theirs.compare(run(imported.network, x, record="spikes"))
    assert first is None, f"{count} spikes differ, first {first}"
    assert any(np.any(theirs[wire]) for wire in theirs.wires)


def test_what_a_model_was_left_with_does_not_matter(load: Load, tmp_path: Path) -> None:
    """A forward pass in the factory leaves potentials behind; a network starts at rest."""
    text = """
class Net(nn.Module):
    def __init__(self, warm):
        super().__init__()
        self.fc, self.lif = nn.Linear(6, 8), neuron.LIFNode(v_threshold=0.3)
        self.rec = layer.LinearRecurrentContainer(neuron.IFNode(v_threshold=0.5), 8, 8)
        if warm:
            for _ in range(3):
                self(torch.rand(4, 6))
    def forward(self, x):
        return self.rec(self.lif(self.fc(x)))
"""
    cold = load(written(tmp_path, text + "build = lambda: Net(False)\n"), shape="6")
    warm = load(written(tmp_path, text + "build = lambda: Net(True)\n"), shape="6")
    assert warm.network == cold.network
    agrees(warm)


def test_chunks_of_ticks_go_on_where_the_last_ended(load: Load, tmp_path: Path) -> None:
    agrees(
        load(
            written(
                tmp_path,
                """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = layer.Linear(6, 8, step_mode="m")
        self.lif = neuron.LIFNode(v_threshold=0.3, step_mode="m")
    def forward(self, x_seq):
        functional.reset_net(self)
        return torch.cat([self.lif(self.fc(part)) for part in torch.split(x_seq, 1)])
build = Net
""",
            ),
            shape="6",
        )
    )


def test_a_start_of_the_users_own_is_kept(load: Load, tmp_path: Path) -> None:
    imported = load(
        written(
            tmp_path,
            """
def build():
    node = neuron.LIFNode(v_threshold=0.2, v_reset=-0.25)
    node.set_reset_value("v", 0.5)
    node.reset()
    return nn.Sequential(nn.Linear(6, 8), node)
""",
        ),
        shape="6",
    )
    assert imported.network.populations[0].op.initial == 0.75
    agrees(imported)


def test_a_potential_changed_by_hand_is_refused(load: Load, tmp_path: Path) -> None:
    text = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.lif = nn.Linear(6, 8), neuron.LIFNode(v_reset={v_reset})
    def forward(self, x):
        out = self.lif(self.fc(x))
        self.lif.v = self.lif.v * 0.5
        return out
build = Net
"""
    for v_reset in ("0.0", "-0.5"):
        with pytest.raises(ImportRefused, match="state 'v' handed to neuron 'lif' is not the one"):
            load(written(tmp_path, text.format(v_reset=v_reset)), shape="6")


def test_a_reset_in_mid_run_is_refused(load: Load, tmp_path: Path) -> None:
    text = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.lif = nn.Linear(6, 8), neuron.LIFNode()
    def forward(self, x_seq):
        out = []
        for x in x_seq:
            functional.reset_net(self)
            out.append(self.lif(self.fc(x)))
        return torch.stack(out)
build = Net
"""
    with pytest.raises(ImportRefused, match="neuron 'lif' starts over at every tick"):
        load(written(tmp_path, text), shape="6")


def test_weights_come_from_a_file(load: Load, tmp_path: Path) -> None:
    text = """
def build():
    return nn.Sequential(nn.Linear(6, 4), neuron.ParametricLIFNode(v_threshold=0.4))
"""
    source = written(tmp_path, text)
    weights = {"0.weight": torch.rand(4, 6), "0.bias": torch.rand(4), "1.w": torch.tensor(1.0)}
    torch.save(weights, tmp_path / "trained.pt")
    imported = load(source, shape="6", weights=tmp_path / "trained.pt")
    rate = 1 / (1 + np.exp(-1.0))
    assert imported.network.populations[0].op.decay == pytest.approx(1 - rate)
    agrees(imported)


def test_a_release_that_was_not_compared_is_refused() -> None:
    model = nn.Sequential(neuron.IFNode())
    with pytest.raises(
        ImportRefused, match=r"IFNode 1\.7\.0 have not been compared; install 0\.0\.0"
    ):
        neurons_of(model, [replace(LIBRARY, version="1.7.0")])


def test_what_is_demanded_of_the_machine_is_demanded_again_afterwards() -> None:
    demanded = getattr(base, "check_backend_library", None)
    with allow_missing_cupy():
        pass
    assert getattr(base, "check_backend_library", None) is demanded
