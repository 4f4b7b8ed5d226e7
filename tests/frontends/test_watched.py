"""A model that is watched shows in windows what a call shows at once, and leads to its scores."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from snncc.backend_and_frontend import frontend
from snncc.frontends import ImportRequest, WatchedEager
from snncc.frontends.onnx import write_onnx
from snncc.frontends.onnx.write.write_onnx import TEXT
from snncc.ir import Trace, UsageError, Values
from tests.nets import hand

TICKS, FEATURES = 23, 4

MODELS = '''
import torch
from torch import nn
import snntorch as snn
from spikingjelly.activation_based import neuron


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b = nn.Linear(4, 6), nn.Linear(6, 3)
        self.n, self.m = snn.Leaky(beta=0.9, threshold=0.3), snn.Leaky(beta=0.8, threshold=0.3)

    def tick(self, x, states):
        one, first = self.n(self.a(x), states[0])
        two, second = self.m(self.b(one), states[1])
        return two, second, (first, second)

    def states(self):
        return self.n.reset_mem(), self.m.reset_mem()


class Spikes(Base):
    """The output is a population's spikes."""

    def forward(self, x):
        states, rows = self.states(), []
        for now in x:
            two, _, states = self.tick(now, states)
            rows.append(two)
        return torch.stack(rows)


class Potentials(Base):
    """The output is not the spikes of a population."""

    def forward(self, x):
        states, rows = self.states(), []
        for now in x:
            _, v, states = self.tick(now, states)
            rows.append(v)
        return torch.stack(rows)


class Reduced(Base):
    """The model makes a score of its ticks."""

    def forward(self, x):
        states, total = self.states(), 0
        for now in x:
            two, _, states = self.tick(now, states)
            total = total + two
        return total / len(x)


class Step(Base):
    """One call a tick."""

    def forward(self, x, first, second):
        two, _, (first, second) = self.tick(x, (first, second))
        return two, first, second


class Twice(Base):
    """One module serves two populations."""

    def forward(self, x):
        rows, first, second = [], self.n.reset_mem(), self.n.reset_mem()
        for now in x:
            one, first = self.n(self.a(now), first)
            two, second = self.n(one * 0.5, second)
            rows.append(two)
        return torch.stack(rows)


class Layers(nn.Module):
    """Each layer computes all ticks before the next."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b = nn.Linear(4, 6), nn.Linear(6, 3)
        self.n = neuron.LIFNode(tau=2.0, v_threshold=0.3, step_mode="m")
        self.m = neuron.LIFNode(tau=2.0, v_threshold=0.3, step_mode="m")

    def forward(self, x):
        return self.m(self.b(self.n(self.a(x))))
'''
KINDS = "Spikes", "Potentials", "Reduced", "Step", "Twice", "Layers"


def signal(samples: int = 3) -> Values:
    return (np.random.default_rng(1).random((samples, TICKS, FEATURES)) < 0.5).astype(np.float64)


def demand_alike(eager: object, signal: Values, decode: str) -> None:
    assert isinstance(eager, WatchedEager)
    whole = eager(signal)
    for ticks in (1, 7, TICKS, TICKS + 5):
        windows: list[Trace] = []
        scores = eager.watch(signal, ticks, windows.append)
        lengths = [next(iter(w.wires.values())).shape[1] for w in windows]
        assert lengths == [min(ticks, TICKS - at) for at in range(0, TICKS, ticks)]
        for wire in windows[0].wires:
            found = np.concatenate([w[wire] for w in windows], axis=1)
            assert np.array_equal(found, whole[wire]), wire
        assert np.allclose(scores, whole.scores(decode), rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_modules_show_their_spikes_while_they_run(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "model.py"
    file.write_text(MODELS)
    found = frontend(f"{file}:{kind}").load(ImportRequest(f"{file}:{kind}", None, signal(), {}))
    demand_alike(found.eager, signal(), found.network.decode)


def test_what_is_done_with_the_spikes_is_not_the_models_failure(tmp_path: Path) -> None:
    file = tmp_path / "model.py"
    file.write_text(MODELS)
    found = frontend(f"{file}:Spikes").load(ImportRequest(f"{file}:Spikes", None, signal(), {}))
    assert isinstance(found.eager, WatchedEager)

    def fail(window: Trace) -> None:
        raise UsageError("not the model")

    with pytest.raises(UsageError, match=r"^not the model$"):
        found.eager.watch(signal(), 5, fail)
    demand_alike(found.eager, signal(), found.network.decode)  # and it begins at rest again


def test_a_file_of_onnx_shows_its_values_tick_by_tick(tmp_path: Path) -> None:
    model = onnx.load_model_from_string(write_onnx(hand("feedforward")))
    kept = [each for each in model.metadata_props if each.key != TEXT]
    model.ClearField("metadata_props")
    model.metadata_props.extend(kept)
    file = str(tmp_path / "net.onnx")
    onnx.save(model, file)
    found = frontend(file).load(ImportRequest(file, None, None, {}))
    wide = (np.random.default_rng(1).random((3, TICKS, 12)) < 0.3).astype(np.float64)
    demand_alike(found.eager, wide, found.network.decode)


def test_an_exported_program_shows_its_values_tick_by_tick(tmp_path: Path) -> None:
    class Cell(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.a = torch.nn.Linear(FEATURES, 3)

        def forward(self, x: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            moved = 0.875 * v + self.a(x)
            spikes = (moved > 0.5).to(moved.dtype)
            return spikes, moved - 0.5 * spikes

    file = tmp_path / "cell.pt2"
    given = torch.zeros(1, FEATURES), torch.zeros(1, 3)
    torch.export.save(torch.export.export(Cell(), given), file)
    found = frontend(str(file)).load(ImportRequest(str(file), None, None, {}))
    demand_alike(found.eager, signal(), found.network.decode)
