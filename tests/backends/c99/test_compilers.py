"""GNU Arm and GNU RISC-V: the same spikes from their firmware as from ours, on every core."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from snncc import zoo
from snncc.backends import Settings
from snncc.backends.c99 import C99Backend, Program
from snncc.boards import Board, Build, board, build, driver, play
from snncc.ir import Trace, UsageError, Values, parse, run, show
from snncc.ir.passes import calibrate
from tests.backends.c99.populations import garden, signals
from tests.backends.c99.strict import COMPILERS, installed, said
from tests.nets import hand
from tests.zoo_models import trained as import_trained

Signal = Values | Mapping[str, Values]
BACKEND = C99Backend()
CORES = (
    "cortex-m0plus-emulated",
    "cortex-m3-emulated",
    "cortex-m4-emulated",
    "cortex-m7-emulated",
    "cortex-m33-emulated",
    "mps3-an547",
    "esp32-c3-emulated",
)
QEMU = "mps2-an386"  # room for every model
SAMPLES, TICKS = 2, 16


def gcc_for(target: Board) -> str:
    """Name of the GCC for a board; skips where it or the board's emulator is not installed."""
    name = "riscv64-unknown-elf-gcc" if target.riscv else "arm-none-eabi-gcc"
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    absent = driver(target).detect(target)
    if absent is not None:
        pytest.skip(absent)
    return name


def require_equal(
    program: Program, signal: Signal, expected: Trace, target: Board, options: Build
) -> None:
    """Plays a signal on a board and holds every recorded wire to the reference."""
    wires = tuple(expected.wires)
    assert sum(int(np.sum(expected[wire] != 0)) for wire in wires) > 0
    image = build(target, BACKEND.firmware(program, wires), options)
    output = play(target, image, BACKEND.stimulus(program, signal)).output
    found = BACKEND.response(program, wires, output, len(expected.output))
    assert expected.compare(found) == (0, None)


@pytest.mark.parametrize("core", CORES)
def test_every_kind_of_leaky_neuron(core: str) -> None:
    target = board(core)
    options = Build("3" if core == "cortex-m4-emulated" else "s", compiler=gcc_for(target))
    network = garden(16, seed=5)
    program = BACKEND.lower(network, Settings())
    wires = tuple(readout.text for readout in program.traced)
    signal = signals(samples=1, ticks=30, seed=6)
    require_equal(program, signal, run(network, signal, record=wires), target, options)


@pytest.mark.parametrize("bits", [16, 32])
@pytest.mark.parametrize("compiler", ["gcc m4", "clang m4"])
@pytest.mark.parametrize("length", [20, 50, 80])
def test_no_name_is_too_long(bits: int, compiler: str, length: int, tmp_path: Path) -> None:
    """Lines that are broken are the same C, wherever they have to be broken."""
    if compiler not in installed():
        pytest.skip(f"{compiler} is not installed")
    network = garden(bits)
    long = re.sub(r"%([A-Za-z_]\w*)", rf"%\1_{'module_' * (length // 7)}end", show(network))
    emitted = BACKEND.emit(BACKEND.lower(parse(long, network.tensors), Settings()))
    files = {path.name: text for path, text in emitted.items() if len(path.parts) == 1}
    assert said(compiler, "c99", "-fsyntax-only", files, tmp_path) == ""


@pytest.fixture(scope="module", params=zoo.names())
def trained(request: pytest.FixtureRequest) -> tuple[Program, Values, Trace]:
    """A zoo model as a program, two of its test samples, and the spikes of the reference."""
    network, samples = import_trained(request.param)
    signal = samples.signal
    ranges = calibrate(network, signal[:16])
    settings = Settings(rates=ranges.rates)
    for step in BACKEND.passes(network, settings, ranges):
        network = step(network)
    signal = np.ascontiguousarray(signal[:SAMPLES, :TICKS])
    return BACKEND.lower(network, settings), signal, run(network, signal, record="spikes")


def test_the_zoo_s_check_spikes_from_a_gnu_firmware_in_qemu(
    trained: tuple[Program, Values, Trace],
) -> None:
    target = board(QEMU)
    options = Build("s", compiler=gcc_for(target))
    require_equal(*trained, target, options)


@pytest.mark.parametrize(
    ("compiler", "language"), [("gcc m4", "c99"), ("gcc m4", "c++11"), ("clang m4", "c99")]
)
def test_no_compiler_has_a_word_for_the_zoo(
    trained: tuple[Program, Values, Trace],
    compiler: str,
    language: str,
    tmp_path: Path,
) -> None:
    if compiler not in installed():
        pytest.skip(f"{COMPILERS[compiler][0]} is not installed")
    emitted = BACKEND.emit(trained[0])
    files = {path.name: text for path, text in emitted.items() if len(path.parts) == 1}
    assert said(compiler, language, "-Os", files, tmp_path) == ""


def test_a_compiler_is_named_as_an_option() -> None:
    lowered = BACKEND.lower(garden(16), Settings(options={"compiler": "arm-none-eabi-gcc"}))
    assert BACKEND.compiler(lowered) == "arm-none-eabi-gcc"
    with pytest.raises(UsageError, match="compiler '/usr/bin/gcc' is not the name of a GCC"):
        BACKEND.lower(hand("memory"), Settings(options={"compiler": "/usr/bin/gcc"}))


def test_no_line_of_the_zoo_is_longer_than_120_columns(
    trained: tuple[Program, Values, Trace],
) -> None:
    files = {str(path): content for path, content in BACKEND.emit(trained[0]).items()}
    assert {
        path for path in files if path.endswith((".c", ".h")) and _width(files[path]) > 120
    } == set()


def _width(content: bytes) -> int:
    return max(map(len, content.decode().splitlines()))
