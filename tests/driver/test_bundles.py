"""A bundle: same input, same bytes; it opens as it was written, and its stages agree."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from snncc import engines
from snncc.bundle import Bundle
from snncc.ir import run

from .conftest import Snncc


def _bytes(bundle: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(bundle)): p.read_bytes()
        for p in sorted(bundle.rglob("*"))
        if p.is_file() and p.name != "log.json"
    }


def test_same_input_same_bytes(folder: Path, snncc: Snncc, arguments: tuple[str, ...]) -> None:
    assert snncc(*arguments, "--board", "cortex-m4-emulated").code == 0
    first = _bytes(folder / "net.snnb")
    assert snncc(*arguments, "--board", "cortex-m4-emulated", "-o", "again.snnb").code == 0
    assert _bytes(folder / "again.snnb") == first
    assert {"manifest.json", "network.snn", "tensors.npz", "check/check.npz"} < set(first)


def test_a_bundle_that_is_there_is_replaced(
    folder: Path, snncc: Snncc, arguments: tuple[str, ...]
) -> None:
    assert snncc(*arguments).code == 0
    assert snncc(*arguments, "--weight-bits", "4").code == 0
    assert Bundle.open(folder / "net.snnb").settings.weight_bits == 4
    assert not [p for p in folder.iterdir() if p.name.startswith(".net")]


def test_verify_proves_every_stage(folder: Path, snncc: Snncc, arguments: tuple[str, ...]) -> None:
    assert snncc(*arguments).code == 0
    outcome = snncc(
        "verify", "net.snnb", "--weights", "good.safetensors", "--data", "good.npz", "--json"
    )
    assert outcome.code == 0, outcome.err
    report = json.loads(outcome.out)
    assert report["passed"] and report["samples"] == 12 and report["ticks"] == 20
    pairs = {(c["left"], c["right"]) for c in report["comparisons"]}
    assert ("eager", "reference-float") in pairs and ("reference-quantized", "target") in pairs
    for comparison in report["comparisons"]:
        assert comparison["mismatches"] == 0 and comparison["first"] is None
        assert comparison["spikes"] > 0 and comparison["samples"] == 12
    assert set(report["accuracy"]) >= {"eager", "reference-float", "reference-quantized", "target"}


@pytest.mark.parametrize("state_bits", ["16", "32"])
def test_all_engines_give_the_same_trace(
    state_bits: str, folder: Path, snncc: Snncc, arguments: tuple[str, ...]
) -> None:
    assert snncc(*arguments, "--state-bits", state_bits).code == 0
    bundle = Bundle.open(folder / "net.snnb")
    signal = np.load(folder / "good.npz")["x"]
    record = tuple(bundle.check()[1].wires)
    expected = run(bundle.network, signal, record="spikes")
    for engine in engines.ENGINES:
        trace = engines.run(bundle, signal, engine, record=record)
        assert expected.compared(trace) == (0, None), engine


def test_flash_checks_on_the_board(folder: Path, snncc: Snncc, arguments: tuple[str, ...]) -> None:
    assert snncc(*arguments).code == 0
    outcome = snncc("flash", "net.snnb", "--board", "cortex-m4-emulated", "--check", "--json")
    assert outcome.code == 0, outcome.err
    report = json.loads(outcome.out)
    assert report["mismatches"] == 0 and report["spikes"] > 0 and report["flash_bytes"] > 0


def test_a_lie_in_the_check_spikes_is_found(
    folder: Path, snncc: Snncc, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert snncc(*arguments).code == 0
    signal, expected = Bundle.open(folder / "net.snnb").check()
    wire = expected.outputs[0]
    lie = {**expected.wires, wire: expected[wire].copy()}
    lie[wire][1, 7, 2] ^= 1
    told = type(expected)(lie, expected.outputs)
    monkeypatch.setattr(Bundle, "check", lambda self: (signal, told))
    outcome = snncc("flash", "net.snnb", "--check")
    assert outcome.code == 3
    assert f"sample 1, tick 7, {wire}, neuron 2" in outcome.err


def test_another_model_is_refused(folder: Path, snncc: Snncc, arguments: tuple[str, ...]) -> None:
    assert snncc(*arguments).code == 0
    text = (folder / "model.py").read_text().replace("append(spk2)", "append(spk1)")
    (folder / "model.py").write_text(text)
    outcome = snncc("verify", "net.snnb", "--weights", "good.safetensors", "--data", "good.npz")
    assert outcome.code == 2 and "no longer the model" in outcome.err


def test_observers_print_dump_and_check(
    folder: Path, snncc: Snncc, arguments: tuple[str, ...]
) -> None:
    outcome = snncc(
        *arguments, "--print-after", "quantize", "--dump", "stages", "--time", "--check-each", "4"
    )
    assert outcome.code == 0, outcome.err
    assert "+  %lif1" in outcome.err and "  quantize" in outcome.err
    stages = sorted(p.name for p in (folder / "stages").glob("*.snn"))
    assert stages[0] == "000-import.snn" and any("quantize" in name for name in stages)
