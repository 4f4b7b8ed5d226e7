"""Data of very many ticks: a build does not wait for all of them, and runs take parts."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from benchmarks.workloads.growing import stacked
from snncc import portions
from snncc.build import compile_model
from snncc.build.calibration_data import CALIBRATION_TICKS
from snncc.build.compile_model import CHECK_TICKS
from snncc.bundle import BuildRequest, Bundle
from snncc.frontends import HoldingEager
from snncc.ir import DECODES, Decode, Tally, Trace, UsageError, show
from snncc.ir import run as interpreted
from snncc.portions import (
    SAMPLES_TOGETHER,
    TICKS_TOGETHER,
    VALUES_TOGETHER,
    WHOLE_VALUES,
    choose_samples,
    choose_whole_samples,
    choose_whole_ticks,
    choose_window,
    split_range,
)
from snncc.run import answer, run, verify
from snncc.run.original import find_original
from snncc.run.side_by_side import HELD_VALUES
from snncc.run.verify import TARGET_TICKS

TICKS = CALIBRATION_TICKS + 100


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("long")
    network = stacked("dense", 1)
    (folder / "net.snn").write_text(show(network))
    arrays = {name: tensor.values for name, tensor in network.tensors.items()}
    np.savez(folder / "net.npz", allow_pickle=False, **arrays)
    spikes = np.random.default_rng(0).random((1, TICKS, 8)) < 0.3
    np.savez(folder / "data.npz", x=spikes.astype(np.uint8))
    request = BuildRequest(
        str(folder / "net.snn"), "c99", data=folder / "data.npz", output=folder / "net.snnb"
    )
    return Bundle.open(compile_model(request))


def test_a_build_says_which_ticks_it_was_calibrated_with(built: Bundle) -> None:
    first = f"calibrated with the first {CALIBRATION_TICKS:,} of {TICKS:,} ticks"
    assert [note for note in built.notes if note.startswith(first)]
    assert built.check()[0].shape[1] == CHECK_TICKS


def test_parts_of_ticks_give_what_the_whole_gives(built: Bundle) -> None:
    signal = np.random.default_rng(1).random((2, TICKS_TOGETHER + 3, 8)) < 0.3
    whole = interpreted(built.network, signal)
    for engine in ("reference", "native"):
        assert whole.compare(run(built, signal, engine))[0] == 0
        found = answer(built, signal, engine)
        assert np.array_equal(found.scores, whole.scores(built.network.decode))
        assert found.saturated == whole.saturated


def test_a_target_that_takes_whole_samples_says_how_many_ticks_fit(built: Bundle) -> None:
    most = WHOLE_VALUES // 16
    endless = np.broadcast_to(np.uint8(1), (1, most + 1, 8))
    with pytest.raises(UsageError, match=f"at most {most:,}; the data have {most + 1:,}"):
        answer(built, endless, "target")


@pytest.mark.parametrize("decode", DECODES)
@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float64])
def test_scores_of_windows_are_those_of_all_ticks(decode: Decode, dtype: type) -> None:
    values = np.random.default_rng(2).integers(0, 9, (3, 20, 4)).astype(dtype)
    whole, tally = Trace({"%s": values}, ("%s",)), Tally(decode)
    for ticks in split_range(20, 7):
        tally.add(whole.cut(ticks))
    assert np.allclose(tally.scores(), whole.scores(decode), rtol=1e-15, atol=0)
    expected = {"count": np.sum, "mean": np.mean, "max": np.max, "last": lambda v, axis: v[:, -1]}
    assert np.array_equal(whole.scores(decode), expected[decode](values, axis=1))


def test_windows_are_short_where_samples_are_many_and_layers_large(built: Bundle) -> None:
    values = 8 + 8  # inputs and neurons
    most = VALUES_TOGETHER // values
    assert choose_samples(built.network, 1) == SAMPLES_TOGETHER
    assert choose_samples(built.network, 10 * VALUES_TOGETHER) == min(
        SAMPLES_TOGETHER, most // TICKS_TOGETHER
    )
    assert choose_whole_samples(built.network, most // 3) == 3
    assert choose_whole_samples(built.network, 10 * VALUES_TOGETHER) == 1
    assert choose_window(built.network, 4) == TICKS_TOGETHER
    assert choose_window(built.network, most // 5) == 5
    assert choose_window(built.network, 10 * most) == 1


def test_spans_cover_all_and_nothing_twice() -> None:
    assert [*split_range(7, 3)] == [slice(0, 3), slice(3, 6), slice(6, 7)]
    assert [*split_range(0, 3)] == [slice(0, 0)]


def test_verify_compares_all_ticks_here_and_says_which_the_target_got(built: Bundle) -> None:
    report = verify(built, data=built.path.parent / "data.npz")
    assert report.ticks == TICKS
    assert [note for note in report.notes if f"the first {TARGET_TICKS:,} of {TICKS:,}" in note]
    assert report.mismatches == 0


LOOP = """import snntorch as snn
import torch
from torch import nn


class {name}(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.a, self.n = nn.Linear(8, 6), snn.Leaky(beta=0.875, threshold=0.3)
        self.b = nn.Linear(6, 3)

    def forward(self, x):
        state, found = self.n.reset_mem(), []
        for tick in x:
            spikes, state = self.n(self.a(tick), state)
            found.append({found})
        return torch.stack(found)


class Step(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.a, self.n = nn.Linear(8, 6), snn.Leaky(beta=0.875, threshold=0.3, init_hidden=True)
        self.b = nn.Linear(6, 3)

    def forward(self, x):
        return self.b(self.n(self.a(x)))
"""
ALL = 3_000


def build_module(name: str, found: str, folder: Path) -> tuple[Bundle, Path]:
    (folder / "model.py").write_text(LOOP.format(name="Loop", found=found))
    data = folder / "data.npz"
    spikes = np.random.default_rng(0).random((2, ALL, 8)) < 0.3
    np.savez(data, x=spikes.astype(np.uint8), y=np.array([0, 1]))
    model, output = f"{folder}/model.py:{name}", folder / "b.snnb"
    return Bundle.open(compile_model(BuildRequest(model, "c99", data=data, output=output))), data


@pytest.mark.parametrize("found", ["spikes", "self.b(spikes)"])
def test_a_model_that_holds_its_ticks_is_given_as_many_as_fit(
    found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle, data = build_module("Loop", found, tmp_path)
    whole = verify(bundle, data=data, target_samples=1)
    assert whole.passed and "eager" in whole.accuracy
    assert not [note for note in whole.notes if "the model itself" in note]
    most = choose_whole_ticks(bundle.source, HELD_VALUES)
    monkeypatch.setattr(portions, "VALUES_TOGETHER", VALUES_TOGETHER * 1_000 // most)
    least = choose_whole_ticks(bundle.source, HELD_VALUES)
    assert 900 < least <= 1_000
    cut = verify(bundle, data=data, target_samples=1)
    assert cut.passed and "eager" not in cut.accuracy
    assert [n for n in cut.notes if f"the model itself was given the first {least:,} of 3,000" in n]
    assert cut.accuracy["native"] == whole.accuracy["native"]
    spikes = {each.right: each.spikes for each in cut.comparisons}
    every = {each.right: each.spikes for each in whole.comparisons}
    assert 0 < spikes["reference-float"] < every["reference-float"]
    assert spikes["native"] == every["native"], "all ticks are compared behind it"


def test_a_model_that_is_called_tick_by_tick_takes_no_memory_for_ticks(tmp_path: Path) -> None:
    bundle, _ = build_module("Step", "spikes", tmp_path)
    eager = find_original(bundle, None, None, None).eager
    assert isinstance(eager, HoldingEager) and not eager.holds_ticks
    peaks: list[int] = []
    for ticks in (1_000, 4_000):
        signal = np.broadcast_to(np.uint8(1), (1, ticks, 8))
        tracemalloc.start()
        scores = eager.watch(signal, 100, lambda trace: None)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert scores.shape == (1, 3)
    kept = 8 * 3_000  # bytes: that nothing was kept of each tick is itself in a list
    assert peaks[1] < 1.05 * peaks[0] + 2 * kept
