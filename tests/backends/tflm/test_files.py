"""The files: the same bytes every time, exactly the model's operators, C that compiles."""

import re
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from snncc.backends.tflm import Program
from snncc.backends.tflm.emit.arena import arena_bytes
from snncc.backends.tflm.emit.model import assemble
from snncc.backends.tflm.emit.writer import write
from snncc.backends.tflm.run.interpreter import play_model
from snncc.backends.tflm.run.simulate import codes
from snncc.backends.tflm.schema import KINDS
from snncc.boards import find_zig
from snncc.ir import DeviceError
from tests.nets import HAND, hand, spikes_for

from .nets import BACKEND, lowered, needs_tflm, quantized

FORMS = ("variables", "io")


def program(name: str, state: str = "variables") -> Program:
    network = hand(name)
    return lowered(quantized(network, spikes_for(network)), state)


def texts(built: Program) -> dict[str, str]:
    files = BACKEND.emit(built)
    return {str(p): c.decode() for p, c in files.items() if p.suffix != ".tflite"}


@pytest.mark.parametrize("state", FORMS)
def test_the_same_program_gives_the_same_bytes(state: str) -> None:
    first, second = (BACKEND.emit(program("recurrent", state)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", HAND)
def test_the_array_is_the_model(name: str) -> None:
    built = program(name)
    content = BACKEND.emit(built)[PurePosixPath("model.tflite")]
    numbers = re.findall(r"0x([0-9a-f]{2}),", texts(built)["model_data.cc"])
    assert bytes(int(number, 16) for number in numbers) == content


@pytest.mark.parametrize("state", FORMS)
@pytest.mark.parametrize("name", HAND)
def test_the_resolver_has_exactly_the_operators(name: str, state: str) -> None:
    built = program(name, state)
    model = assemble(built)
    text = texts(built)["op_resolver.h"]
    assert re.findall(r"resolver\.Add(\w+)\(\)", text) == [KINDS[c].method for c in model.codes]
    assert f"kOperatorKinds = {len(model.codes)};" in text
    assert f"kVariables = {len(model.variables)};" in text
    assert bool(model.variables) == (state == "variables")


@needs_tflm
@pytest.mark.parametrize("state", FORMS)
@pytest.mark.parametrize("name", HAND)
def test_the_arena_is_enough_and_not_much_more(name: str, state: str) -> None:
    built = program(name, state)
    model = assemble(built)
    fed = codes(built, spikes_for(hand(name), samples=1, ticks=1))
    content, needed = write(model, "arena"), arena_bytes(model)
    played = play_model(content, model, fed, len(built.outputs), arena=needed)
    assert 0 < played.arena_bytes <= needed
    with pytest.raises(DeviceError, match="TFLM failed to allocate tensors"):
        play_model(content, model, fed, len(built.outputs), arena=int(0.75 * needed))


@pytest.mark.parametrize("state", FORMS)
def test_the_header_is_c_and_the_array_is_cpp(state: str, tmp_path: Path) -> None:
    files = BACKEND.emit(program("memory", state))
    for path, content in files.items():
        (tmp_path / path).write_bytes(content)
    caller = """#include "snncc_app.h"
    int main(void) {
        int16_t x[SNNCC_X_SIZE] = {0};
        int64_t score[SNNCC_CLASSES];
        if (snncc_init() || snncc_tick(x) || snncc_reset()) return 1;
        snncc_read(score);
        return snncc_output(0) == 0;
    }"""
    (tmp_path / "caller.c").write_text(caller)
    for tool, source in (("cc", "caller.c"), ("c++", "model_data.cc")):
        command = [
            *find_zig(),
            tool,
            "-Wall",
            "-Wextra",
            "-Werror",
            "-c",
            source,
            "-o",
            f"{source}.o",
        ]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_a_report_counts_what_ships() -> None:
    built = program("memory")
    model = assemble(built)
    report = BACKEND.report(built)
    assert report["model_bytes"] == len(BACKEND.emit(built)[PurePosixPath("model.tflite")])
    assert report["variables"] == len(model.variables) == 3
    layers = report["layers"]
    assert isinstance(layers, list)
    named = {str(layer["node"]): layer for layer in layers if isinstance(layer, dict)}
    assert {"e", "b", "a", "m", "o", "s"} <= set(named)
    assert all(int(str(named[each]["operators"])) > 0 for each in named)
