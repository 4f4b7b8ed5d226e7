"""Data of very many ticks: a build does not wait for all of them, and runs take parts."""

import numpy as np
import pytest

from benchmarks.workloads.growing import stacked
from snncc.build import compile_model
from snncc.build.calibration_data import CALIBRATION_TICKS
from snncc.build.compile_model import CHECK_TICKS
from snncc.bundle import BuildRequest, Bundle
from snncc.ir import DECODES, Decode, Tally, Trace, show
from snncc.ir import run as interpreted
from snncc.portions import (
    SAMPLES_TOGETHER,
    TICKS_TOGETHER,
    VALUES_TOGETHER,
    choose_samples,
    choose_whole_samples,
    choose_window,
    split_range,
)
from snncc.run import answer, run, verify
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
