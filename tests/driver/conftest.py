"""A small user model with weights and data, in an empty folder, and the command line in-process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from snncc.cli import main

MODEL = """
import snntorch
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(6, 12)
        self.lif1 = snntorch.Leaky(beta=0.9)
        self.fc2 = nn.Linear(12, 3)
        self.lif2 = snntorch.Leaky(beta=0.8)

    def forward(self, x):
        mem1, mem2 = self.lif1.init_leaky(), self.lif2.init_leaky()
        spikes = []
        for tick in range(x.shape[0]):
            spk1, mem1 = self.lif1(self.fc1(x[tick]), mem1)
            spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
            spikes.append(spk2)
        return torch.stack(spikes)


class Memory(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 3)
        self.kept = 0.0

    def forward(self, x):
        self.kept = 0.5 * self.kept + self.fc(x)
        return (self.kept > 1.0).to(x.dtype)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(6, 3)

    def forward(self, x):
        return self.lstm(x)[0]


def number():
    return 3


def broken():
    raise RuntimeError("no such luck")
"""


class Outcome(NamedTuple):
    """What one call of the command line did."""

    code: int
    out: str
    err: str


Snncc = Callable[..., Outcome]


@pytest.fixture
def snncc(capfd: pytest.CaptureFixture[str]) -> Snncc:
    """`snncc(*arguments)`: exit code, stdout and stderr of the command line in this process."""

    def call(*arguments: str) -> Outcome:
        capfd.readouterr()
        with pytest.raises(SystemExit) as leaving:
            main([str(a) for a in arguments])
        out, err = capfd.readouterr()
        code = leaving.value.code
        assert isinstance(code, int)
        return Outcome(code, out, err)

    return call


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with `model.py`, `good.safetensors` and `good.npz` in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(MODEL)
    save_file(weights(), tmp_path / "good.safetensors")
    rng = np.random.default_rng(0)
    x = (rng.random((12, 20, 6)) < 0.4).astype(np.uint8)
    np.savez(tmp_path / "good.npz", x=x, y=rng.integers(0, 3, 12))
    return tmp_path


def weights() -> dict[str, torch.Tensor]:
    """Trained numbers, as good as any, for `Net`."""
    torch.manual_seed(0)
    scope: dict[str, type[torch.nn.Module]] = {}
    exec(MODEL, scope)
    state = scope["Net"]().state_dict()
    random = {k: torch.randn(v.shape) for k, v in state.items() if k.startswith("fc")}
    return {**state, **random}


@pytest.fixture
def arguments() -> tuple[str, ...]:
    """A build of that model that works."""
    weights, data = ("--weights", "good.safetensors"), ("--data", "good.npz")
    return ("build", "model.py:Net", *weights, *data, "--target", "c99", "-o", "net.snnb")
