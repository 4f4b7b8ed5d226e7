"""Each stage's work grows in proportion to the network: lines and bytes are counted, not timed."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from benchmarks.growth import DECADES, STEEPEST
from benchmarks.workloads.counting import count_bytes, count_lines, exponent
from benchmarks.workloads.growing import AXES, KINDS, Axis
from benchmarks.workloads.stages import STAGES, Case, belongs

SIZES: Mapping[Axis, tuple[int, int, int]] = {
    "neurons": (1_024, 2_048, 4_096),
    "synapses": (1_024, 2_048, 4_096),
    "ticks": (32, 64, 128),
    "samples": (8, 16, 32),
    "layers": (3, 6, 12),
}
"""What is constant takes less than the first of them."""
LARGE = "passes-c99", "lower-c99", "emit-c99", "passes-tflm", "lower-tflm", "reference"
COMPILED = {
    *("build", "instructions-c99", "run-native", "simulate-c99", "simulate-spinnaker2-own"),
    *("verify", "verify-torch"),
}
"""Stages that wait for a C compiler, once for each size: they are measured over ticks here, and
over all axes by `make bench`, as is the import of modules."""
DEEPER = ("layers", "simulate-spinnaker2")
"""The chip itself runs a tick more for each layer, in all layers: layers x (ticks + layers)."""
PAIRS = [
    (axis, stage)
    for axis in AXES
    for stage in STAGES
    if belongs(axis, stage)
    and (stage not in {*COMPILED, "import-torch"} or axis == "ticks")
    and (axis, stage) != DEEPER
]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Axis, int], Case]:
    """The network of a size along an axis, made once for all stages."""

    @cache
    def case(axis: Axis, size: int) -> Case:
        return Case(axis, size, "dense", tmp_path_factory.mktemp(f"{axis}{size}"))

    return case


def lines(axis: Axis, stage: str, size: int, folder: Path, kind: str = "dense") -> int:
    call = STAGES[stage](Case(axis, size, kind, folder))
    call()  # what is computed once in a process is no work of the second size
    return count_lines(call)


def memory(axis: Axis, stage: str, size: int, folder: Path) -> int:
    call = STAGES[stage](Case(axis, size, "dense", folder))
    call()
    return count_bytes(call)


@pytest.mark.parametrize(("axis", "stage"), PAIRS)
def test_work_is_in_proportion_to_what_grows(
    axis: Axis, stage: str, cases: Callable[[Axis, int], Case]
) -> None:
    counted: list[int] = []
    made: list[int] = []
    for size in SIZES[axis]:
        call = STAGES[stage](cases(axis, size))
        found = call()
        made.append(found if isinstance(found, int) else 0)
        counted.append(count_lines(call))
    assert exponent(SIZES[axis], counted) <= STEEPEST, counted
    assert exponent(SIZES[axis], made) <= STEEPEST, made


def test_every_stage_is_measured_along_every_axis() -> None:
    measured = {(axis, stage) for axis in AXES for stage in STAGES if belongs(axis, stage)}
    assert len(measured) > 100
    assert {stage for _, stage in PAIRS} == {*STAGES}
    for axis, sizes in DECADES.items():
        assert sizes[-1] >= 1_000 * sizes[0], axis


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


@pytest.mark.parametrize("axis", ["neurons", "synapses"])
@pytest.mark.parametrize("stage", LARGE)
def test_lines_and_memory_are_in_proportion_to_a_layer(
    axis: Axis, stage: str, tmp_path: Path
) -> None:
    sizes = (8_192, 16_384, 32_768)  # what is constant takes less than that
    assert exponent(sizes, [lines(axis, stage, n, tmp_path) for n in sizes]) <= STEEPEST
    held = [memory(axis, stage, n, tmp_path) for n in sizes]
    # Memory comes in parts: between two sizes there may be one more or one less.
    assert max(held[1] / held[0], held[2] / held[1]) <= 2**STEEPEST, held


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
