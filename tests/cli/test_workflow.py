"""The way that the README shows, on a user's own model: build, inspect, verify, run, flash."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from snncc.bundle import Bundle
from snncc.ir import run

from .conftest import GOOD, call

AGAIN = ["--weights", "good.safetensors", "--data", "good.npz"]


def files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_same_input_gives_the_same_bytes(
    bundle: Path, inside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = tmp_path / "again.snnb"
    build = ["build", "--target", "c99", "--board", "cortex-m4-emulated", *GOOD, "-o", str(again)]
    done = call(build, capsys)
    assert (done.code, done.out) == (0, f"{again}\n")
    left, right = files(bundle), files(again)
    assert left.pop("log.json")
    assert right.pop("log.json")
    assert left == right


def test_verify_finds_every_stage_equal(
    bundle: Path, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = call(["verify", str(bundle), *AGAIN, "--json"], capsys)
    assert done.code == 0, done.err
    report = json.loads(done.out)
    assert report["passed"] is True
    assert (report["target"], report["samples"], report["ticks"]) == ("c99", 6, 20)
    pairs = {(each["left"], each["right"]) for each in report["comparisons"]}
    assert ("eager", "reference-float") in pairs
    assert ("reference-quantized", "target") in pairs
    for each in report["comparisons"]:
        assert (each["mismatches"], each["first"]) == (0, None)
        assert each["spikes"] > 0
    assert {"eager", "reference-float", "reference-quantized", "target"} <= set(report["accuracy"])
    assert report["board"]["instructions_per_tick"] > 0


def test_verify_shows_the_same_as_a_table(
    bundle: Path, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = call(["verify", str(bundle), *AGAIN], capsys)
    assert done.code == 0
    assert "eager = reference-float" in done.out
    assert "of 6 samples" in done.out


@pytest.mark.parametrize("engine", ["reference", "native", "target"])
def test_every_engine_gives_the_reference_spikes(
    engine: str,
    bundle: Path,
    inside: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spikes = tmp_path / "spikes.npz"
    arguments = ["run", str(bundle), "--data", "good.npz", "--engine", engine, "--json"]
    done = call([*arguments, "-o", str(spikes)], capsys)
    assert done.code == 0, done.err
    answer = json.loads(done.out)
    assert (answer["engine"], len(answer["classes"])) == (engine, 6)
    expected = run(Bundle.open(bundle).network, np.load("good.npz")["x"])
    with np.load(spikes) as found:
        for wire in expected.outputs:
            np.testing.assert_array_equal(found[wire.lstrip("%")], expected[wire])


def test_flash_replays_the_check_spikes(
    bundle: Path, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = call(["flash", str(bundle), "--check", "--json"], capsys)
    assert done.code == 0, done.err
    report = json.loads(done.out)
    assert (report["board"], report["programmed"]) == ("cortex-m4-emulated", True)
    assert (report["mismatches"], report["spikes"] > 0) == (0, True)
    assert report["flash_bytes"] > report["ram_bytes"] > 0


def test_a_dry_run_touches_no_board(
    bundle: Path, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = call(["flash", str(bundle), "--dry-run"], capsys)
    assert done.code == 0
    assert "programmed" in done.out


def test_inspect_shows_bundles_networks_and_models(
    bundle: Path, inside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = call(["inspect", str(bundle)], capsys)
    assert shown.code == 0
    assert "for c99" in shown.out
    assert Bundle.open(bundle).network.name in shown.out
    counted = json.loads(call(["inspect", str(bundle), "--as", "json"], capsys).out)
    assert counted["network"]["neurons"] == 11
    assert all(counted["digests"].values())
    text = tmp_path / "model.txt"
    assert call(["inspect", *GOOD, "-o", str(text)], capsys) == (0, "", "")
    assert "lif(" in text.read_text()


def test_what_is_ignored_is_refused_or_said(
    bundle: Path, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = call(["flash", str(bundle), "--check", "--dry-run"], capsys)
    assert (both.code, "no check spikes are played" in both.err) == (0, True)
    weights = call(["inspect", str(bundle), "--weights", "good.safetensors"], capsys)
    assert (weights.code, "a bundle contains all it needs" in weights.err) == (2, True)
