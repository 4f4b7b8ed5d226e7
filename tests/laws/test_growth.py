"""Each stage's work grows in proportion to the network: lines and bytes are counted, not timed."""

from pathlib import Path

import pytest

from benchmarks.growth import STEEPEST
from benchmarks.workloads.counting import count_bytes, count_lines, exponent
from benchmarks.workloads.growing import KINDS, Axis
from benchmarks.workloads.stages import STAGES, Case

IMPORTS = "import-nir", "import-snn", "show"
PASSES = "passes-c99", "passes-tflm", "passes-spinnaker2", "passes-lava"
LOWERING = "lower-c99", "lower-tflm", "lower-spinnaker2", "lower-lava"
EMISSION = "emit-c99", "emit-tflm", "emit-spinnaker2", "emit-lava"
RUNS = "calibrate", "reference", "simulate-tflm", "simulate-lava"
DATA = "calibrate", "reference-float", "reference", "simulate-tflm", "simulate-lava"
LARGE = "passes-c99", "lower-c99", "emit-c99", "passes-tflm", "lower-tflm", "reference"


def lines(axis: Axis, stage: str, size: int, folder: Path, kind: str = "dense") -> int:
    call = STAGES[stage](Case(axis, size, kind, folder))
    call()  # what is computed once in a process is not work of the second size
    return count_lines(call)


def memory(axis: Axis, stage: str, size: int, folder: Path) -> int:
    call = STAGES[stage](Case(axis, size, "dense", folder))
    call()
    return count_bytes(call)


@pytest.mark.parametrize("stage", [*IMPORTS, *PASSES, *LOWERING, *EMISSION, *RUNS])
def test_work_is_in_proportion_to_layers(stage: str, tmp_path: Path) -> None:
    sizes = (3, 6, 12)
    assert exponent(sizes, [lines("layers", stage, n, tmp_path) for n in sizes]) <= STEEPEST


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "dense"])
def test_work_is_in_proportion_to_layers_of_each_kind(kind: str, tmp_path: Path) -> None:
    sizes = (3, 6, 12)
    for stage in ("passes-c99", "lower-c99", "emit-c99"):
        found = [lines("layers", stage, n, tmp_path, kind) for n in sizes]
        assert exponent(sizes, found) <= STEEPEST, stage


def test_the_import_of_modules_is_in_proportion_to_layers(tmp_path: Path) -> None:
    sizes = (1, 2, 4)
    found = [lines("layers", "import-torch", n, tmp_path) for n in sizes]
    assert exponent(sizes, found) <= STEEPEST


@pytest.mark.parametrize("axis", ["ticks", "samples"])
@pytest.mark.parametrize("stage", DATA)
def test_work_is_in_proportion_to_data(axis: Axis, stage: str, tmp_path: Path) -> None:
    sizes = (8, 16, 32)
    assert exponent(sizes, [lines(axis, stage, n, tmp_path) for n in sizes]) <= STEEPEST


@pytest.mark.parametrize("axis", ["neurons", "synapses"])
@pytest.mark.parametrize("stage", LARGE)
def test_lines_and_memory_are_in_proportion_to_a_layer(
    axis: Axis, stage: str, tmp_path: Path
) -> None:
    sizes = (8_192, 16_384, 32_768)  # what is constant takes less than that
    assert exponent(sizes, [lines(axis, stage, n, tmp_path) for n in sizes]) <= STEEPEST
    assert exponent(sizes, [memory(axis, stage, n, tmp_path) for n in sizes]) <= STEEPEST


def test_an_exponent_is_that_of_what_grows() -> None:
    sizes = (10, 100, 1_000)
    assert exponent(sizes, [7 + 3 * n for n in sizes]) == pytest.approx(1, abs=0.05)
    assert exponent(sizes, [900 + n**2 for n in sizes]) == pytest.approx(2, abs=0.05)
    assert exponent(sizes, [900, 905, 910]) == 0


def test_lines_of_loops_are_counted_as_often_as_they_are_executed() -> None:
    def loop(times: int) -> int:
        total = 0
        for each in range(times):
            total += each
        return total

    counted = [count_lines(lambda n=n: loop(n)) for n in (10, 20)]
    assert counted[1] - counted[0] == 20
