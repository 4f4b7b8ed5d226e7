"""The user's way: build for lava, verify in Lava; and what is said where Lava is missing."""

from pathlib import Path

import pytest

from snncc.build.compile_model import compile_model
from snncc.bundle import BuildRequest, Bundle
from snncc.run.engines import run
from snncc.run.verify import verify

MODEL, NATIVE = "zoo:l2mu-motions", "zoo:l2mu-motions-zero"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """An L2MU, built for Loihi."""
    path = tmp_path_factory.mktemp("lava") / "motions.snnb"
    return Bundle.open(compile_model(BuildRequest(MODEL, "lava", output=path)))


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """An L2MU that was trained for Loihi, as stock neurons alone."""
    path = tmp_path_factory.mktemp("lava") / "native.snnb"
    options = {"neurons": "stock"}
    return Bundle.open(compile_model(BuildRequest(NATIVE, "lava", options=options, output=path)))


def test_a_missing_lava_is_reported_as_absent(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNNCC_RUNTIMES", str(tmp_path))
    report = verify(bundle, target_samples=2)
    target = next(c for c in report.comparisons if c.right == "target")
    assert "add it with: snncc setup lava" in target.absent
    assert target.samples == 0 and not report.passed
    assert all(c.mismatches == 0 and c.samples for c in report.comparisons if c is not target)


@pytest.mark.usefixtures("lava")
def test_every_stage_agrees_up_to_lava(bundle: Bundle) -> None:
    report = verify(bundle, target_samples=3)
    assert report.passed
    target = next(c for c in report.comparisons if c.right == "target")
    assert target.samples == 3 and target.spikes > 0
    assert report.accuracy["reference-quantized"] >= report.accuracy["reference-float"] - 0.01


@pytest.mark.usefixtures("lava")
def test_a_native_bundle_runs_in_lava(native: Bundle) -> None:
    signal, expected = native.check()
    found = run(native, signal[:1, :30], "target", record=("%encoder_0_neurons",))
    assert found["%encoder_0_neurons"].shape[2:] == (6, 6) and found["%encoder_0_neurons"].any()
    for wire in expected.outputs:
        assert (found[wire] == expected[wire][:1, :30]).all()


def test_the_bundle_says_what_the_chip_must_do(bundle: Bundle) -> None:
    assert bundle.report["steps_per_tick"] == 3
    assert bundle.report["native"] is False
    assert (bundle.path / "target" / "network.py").read_text().startswith('"""')


def test_a_native_bundle_takes_one_step_a_tick_and_a_process_per_set_of_constants(
    native: Bundle,
) -> None:
    assert native.report["steps_per_tick"] == 1
    assert native.report["native"] is True
    populations = native.report["populations"]
    assert sum(each["node"] == "encoder_0_neurons" for each in populations) == 6
    assert {each["process"] for each in populations} == {"LIF", "LIFReset"}
