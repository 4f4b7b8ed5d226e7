"""Bad input of many kinds: one readable sentence, the documented exit code, nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from .conftest import GOOD, call

BUILD = ["build", "--target", "c99", "-o", "new.snnb"]


def build(*arguments: str) -> list[str]:
    return [*BUILD, *arguments]


def model(source: str) -> list[str]:
    return build(source, "--data", "good.npz")


def weights(name: str) -> list[str]:
    return build("good.py:build", "--weights", name, "--data", "good.npz")


def data(name: str) -> list[str]:
    return build("good.py:build", "--weights", "good.safetensors", "--data", name)


# What the user typed, the exit code, and what the sentence has to say.
CASES: dict[str, tuple[list[str], int, Sequence[str]]] = {
    "model: no such file": (model("none.py:build"), 2, ["none.py"]),
    "model: no such factory": (model("good.py:bild"), 2, ["good.py", "bild"]),
    "model: no such package": (model("nowhere.models:build"), 2, ["nowhere"]),
    "model: not a source at all": (model("good.xyz"), 2, ["good.xyz", "zoo:NAME"]),
    "model: unknown in the zoo": (model("zoo:l2mu-motion"), 2, ["l2mu-motions"]),
    "model: file does not parse": (model("syntax.py:build"), 1, ["syntax.py"]),
    "model: factory fails": (model("raises.py:build"), 1, ["no licence for this model"]),
    "model: no nn.Module": (model("number.py:build"), 1, ["number.py", "int"]),
    "model: unknown stateful layer": (model("gru.py:build"), 1, ["gru.py", "middle"]),
    "model: branches on its data": (model("branch.py:build"), 1, ["branch.py"]),
    "network: loop without delay": (build("loop.snn"), 1, ["V003", "%s"]),
    "network: torn text": (build("cut.snn"), 1, ["line"]),
    "weights: no such file": (weights("none.pt"), 2, ["none.pt"]),
    "weights: unknown kind": (weights("good.weights"), 2, ["good.weights", ".safetensors"]),
    "weights: torn safetensors": (weights("torn.safetensors"), 1, ["torn.safetensors"]),
    "weights: lying safetensors": (weights("lying.safetensors"), 1, ["lying.safetensors"]),
    "weights: torn pt": (weights("torn.pt"), 1, ["torn.pt"]),
    "weights: key missing": (weights("short.safetensors"), 1, ["out.weight"]),
    "weights: another shape": (weights("wide.safetensors"), 1, ["out.weight"]),
    "weights: NaN": (weights("nan.safetensors"), 1, ["out.weight"]),
    "weights: infinite": (weights("inf.safetensors"), 1, ["out.weight"]),
    "weights: pickle with code": (weights("code.pt"), 1, ["code.pt"]),
    "weights: checkpoint with code": (weights("code.ckpt"), 1, ["code.ckpt"]),
    "weights: a pickled module": (weights("module.pt"), 1, ["module.pt"]),
    "data: no such file": (data("none.npz"), 2, ["none.npz"]),
    "data: torn": (data("torn.npz"), 2, ["torn.npz"]),
    "data: no x": (data("nox.npz"), 2, ["nox.npz", "x", "stimuli"]),
    "data: NaN": (data("nan.npz"), 2, ["nan.npz", "finite"]),
    "data: another shape": (data("wide.npz"), 1, ["4", "5"]),
    "data: one axis": (data("flat.npz"), 2, ["flat.npz", "samples"]),
    "data: no sample": (data("empty.npz"), 2, ["empty.npz"]),
    "data: fewer labels": (data("labels.npz"), 2, ["labels.npz", "4", "6"]),
    "data: no tick": (data("no_ticks.npz"), 2, ["no_ticks.npz", "[6, 0, 4]"]),
    "data: no time axis": (data("static.npz"), 1, ["no axis of time", "--option ticks=N"]),
    "data: labels are words": (data("words.npz"), 2, ["words.npz", "y", "integers from 0"]),
    "data: labels are fractions": (data("halves.npz"), 2, ["halves.npz", "integers from 0"]),
    "data: a label without end": (data("inf.npz"), 2, ["inf.npz", "y", "inf at [2]"]),
    "data: a label beyond all": (data("beyond.npz"), 2, ["beyond.npz", "y", "1e+300 at [1]"]),
    "data: no archive": (data("good.py"), 2, ["good.py", "is not data that can be read"]),
    "data: pickle with code": (data("code.npz"), 2, ["code.npz"]),
    "call: unknown target": (
        ["build", *GOOD, "--target", "c98"],
        2,
        ["c98", "did you mean 'c99'"],
    ),
    "call: unknown board": (build(*GOOD, "--board", "cortex-m5"), 2, ["cortex-m5", "cortex-m4"]),
    "call: unknown option": (build(*GOOD, "--option", "speed=9"), 2, ["speed"]),
    "call: no such output": (build(*GOOD, "--option", "output=9"), 1, ["'9'", "leave the option"]),
    "call: bits beside passes": (
        build(*GOOD, "--passes", "quantize", "--weight-bits", "4"),
        2,
        ["--weight-bits", "quantize{weight_bits=4}"],
    ),
    "call: dump into a file": (build(*GOOD, "--dump", "file"), 2, ["file"]),
    "call: option without value": (build(*GOOD, "--option", "ticks"), 2, ["ticks", "KEY=VALUE"]),
    "call: option twice": (build(*GOOD, "--option", "a=1", "--option", "a=2"), 2, ["a", "twice"]),
    "call: bits out of range": (build(*GOOD, "--weight-bits", "17"), 2, ["17", "2<=x<=16"]),
    "call: unknown pass": (build(*GOOD, "--passes", "prun"), 2, ["prun", "prune"]),
    "call: unknown pass option": (
        build(*GOOD, "--passes", "quantize{bits=4}"),
        2,
        ["quantize", "bits"],
    ),
    "call: print after unknown pass": (build(*GOOD, "--print-after", "al"), 2, ["al"]),
    "output: a folder of the user's": (
        build(*GOOD, "-o", "holiday"),
        2,
        ["holiday", "not a bundle"],
    ),
    "output: below a file": (build(*GOOD, "-o", "file/new.snnb"), 2, ["file"]),
    "bundle: none": (["verify", "holiday"], 2, ["holiday", "manifest.json"]),
    "bundle: no such path": (["flash", "none.snnb"], 2, ["none.snnb"]),
    "inspect: no such path": (["inspect", "none.snnb"], 2, ["none.snnb"]),
}


def listing(folder: Path) -> dict[str, int]:
    paths = (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.stat().st_size for path in paths}


def test_the_cases_are_at_least_thirty() -> None:
    assert len(CASES) >= 30


@pytest.mark.parametrize(("arguments", "code", "says"), CASES.values(), ids=CASES)
def test_bad_input(
    arguments: list[str],
    code: int,
    says: Sequence[str],
    inside: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = listing(inside)
    done = call(arguments, capsys)
    assert done.code == code, done.err
    assert done.out == ""
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    assert [part for part in says if part not in done.err] == []
    assert listing(inside) == before
    assert not (inside / "ran.txt").exists(), "a pickle was run"


@pytest.fixture
def copy(bundle: Path, tmp_path: Path, inside: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "copy.snnb"))


def test_a_file_changed_after_the_build_is_named(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = copy / "network.snn"
    text.write_text(text.read_text().replace("lif", "if "))
    done = call(["verify", str(copy)], capsys)
    assert (done.code, done.out) == (2, "")
    assert "network.snn is missing or was changed" in done.err


def test_a_damaged_manifest_is_named(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / "manifest.json").write_text('{"format_version": 1')
    done = call(["flash", str(copy)], capsys)
    assert done.code == 2
    assert "manifest.json is damaged" in done.err


def test_a_bundle_of_another_format_is_refused(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, "format_version": 99}))
    done = call(["inspect", str(copy)], capsys)
    assert done.code == 2
    assert "99" in done.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--data", "wide.npz"], ["4", "5"]),
        (["--data", "good.npz", "--engine", "nativ"], ["did you mean 'native'"]),
    ],
    ids=["another shape", "unknown engine"],
)
def test_run_refuses_what_does_not_fit(
    arguments: list[str], says: list[str], copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = call(["run", str(copy), *arguments], capsys)
    assert (done.code, done.out) == (2, "")
    assert [part for part in says if part not in done.err] == []


def test_flash_refuses_an_unknown_board(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = call(["flash", str(copy), "--board", "cortex-m5-emulated"], capsys)
    assert done.code == 2
    assert "did you mean" in done.err


def test_verify_asks_for_weights_and_refuses_others(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--weights" in call(["verify", str(copy), "--data", "good.npz"], capsys).err
    other = ["verify", str(copy), "--data", "good.npz", "--weights", "nan.safetensors"]
    assert call(other, capsys).code in (1, 2)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_in_mid_build_leaves_nothing(inside: Path) -> None:
    before = listing(inside)
    for _ in range(5):
        code, message = _interrupt_build(inside)
        if code:
            break
        # Python drops an interrupt that comes within a callback from C, such as one of an import.
        shutil.rmtree(inside / "new.snnb")
    # Python ends by the signal itself where it came while C code ran Python (an import of torch); a
    # shell shows 130 for both.
    assert code in (130, -signal.SIGINT)
    assert message.strip().splitlines()[-1] == "interrupted"
    assert "Traceback" not in message
    assert listing(inside) == before


def _interrupt_build(inside: Path) -> tuple[int, str]:
    """Exit code and messages of a build that is interrupted as soon as it has begun."""
    process = subprocess.Popen(
        [sys.executable, "-m", "snncc", *build(*GOOD, "--check-each", "100000")],
        cwd=inside,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job, such as a whole run of tests, ignores interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    began = time.monotonic()
    while not (inside / ".new.snnb.snncc/new").exists() and time.monotonic() < began + 60:
        time.sleep(0.01)
    assert process.poll() is None, "the build was over before it could be interrupted"
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=60)
    return process.returncode, message
