"""What lies between the command line's ends: observers of the passes, and a board that lies."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from snncc.bundle import Bundle
from snncc.ir import Trace

from .conftest import GOOD, call
from .models import GOOD as GOOD_SOURCE


def test_observers_print_dump_time_and_check(
    inside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, stages = tmp_path / "net.snnb", tmp_path / "stages"
    watch = ["--print-after", "quantize", "--dump", str(stages), "--time", "--check-each", "4"]
    done = call(["build", *GOOD, "--target", "c99", "-o", str(out), *watch], capsys)
    assert done.code == 0, done.err
    assert "weight=s8@" in done.err and " s  quantize" in done.err
    written = sorted(path.name for path in stages.glob("*.snn"))
    assert written[0] == "000-import.snn" and any("quantize" in name for name in written)


def test_a_bundle_that_is_there_is_replaced(
    inside: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "net.snnb"
    shutil.copytree(bundle, there)
    again = ["build", *GOOD, "--target", "c99", "--weight-bits", "4", "-o", str(there)]
    assert call(again, capsys).code == 0
    assert Bundle.open(there).settings.weight_bits == 4
    assert [path.name for path in tmp_path.iterdir()] == ["net.snnb"]


def test_a_lie_in_the_check_spikes_is_found(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    signal, expected = Bundle.open(bundle).check()
    wire = expected.outputs[0]
    lie = np.array(expected[wire])
    lie[1, 7, 2] ^= 1
    told = Trace({**expected.wires, wire: lie}, expected.outputs)
    monkeypatch.setattr(Bundle, "check", lambda _: (signal, told))
    done = call(["flash", str(bundle), "--check"], capsys)
    assert done.code == 3
    assert "1 values on cortex-m4-emulated differ from the check spikes" in done.err
    assert f"sample 1, tick 7, {wire}, neuron 2" in done.err


def test_bisect_names_the_pass_that_changes_spikes(
    inside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = ["build", *GOOD, "--target", "c99", "--bisect", "-o", str(tmp_path / "net.snnb")]
    coarse = call([*build, "--weight-bits", "2"], capsys)
    assert coarse.code == 0, coarse.err
    assert "bisect: pass 6 'quantize' is the first" in coarse.err
    network = tmp_path / "net.snnb" / "source" / "network.snn"
    same = call(["inspect", str(network)], capsys)
    assert same.code == 0, same.err


def test_a_network_of_integers_is_built_as_it_is(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network, out = str(bundle / "network.snn"), str(tmp_path / "n.snnb")
    assert "computes with integers" in call(["inspect", network], capsys).out
    done = call(["build", network, "--target", "c99", "-o", out], capsys)
    assert done.code == 0, done.err
    built, given = Bundle.open(tmp_path / "n.snnb"), Bundle.open(bundle)
    assert built.network == built.source == given.network
    assert call(["verify", out], capsys).code == 0
    checked = call(["check", network, "--target", "c99"], capsys)
    assert checked.code == 0, checked.err
    for option in (["--weight-bits", "4"], ["--passes", "prune"], ["--calibrate", "search"]):
        done = call(["build", network, "--target", "c99", "-o", out + "2", *option], capsys)
        assert (done.code, (tmp_path / "n.snnb2").exists()) == (2, False)
        assert f"integers already, which stay as they are; leave out {option[0]}" in done.err


def test_verify_says_what_saturated(
    inside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "net.snnb")
    real = np.load("good.npz")["x"] + 0.25
    np.savez(tmp_path / "small.npz", x=real * 0.01)
    np.savez(tmp_path / "large.npz", x=real)
    good = ["good.py:build", "--weights", "good.safetensors"]
    build = ["build", *good, "--data", str(tmp_path / "small.npz"), "--target", "c99", "-o", out]
    assert call(build, capsys).code == 0
    large = ["--data", str(tmp_path / "large.npz")]
    verified = call(["verify", out, "--weights", "good.safetensors", *large, "--json"], capsys)
    # Clipped as they are the inputs make nothing fire, so that there is nothing to compare.
    assert verified.code == 3 and "nothing was compared" in verified.err
    report = json.loads(verified.out)
    assert report["saturated"]["x"] > 0 and not report["passed"]
    layers = report["loss"]["layers"]
    assert layers[0]["spikes_float"] > 0 and layers[0]["spikes_quantized"] == 0
    said = f"note: {report['saturated']['x']:,} values of input %x lie beyond what its format holds"
    assert said in verified.err
    for engine in ("reference", "native", "target"):
        ran = call(["run", out, *large, "--engine", engine, "--json"], capsys)
        assert json.loads(ran.out)["saturated"]["x"] == report["saturated"]["x"]
        assert said in call(["run", out, *large, "--engine", engine], capsys).err


def test_verify_without_data_plays_the_check_signal(
    bundle: Path, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = call(["verify", str(bundle), "--weights", "good.safetensors", "--json"], capsys)
    assert done.code == 0, done.err
    assert json.loads(done.out)["samples"] == 4


def test_labels_that_count_from_one_are_refused(
    bundle: Path, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = call(["run", str(bundle), "--data", "from_one.npz"], capsys)
    assert done.code == 2
    assert "y goes up to 3, the model has 3 classes" in done.err


def test_static_data_are_presented_at_every_tick_and_that_is_said(
    inside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = ["good.py:build", "--weights", "good.safetensors", "--data", "static.npz"]
    build = ["build", *good, "--target", "c99", "--option", "ticks=5", "-o", str(tmp_path / "n")]
    done = call(build, capsys)
    assert done.code == 0, done.err
    assert "note: each sample of x, [4], is presented whole at each of 5 ticks" in done.err
    shown = call(["run", str(tmp_path / "n"), "--data", "static.npz", "--json"], capsys)
    assert len(json.loads(shown.out)["classes"]) == 6
    zoo = ["inspect", "zoo:l2mu-motions", "--option", "ticks=5"]
    assert "has ticks already" in call(zoo, capsys).err


def test_a_model_that_puts_out_no_spikes_is_compared_by_those_within(
    inside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = GOOD_SOURCE.replace("counted.append(spikes)", "counted.append(self.read(spikes))")
    silent = silent.replace("self.last =", "self.read = nn.Linear(3, 2)\n        self.last =")
    (inside / "silent.py").write_text(silent)
    torch.save(runpy.run_path("silent.py")["build"]().state_dict(), "silent.pt")
    np.savez("x.npz", x=np.random.default_rng(0).normal(size=(5, 9, 4)) * 4)
    out, data = str(tmp_path / "net.snnb"), ["--data", "x.npz"]
    build = ["build", "silent.py:build", "--weights", "silent.pt", *data, "--target", "c99"]
    done = call([*build, "-o", out], capsys)
    assert done.code == 0, done.err
    done = call(["verify", out, *data, "--json"], capsys)
    assert done.code == 0, done.err
    eager = json.loads(done.out)["comparisons"][0]
    assert eager["left"] == "eager" and eager["samples"] == 5 and eager["spikes"] > 0
