"""The user's way: build for spinnaker2, look at the core map, verify; the three trained L2MUs."""

import json
import os
from pathlib import Path

import pytest

from snncc.build.compile_model import compile_model
from snncc.bundle import BuildRequest, Bundle
from snncc.run.verify import verify

L2MUS = {"zoo:l2mu-motions": 3, "zoo:l2mu-wisdm": 3, "zoo:l2mu-braille": 3}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """An L2MU, built for SpiNNaker 2."""
    path = tmp_path_factory.mktemp("spinnaker2") / "motions.snnb"
    return Bundle.open(compile_model(BuildRequest("zoo:l2mu-motions", "spinnaker2", output=path)))


def test_every_stage_agrees(bundle: Bundle) -> None:
    report = verify(bundle)
    assert report.passed and report.samples == 40
    target = next(c for c in report.comparisons if c.right == "target")
    assert target.mismatches == 0 and target.spikes > 10_000
    assert report.accuracy["target"] >= report.accuracy["reference-float"] - 0.025


def test_the_report_is_a_core_map(bundle: Bundle) -> None:
    found = bundle.report
    assert found["chip_ticks_per_tick"] == L2MUS["zoo:l2mu-motions"]
    assert found["on_the_host"] == ["encoder_0_neurons"]
    lines = found["core_map"]
    assert isinstance(lines, list) and len(lines) == found["cores"]
    assert any("N_u[0:16]" in str(line) and "quad" in str(line) for line in lines)


def test_a_network_that_waits_brings_its_kernel(bundle: Bundle) -> None:
    target = bundle.path / "target"
    assert "paced_tick" in (target / "kernel" / "paced.c").read_text()
    mapping = json.loads((target / "mapping.json").read_text())
    assert {each["pace"] for each in mapping["populations"]} == {3}
    assert any("target/kernel" in str(note) for note in bundle.report["warnings"])


@pytest.mark.parametrize("model", ["zoo:l2mu-wisdm", "zoo:l2mu-braille"])
def test_trained_networks_agree_in_every_spike(model: str, tmp_path: Path) -> None:
    if "SNNCC_DATA" not in os.environ:
        pytest.skip("set SNNCC_DATA to the folder that contains the larger data sets")
    path = compile_model(BuildRequest(model, "spinnaker2", output=tmp_path / "net.snnb"))
    built = Bundle.open(path)
    assert built.report["chip_ticks_per_tick"] == L2MUS[model]
    # The build itself has held the program to the reference on its check samples.
    signal, expected = built.check()
    assert len(signal) == 4 and expected.output.any()
