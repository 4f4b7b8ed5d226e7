"""The coverage-guided harness sees faults; it runs where atheris is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .files import prepare, whole_files
from .guided import ABSENT, FaultFound, demand_answer, is_there, main, read_in_process

ROOT = Path(__file__).parents[2]
RUNNABLE = pytest.mark.skipif(not is_there(), reason=ABSENT)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    prepare(tmp_path, whole_files())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_whole_and_damaged_files_are_answered(folder: Path) -> None:
    whole = (folder / "cell.onnx").read_bytes()
    assert read_in_process("cell.onnx", whole).code == 0
    assert read_in_process("cell.onnx", whole[:-9]).code
    demand_answer("cell.onnx", whole[:-9])


def test_an_internal_error_is_a_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("snncc.frontends.onnx.read.importing.open_model", fail)
    with pytest.raises(FaultFound, match=r"cell\.onnx: internal error"):
        demand_answer("cell.onnx", (folder / "cell.onnx").read_bytes())


@pytest.mark.skipif(is_there(), reason="atheris is installed here")
def test_without_atheris_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["guided.py", "cell.onnx"])
    assert main() == 4
    assert capsys.readouterr().err.strip() == ABSENT


@RUNNABLE
def test_atheris_finds_no_fault_in_some_seconds(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz.guided", "cell.onnx", "--seconds", "5"]
    command += ["--keep", str(tmp_path)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr[-2000:]
    assert "DONE" in found.stderr
    assert not [*tmp_path.iterdir()]
