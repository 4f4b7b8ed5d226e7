"""Models of text that go on with one: on the reference and in C, with the state kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from snncc.bundle import Bundle
from snncc.ir import run

from .conftest import call

SYMBOLS = "ab c"
MODEL = """import torch
from snncc.zoo.models.spikegpt import SpikeGPT, SpikeGPTConfig


def build():
    torch.manual_seed(3)
    return SpikeGPT(SpikeGPTConfig(4, 8, 1))
"""


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle for c99 of a model of four letters, with the file that names them beside it."""
    folder = tmp_path_factory.mktemp("letters")
    (folder / "letters.py").write_text(MODEL)
    (folder / "symbols.txt").write_text(SYMBOLS)
    x = np.eye(4, dtype=np.uint8)[np.random.default_rng(0).integers(0, 4, (8, 20))]
    np.savez(folder / "x.npz", x=x)
    build = ["build", f"{folder / 'letters.py'}:build", "--target", "c99"]
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as leaving:
        patch.chdir(folder)
        from snncc.cli import main

        main([*build, "--data", "x.npz", "-o", "letters.snnb"])
    assert leaving.value.code == 0
    return folder / "letters.snnb"


def going_on(bundle: Path) -> list[str]:
    return ["run", str(bundle), "--symbols", str(bundle.parent / "symbols.txt")]


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_each_symbol_is_the_likeliest_after_all_before(
    engine: str, letters: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*going_on(letters), "--generate", "30", "--start", "ab", "--engine", engine]
    done = call([*arguments, "--json"], capsys)
    assert done.code == 0, done.err
    answer = json.loads(done.out)
    assert (answer["engine"], answer["start"]) == (engine, "ab")
    assert len(answer["generated"]) == 30
    network = Bundle.open(letters).network
    text = "ab" + answer["generated"]
    signal = np.eye(4)[[[SYMBOLS.index(letter) for letter in text]]]
    best = run(network, signal).output[0].argmax(axis=-1)
    assert text[2:] == "".join(SYMBOLS[k] for k in best[1:-1])
    assert call(arguments, capsys).out == text + "\n"


def test_zoo_models_bring_their_symbols(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = str(tmp_path / "e.snnb")
    assert call(["build", "zoo:egru-text", "--target", "c99", "-o", bundle], capsys).code == 0
    done = call(["run", bundle, "--generate", "40", "--start", "the arr"], capsys)
    assert done.code == 0
    assert done.out.startswith("the array")
    assert len(done.out) == len("the arr") + 40 + 1


WRONG: dict[str, tuple[list[str], str]] = {
    "a letter it has not": (["--generate", "3", "--start", "abx"], "does not know 'x'"),
    "no start": (["--generate", "3"], "nothing to continue; give --start TEXT"),
    "whole signals": (["--generate", "3", "--start", "a", "--engine", "target"], "whole signals"),
    "another engine": (["--generate", "3", "--start", "a", "--engine", "moon"], "engine 'moon'"),
    "data as well": (["--generate", "3", "--start", "a", "--data", "x.npz"], "takes no --data"),
    "neither": ([], "--symbols is for --generate N"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_go_on_is_refused(
    name: str,
    letters: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(letters.parent)
    more, said = WRONG[name]
    done = call([*going_on(letters), *more], capsys)
    assert done.code == 2
    assert said in done.err


def test_symbols_must_be_those_of_the_model(
    letters: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--generate", "3", "--start", "a"]
    assert "symbols of letters.py:build are not" in call(
        ["run", str(letters), *more], capsys
    ).err.replace(f"{letters.parent}/", "")
    few = tmp_path / "few.txt"
    few.write_text("abb")
    done = call(["run", str(letters), *more, "--symbols", str(few)], capsys)
    assert "2 different symbols in 3 letters; the model has 4" in done.err
    few.write_bytes(b"\xff\xfe\xfa")
    assert "is not a text" in call(["run", str(letters), *more, "--symbols", str(few)], capsys).err
    few.write_text("abcd")
    done = call(["run", str(bundle), *more, "--symbols", str(few)], capsys)
    assert "does not predict symbols: it takes [4] and gives 3 scores" in done.err
    assert "or --generate N for a model of text" in call(["run", str(letters)], capsys).err
