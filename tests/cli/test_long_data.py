"""Data of very many ticks: a build does not wait for all of them, and runs take parts."""

import numpy as np
import pytest

from benchmarks.workloads.growing import stacked
from snncc.build import compile_model
from snncc.build.compile_model import CHECK_TICKS
from snncc.build.learned import CALIBRATION_TICKS
from snncc.bundle import BuildRequest, Bundle
from snncc.ir import run as interpreted
from snncc.ir import show
from snncc.run import run, verify
from snncc.run.engines import PART_TICKS, TOGETHER, TRACE_VALUES, interpret, together
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
    signal = np.random.default_rng(1).random((2, PART_TICKS + 3, 8)) < 0.3
    whole = interpreted(built.network, signal)
    assert whole.compare(interpret(built.network, signal, ()))[0] == 0
    assert whole.compare(run(built, signal, "native"))[0] == 0


def test_fewer_samples_run_together_where_ticks_are_many(built: Bundle) -> None:
    values = 8 + 8  # inputs and neurons
    assert together(built, 1) == TOGETHER
    assert together(built, TRACE_VALUES // values // 3) == 3
    assert together(built, 10 * TRACE_VALUES) == 1


def test_verify_compares_all_ticks_here_and_says_which_the_target_got(built: Bundle) -> None:
    report = verify(built, data=built.path.parent / "data.npz")
    assert report.ticks == TICKS
    assert [note for note in report.notes if f"the first {TARGET_TICKS:,} of {TICKS:,}" in note]
    assert report.mismatches == 0
