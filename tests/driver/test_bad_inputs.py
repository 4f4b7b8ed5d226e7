"""Each kind of bad input gives a readable sentence and its exit code, and leaves nothing behind."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from .conftest import Snncc, weights

Prepare = Callable[[Path], tuple[str, ...]]
CASES: dict[str, tuple[int, str, Prepare]] = {}
"""Name → exit code, a part of the message, and what makes the arguments in a prepared folder."""


def case(code: int, says: str) -> Callable[[Prepare], Prepare]:
    """Enters a bad input into the table under its function's name."""

    def enter(prepare: Prepare) -> Prepare:
        CASES[prepare.__name__] = (code, says, prepare)
        return prepare

    return enter


def build(
    model: str = "model.py:Net",
    weights: str | None = "good.safetensors",
    data: str | None = "good.npz",
    *more: str,
    target: str = "c99",
) -> tuple[str, ...]:
    """Arguments of a build, good but for what is named."""
    given = ("--weights", weights) if weights else ()
    given += ("--data", data) if data else ()
    return ("build", model, *given, "--target", target, "-o", "out.snnb", *more)


@case(2, "unknown target 'c9'; did you mean 'c99'?")
def unknown_target(folder: Path) -> tuple[str, ...]:
    return build(target="c9")


@case(2, "'model' is no model")
def no_such_form(folder: Path) -> tuple[str, ...]:
    return build("model")


@case(2, "unknown zoo model")
def unknown_zoo_name(folder: Path) -> tuple[str, ...]:
    return build("zoo:l2mu-motion", None, None)


@case(2, "no file nowhere.py")
def no_such_file(folder: Path) -> tuple[str, ...]:
    return build("nowhere.py:Net")


@case(2, "unknown factory 'Nett'; did you mean 'Net'?")
def unknown_factory(folder: Path) -> tuple[str, ...]:
    return build("model.py:Nett")


@case(1, "returned a int")
def factory_gives_no_module(folder: Path) -> tuple[str, ...]:
    return build("model.py:number")


@case(1, "no such luck")
def factory_fails(folder: Path) -> tuple[str, ...]:
    return build("model.py:broken")


@case(1, "SyntaxError")
def file_with_syntax_error(folder: Path) -> tuple[str, ...]:
    (folder / "wrong.py").write_text("def f(:\n")
    return build("wrong.py:f")


@case(1, "Memory")
def unknown_stateful_module(folder: Path) -> tuple[str, ...]:
    save_file({"fc.weight": torch.ones(3, 6), "fc.bias": torch.ones(3)}, folder / "m.safetensors")
    return build("model.py:Memory", "m.safetensors")


@case(1, "LSTM")
def unknown_layer(folder: Path) -> tuple[str, ...]:
    return build("model.py:Recurrent", None)


def _saved(folder: Path, **changes: torch.Tensor | None) -> tuple[str, ...]:
    named = {**weights(), **{k.replace("__", "."): v for k, v in changes.items()}}
    save_file({k: v for k, v in named.items() if v is not None}, folder / "bad.safetensors")
    return build(weights="bad.safetensors")


@case(1, "fc1.bias")
def missing_key(folder: Path) -> tuple[str, ...]:
    return _saved(folder, fc1__bias=None)


@case(1, "fc9.weight")
def unexpected_key(folder: Path) -> tuple[str, ...]:
    return _saved(folder, fc9__weight=torch.ones(2))


@case(1, "fc2.weight")
def weights_of_wrong_shape(folder: Path) -> tuple[str, ...]:
    return _saved(folder, fc2__weight=torch.ones(3, 13))


@case(1, "NaN")
def weights_with_nan(folder: Path) -> tuple[str, ...]:
    return _saved(folder, fc1__weight=torch.full((12, 6), torch.nan))


@case(1, "cut.safetensors")
def truncated_weights(folder: Path) -> tuple[str, ...]:
    whole = (folder / "good.safetensors").read_bytes()
    (folder / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    return build(weights="cut.safetensors")


class _Code:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch pwned",)


@case(1, "code")
def pickle_with_code(folder: Path) -> tuple[str, ...]:
    (folder / "evil.pt").write_bytes(pickle.dumps(_Code()))
    return build(weights="evil.pt")


@case(1, "empty.pt")
def empty_weights(folder: Path) -> tuple[str, ...]:
    (folder / "empty.pt").touch()
    return build(weights="empty.pt")


@case(2, "weights.txt")
def weights_of_unknown_kind(folder: Path) -> tuple[str, ...]:
    (folder / "weights.txt").write_text("1 2 3")
    return build(weights="weights.txt")


def _data(folder: Path, **arrays: object) -> tuple[str, ...]:
    np.savez(folder / "bad.npz", **{k: np.asarray(v) for k, v in arrays.items()})
    return build(data="bad.npz")


@case(1, "7")
def data_of_wrong_shape(folder: Path) -> tuple[str, ...]:
    return _data(folder, x=np.zeros((4, 20, 7)))


@case(2, "has no array x")
def data_without_x(folder: Path) -> tuple[str, ...]:
    return _data(folder, inputs=np.zeros((4, 20, 6)))


@case(2, "x is not finite at [1, 2, 3]")
def data_with_nan(folder: Path) -> tuple[str, ...]:
    x = np.zeros((4, 20, 6))
    x[1, 2, 3] = np.nan
    return _data(folder, x=x)


@case(2, "y is [3], expected [4]")
def data_with_too_few_labels(folder: Path) -> tuple[str, ...]:
    return _data(folder, x=np.zeros((4, 20, 6)), y=[0, 1, 2])


@case(2, "cut.npz")
def truncated_data(folder: Path) -> tuple[str, ...]:
    (folder / "cut.npz").write_bytes((folder / "good.npz").read_bytes()[:300])
    return build(data="cut.npz")


@case(2, "objects.npz")
def data_with_pickled_objects(folder: Path) -> tuple[str, ...]:
    np.savez(folder / "objects.npz", x=np.array([_Code(), None], dtype=object))
    return build(data="objects.npz")


@case(2, "shape")
def no_input_shape(folder: Path) -> tuple[str, ...]:
    return build(data=None)


@case(2, "unknown option 'layuot'; did you mean 'layout'?")
def unknown_option(folder: Path) -> tuple[str, ...]:
    return build("model.py:Net", "good.safetensors", "good.npz", "--option", "layuot=step")


@case(2, "ticks takes a whole number")
def option_of_wrong_kind(folder: Path) -> tuple[str, ...]:
    return build("model.py:Net", "good.safetensors", "good.npz", "--option", "ticks=many")


@case(2, "unknown pass 'quantise'; did you mean 'quantize'?")
def unknown_pass(folder: Path) -> tuple[str, ...]:
    return build("model.py:Net", "good.safetensors", "good.npz", "--passes", "prune,quantise")


@case(2, "unknown option 'bits'")
def unknown_pass_option(folder: Path) -> tuple[str, ...]:
    return build("model.py:Net", "good.safetensors", "good.npz", "--passes", "quantize{bits=4}")


@case(1, "weight_bits is 12, expected 2 to 8")
def pass_option_out_of_range(folder: Path) -> tuple[str, ...]:
    passes = "quantize{weight_bits=12}"
    return build("model.py:Net", "good.safetensors", "good.npz", "--passes", passes)


@case(1, "run quantize")
def build_without_quantize(folder: Path) -> tuple[str, ...]:
    return build("model.py:Net", "good.safetensors", "good.npz", "--passes", "prune")


@case(2, "unknown pass 'quantis'")
def print_after_unknown_pass(folder: Path) -> tuple[str, ...]:
    return build("model.py:Net", "good.safetensors", "good.npz", "--print-after", "quantis")


@case(2, "unknown board")
def unknown_board(folder: Path) -> tuple[str, ...]:
    return build("model.py:Net", "good.safetensors", "good.npz", "--board", "cortex-m9")


@case(2, "12")
def weight_bits_out_of_range(folder: Path) -> tuple[str, ...]:
    return build("model.py:Net", "good.safetensors", "good.npz", "--weight-bits", "12")


@case(2, "exists and is no bundle")
def output_is_something_else(folder: Path) -> tuple[str, ...]:
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.tex").write_text("ten years of work")
    return (*build(), "-o", "mine")


@case(2, "cannot write")
def output_below_a_file(folder: Path) -> tuple[str, ...]:
    return (*build(), "-o", "good.npz/out.snnb")


@case(2, "is no bundle")
def verify_of_no_bundle(folder: Path) -> tuple[str, ...]:
    (folder / "empty").mkdir()
    return ("verify", "empty")


@case(2, "is damaged")
def manifest_is_no_json(folder: Path) -> tuple[str, ...]:
    (folder / "odd").mkdir()
    (folder / "odd" / "manifest.json").write_text("{")
    return ("run", "odd", "--data", "good.npz")


@case(1, "line 2, column 8")
def network_text_with_typo(folder: Path) -> tuple[str, ...]:
    text = 'network a tick=0.001s decode=count {\n  %x = inptu() {shape=[6], signal="spike"}\n'
    (folder / "net.snn").write_text(text + "  return %x\n}\n")
    return ("inspect", "net.snn")


@case(1, "V001 %y")
def network_that_breaks_a_rule(folder: Path) -> tuple[str, ...]:
    text = 'network a tick=0.001s decode=count {\n  %x = input() {shape=[6], signal="spike"}\n'
    (folder / "net.snn").write_text(text + "  %y = relu(%z)\n  return %y\n}\n")
    return ("inspect", "net.snn")


def _tree(folder: Path) -> set[str]:
    ours = {"__pycache__"}
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if not ours.intersection(p.parts)}


@pytest.mark.parametrize("name", CASES)
def test_one_sentence_one_exit_code_nothing_left(name: str, folder: Path, snncc: Snncc) -> None:
    code, says, prepare = CASES[name]
    arguments = prepare(folder)
    before = _tree(folder)
    outcome = snncc(*arguments)
    assert says in outcome.err
    assert outcome.code == code, outcome.err
    assert "Traceback" not in outcome.err and "internal error" not in outcome.err
    assert _tree(folder) == before


def test_there_are_thirty_kinds() -> None:
    assert len(CASES) >= 30


def test_unwritable_folder(folder: Path, snncc: Snncc) -> None:
    locked = folder / "locked"
    locked.mkdir(mode=0o500)
    if os.access(locked, os.W_OK):
        locked = Path("/proc")  # the superuser may write anywhere but here
    outcome = snncc(*build(), "-o", str(locked / "out.snnb"))
    assert (outcome.code, "cannot write" in outcome.err) == (2, True), outcome.err


@pytest.mark.parametrize("file", ["network.snn", "tensors.npz", "check/check.npz"])
def test_changed_bundle(file: str, folder: Path, snncc: Snncc, arguments: tuple[str, ...]) -> None:
    assert snncc(*arguments).code == 0
    (folder / "net.snnb" / file).write_bytes(b"other")
    outcome = snncc("run", "net.snnb", "--data", "good.npz")
    assert outcome.code == 2
    assert f"{file} is missing or was changed after the build" in outcome.err


def test_interrupt_in_mid_build_leaves_nothing(folder: Path, arguments: tuple[str, ...]) -> None:
    before = _tree(folder)
    child = subprocess.Popen(
        [sys.executable, "-m", "snncc", *arguments, "--time"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None
    first = child.stderr.readline()  # a pass has run: the build is under way
    child.send_signal(signal.SIGINT)
    rest = child.stderr.read()
    assert child.wait(timeout=60) == 130, first + rest
    assert "interrupted" in rest and "Traceback" not in rest
    time.sleep(0.1)
    assert _tree(folder) == before
