"""What c99 may cost beside TFLite-Micro, on the network for which its figures are noted."""

import pytest

from benchmarks.boards import NOTED, measure
from snncc.boards import board

BEST_TFLM = min(row["instructions_per_tick"] for row in NOTED)
TIMES_FEWER = 8


def test_the_best_kernels_are_what_they_are() -> None:
    assert 51_500 <= BEST_TFLM < 51_600


@pytest.mark.parametrize("state_bits", [16, 32])
def test_c99_needs_an_eighth_of_tflm_s_instructions_on_the_m4(state_bits: int) -> None:
    row = measure(board("cortex-m4-emulated"), state_bits)
    assert row["mismatches"] == 0
    assert row["instructions_per_tick"] <= BEST_TFLM / TIMES_FEWER
    assert row["flash_bytes"] <= 78_300 / 20
    assert row["ram_bytes"] <= 5_112 / 2


@pytest.mark.parametrize(("name", "times"), [("pico-emulated", 2.5), ("esp32-c3-emulated", 5)])
def test_cores_without_dsp_need_less_than_tflm_with_it(name: str, times: float) -> None:
    row = measure(board(name), 32)
    assert row["mismatches"] == 0
    assert row["instructions_per_tick"] <= BEST_TFLM / times
