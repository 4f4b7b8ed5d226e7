"""What lies between the command line's ends: observers of the passes, and a board that lies."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from snncc.bundle import Bundle
from snncc.ir import Trace

from .conftest import GOOD, call


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
